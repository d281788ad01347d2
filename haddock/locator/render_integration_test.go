//go:build integration

package locator_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/haddock/locator/locatortest"
	"github.com/haddock-ci/pipeline/internal/command"
)

func TestHAProxyAcceptsWhatIsRendered(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*locator.Config){
		"defaults": func(*locator.Config) {},
		"everything": func(c *locator.Config) {
			c.Secure, c.Log, c.User = true, "stdout format raw local0", "root"
			c.Group = "nogroup"
			c.Metrics = netip.MustParseAddrPort("127.0.0.1:9101")
			c.Bind = []string{":8080", "127.0.0.1:8081 accept-proxy"}
			c.HealthPath, c.SessionCookie = "/health?deep=1", "connect.sid"
		},
		"odd times":       func(c *locator.Config) { c.TTL, c.CheckInterval = 4001*time.Second, 70*time.Millisecond },
		"longest times":   func(c *locator.Config) { c.TTL, c.LongestRequest = 480*time.Hour, 24*time.Hour },
		"another version": func(c *locator.Config) { c.Slots[0].Address = netip.MustParseAddrPort("[fd00::1]:80") },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			c := locator.Config{
				Slots: locatortest.Places(t, 4), SessionCookie: "JSESSIONID", TTL: 30 * time.Minute,
				DrainList: filepath.Join(folder, "draining.lst"), StateFile: filepath.Join(folder, "servers.state"),
			}
			change(&c)
			text, err := locator.Render(c)
			must(t, err)
			file := filepath.Join(folder, "haproxy.cfg")
			must(t, os.WriteFile(c.DrainList, nil, 0o600))
			must(t, os.WriteFile(file, text, 0o600))
			if err := (command.Command{Args: []string{locatortest.Binary(t), "-c", "-f", file}}).Run(t.Context()); err != nil {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
}
