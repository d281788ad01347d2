package host

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"strings"
)

// ErrTarget says that a target cannot work as it is written: the
// configuration's fault.
var ErrTarget = errors.New("target cannot be used")

const (
	schemeUnix = "unix"
	schemeSSH  = "ssh"
	schemeTCP  = "tcp"
)

// A place is where the engine or the locator is.
type place struct {
	scheme  string
	user    string // of ssh
	address string // host:port of ssh and tcp
	path    string // of the socket

	asked []string // of ssh: the arguments by which its program is led there
	known string   // host:port under which known hosts have it; empty is address
}

// login names an ssh account for people, and tells accounts apart.
func (p place) login() string {
	return p.user + "@" + strings.TrimSuffix(p.address, ":22")
}

// knownAs is the address under which known hosts have it.
func (p place) knownAs() string { return cmp.Or(p.known, p.address) }

// places is a Target that has been read.
type places struct {
	engine, locator place
	stateDir        string
}

func (t Target) places() (places, error) {
	engine, err := t.place("engine", t.Engine, dockerSocket)
	if err != nil {
		return places{}, err
	}
	out := places{engine: engine, stateDir: t.StateDir}
	switch {
	case engine.scheme == schemeTCP && t.Locator == "":
		return places{}, fmt.Errorf("%w: engine: %s does not lead to the locator: "+
			"set locator to unix:///path or ssh://user@host/path", ErrTarget, t.Engine)
	case engine.scheme == schemeTCP && t.TLS == "":
		return places{}, fmt.Errorf("%w: engine: %s needs tls, a folder with ca.pem, cert.pem and key.pem: "+
			"whoever reaches an engine without it is root there", ErrTarget, t.Engine)
	case t.Locator == "":
		out.locator = engine
		out.locator.path = DefaultLocator
	default:
		if out.locator, err = t.place("locator", t.Locator, DefaultLocator); err != nil {
			return places{}, err
		}
		if out.locator.scheme == schemeTCP {
			return places{}, fmt.Errorf("%w: locator: %s: HAProxy's socket has no login, it is never reached over tcp: "+
				"write ssh://user@host/path", ErrTarget, t.Locator)
		}
	}
	if out.stateDir == "" {
		out.stateDir = DefaultStateDir
	}
	if !path.IsAbs(out.stateDir) || path.Clean(out.stateDir) != out.stateDir || out.stateDir == "/" {
		return places{}, fmt.Errorf("%w: stateDir: %q is no absolute path of a folder", ErrTarget, out.stateDir)
	}
	return out, nil
}

func (t Target) place(key, address, socket string) (place, error) {
	if address == "" {
		return place{scheme: schemeUnix, path: socket}, nil
	}
	fail := func(why string) (place, error) {
		return place{}, fmt.Errorf("%w: %s: %s: %s", ErrTarget, key, address, why)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Opaque != "" {
		return place{}, fmt.Errorf("%w: %s: write it like unix:///path, ssh://user@host or tcp://host:port", ErrTarget, key)
	}
	if _, set := u.User.Password(); set { // not shown: it may be one that works
		return place{}, fmt.Errorf("%w: %s: %s: a password has no place here, use a key or an agent", ErrTarget, key, u.Redacted())
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return fail("nothing may follow the path")
	}
	switch u.Scheme {
	case schemeUnix:
		if u.Host != "" || u.Path == "" {
			return fail("three slashes lead to a path: unix:///var/run/docker.sock")
		}
		return place{scheme: schemeUnix, path: u.Path}, nil
	case schemeSSH:
		return t.sshPlace(u, socket, fail)
	case schemeTCP:
		if u.Hostname() == "" || u.Port() == "" || strings.Trim(u.Path, "/") != "" {
			return fail("write it like tcp://host:2376")
		}
		return place{scheme: schemeTCP, address: u.Host}, nil
	default:
		return fail("only unix, ssh and tcp are spoken")
	}
}

func (t Target) sshPlace(u *url.URL, socket string, fail func(string) (place, error)) (place, error) {
	p := sshPlace(u.User.Username(), u.Hostname(), u.Port())
	p.user = cmp.Or(p.user, t.SSH.User)
	if p.user == "" && t.SSH.Ask == nil || u.Hostname() == "" {
		return fail("write it like ssh://user@host")
	}
	p.path = cmp.Or(strings.TrimSuffix(u.Path, "/"), socket)
	return p, nil
}

// sshPlace is a host of ssh as somebody wrote it; user and port may be empty.
func sshPlace(user, host, port string) place {
	p := place{scheme: schemeSSH, user: user, address: net.JoinHostPort(host, cmp.Or(port, "22"))}
	if user != "" {
		p.asked = append(p.asked, "-l", user)
	}
	if port != "" {
		p.asked = append(p.asked, "-p", port)
	}
	p.asked = append(p.asked, "--", host)
	return p
}
