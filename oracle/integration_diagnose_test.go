//go:build integration

package oracle

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

// found are the findings by name.
func found(findings []Finding) map[string]Finding {
	all := make(map[string]Finding)
	for _, f := range findings {
		all[f.Name] = f
	}
	return all
}

func TestADiagnosisHoldsEverythingButSecrets(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "ready answer 12516 first 2\nready after 1s log ORA-00060: deadlock")
	cfg.Env["API_TOKEN"] = "somebody's own"
	cfg.settings.interval = 20 * time.Millisecond
	c := started(t, cfg)
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return len(c.History().Lines) > 0 }, "the log's line is not remembered")
	began := time.Now()
	findings := c.Diagnose(t.Context())
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
	all := found(findings)
	for name, want := range map[string]string{
		"container.log": "Z ORA-00060: deadlock", "inspect.json": `"API_TOKEN=[secret]"`, "memory.txt": "state      running",
		"listener.txt": `Service "FREEPDB1"`, "users.txt": "BILLING ",
	} {
		if f := all[name]; f.Err != nil || !strings.Contains(string(f.Text), want) {
			t.Errorf("%s: %v\n%s", name, f.Err, f.Text)
		}
	}
	for _, f := range findings {
		for _, secret := range append(c.Secrets(), "somebody's own") {
			for _, form := range []string{secret, url.QueryEscape(secret), base64.RawStdEncoding.EncodeToString([]byte(secret))} {
				if strings.Contains(string(f.Text), form) {
					t.Errorf("%s holds a secret", f.Name)
				}
			}
		}
	}
	seen := c.History()
	if len(seen.Refused) != 1 || seen.Refused[0].Code != 12516 || seen.Refused[0].Count != 2 {
		t.Errorf("refused: %+v", seen.Refused)
	}
	if l := seen.Lines[0]; l.Text != "ORA-00060: deadlock" || l.Phase != Ready && l.Phase != Answering || time.Since(l.At).Abs() > time.Minute {
		t.Errorf("lines: %+v", seen.Lines)
	}
	if !slices.ContainsFunc(seen.Phases, func(p PhaseStart) bool { return p.Phase == Answering && p.Container == c.ID() }) {
		t.Errorf("phases: %+v", seen.Phases)
	}
}

func TestADiagnosisOfAContainerThatIsGone(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "")
	c := started(t, cfg)
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Diagnose(t.Context()) {
		if f.Err == nil || len(f.Text) > 0 {
			t.Errorf("%s: %v\n%s", f.Name, f.Err, f.Text)
		}
	}
	if err := found(c.Diagnose(t.Context()))["inspect.json"].Err; !strings.Contains(err.Error(), ErrGone.Error()) {
		t.Errorf("got %v", err)
	}
	if len(c.History().Phases) == 0 {
		t.Error("the phases are forgotten")
	}
}

func TestADiagnosisWithAnEngineThatDied(t *testing.T) {
	t.Parallel()
	for name, silent := range map[string]bool{"refuses": false, "is silent": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := play(t, "")
			c := started(t, cfg)
			if _, err := c.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			socket := filepath.Join(t.TempDir(), "engine")
			if silent {
				listener, err := net.Listen("unix", socket)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { listener.Close() })
			}
			api, err := client.New(client.WithHost("unix://"+socket), client.WithAPIVersion("1.41"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { api.Close() })
			dead := &Container{cfg: c.cfg, docker: &docker{api: api}, schemas: c.schemas, in: c.in}
			tooLate := errors.New("too late")
			ctx, cancel := context.WithTimeoutCause(t.Context(), 500*time.Millisecond, tooLate)
			defer cancel()
			began := time.Now()
			all := found(dead.Diagnose(ctx))
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
			for name, f := range all {
				if name != "users.txt" && f.Err == nil { // the database itself lives, and may answer in time
					t.Errorf("%s has no error:\n%s", name, f.Text)
				}
			}
		})
	}
}
