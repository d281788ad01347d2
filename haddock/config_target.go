package haddock

import (
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
)

// Files in an environment's state directory that haproxy.cfg names.
const (
	drainFile  = "draining.lst"
	serverFile = "servers.state"
)

// Target is what to connect to for the environment. The keys that the file
// names come before those of usual.
func (c Config) Target(env Environment, usual host.SSH) host.Target {
	inDir := func(name string) string {
		if name == "" || filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(c.Dir, name)
	}
	if env.SSH.IdentityFile != "" {
		usual.Identities = append([]string{inDir(env.SSH.IdentityFile)}, usual.Identities...)
	}
	if env.SSH.KnownHosts != "" {
		usual.KnownHosts = []string{inDir(env.SSH.KnownHosts)}
	}
	return host.Target{Engine: env.Engine, TLS: inDir(env.TLS), Locator: env.Locator, StateDir: env.StateDir, SSH: usual}
}

// Locator is the HAProxy that the environment needs: its haproxy.cfg as
// locator.Render writes it. The drain list and the server-state file are in the
// environment's state directory, the read-only socket is beside the other one.
func (c Config) Locator(env Environment) (locator.Config, error) {
	socket := host.DefaultLocator
	if u, err := url.Parse(env.Locator); err == nil && strings.Trim(u.Path, "/") != "" {
		socket = u.Path
	}
	proxy := locator.Config{
		Backend: env.Proxy.Backend, Bind: env.Proxy.Bind, SessionCookie: c.Session.Cookie, TTL: c.Session.TTL,
		LongestRequest: env.Proxy.Request, Secure: env.Proxy.Secure, TableSize: env.Proxy.Table, HealthPath: c.Service.Health,
		AdminSocket: socket, ReadSocket: path.Join(path.Dir(socket), "ro.sock"),
		DrainList: path.Join(env.StateDir, drainFile), StateFile: path.Join(env.StateDir, serverFile),
		Log: env.Proxy.Log, User: env.Proxy.User, Group: env.Proxy.Group,
	}
	var err error
	if proxy.Peers, err = netip.ParseAddrPort(env.Proxy.Peers); err != nil {
		return locator.Config{}, fmt.Errorf("environment %s: proxy.peers: %w", env.Name, err)
	}
	if proxy.Metrics, err = netip.ParseAddrPort(env.Proxy.Metrics); err != nil {
		return locator.Config{}, fmt.Errorf("environment %s: proxy.metrics: %w", env.Name, err)
	}
	for i, name := range env.Network.SlotNames() {
		proxy.Slots = append(proxy.Slots, locator.Place{Name: name, Address: env.Network.Reached(i+1, c.Service.Port)})
	}
	if env.Network.Publish == "" {
		if proxy.Subnet, err = netip.ParsePrefix(env.Network.Subnet); err != nil {
			return locator.Config{}, fmt.Errorf("environment %s: network.subnet: %w", env.Name, err)
		}
	}
	return proxy, proxy.Validate()
}
