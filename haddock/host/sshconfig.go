package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/internal/command"
)

// mostJumps is how many hosts may lie on the way; more are a circle.
const mostJumps = 8

// askSSH lets the ssh program say how it reaches a host: it knows all that a
// configuration may hold, from Host and Match to Include.
func askSSH(flags ...string) func(ctx context.Context, where []string) ([]byte, error) {
	return func(ctx context.Context, where []string) ([]byte, error) {
		out, err := command.Command{Args: slices.Concat([]string{"ssh", "-G"}, flags, where)}.Output(ctx)
		if failed, ok := errors.AsType[*command.ExitError](err); ok && len(failed.Tail) > 0 {
			return nil, errors.New(strings.Join(failed.Tail, "; "))
		}
		return out, err
	}
}

// follow gives the place as ssh's configuration has it, how to log in there,
// and the hosts on the way, the nearest first.
func (s SSH) follow(ctx context.Context, at place) (place, SSH, []place, error) {
	if s.Ask == nil {
		return at, s, nil, nil
	}
	limited, cancel := context.WithTimeout(ctx, linkTimeout)
	defer cancel()
	text, err := s.Ask(limited, at.asked)
	if err != nil {
		return place{}, SSH{}, nil, fmt.Errorf("ask ssh how it reaches %s: %w", at.login(), because(ctx, err))
	}
	c := parseSSHConfig(string(text))
	name, port := c.last("hostname"), c.last("port")
	if name == "" || port == "" {
		return place{}, SSH{}, nil, fmt.Errorf("ask ssh how it reaches %s: it names no host and port", at.login())
	}
	if through := c.last("proxycommand"); through != "" && through != "none" {
		return place{}, SSH{}, nil, fmt.Errorf("%w: ssh's configuration reaches %s by a ProxyCommand, and only ProxyJump is spoken here", ErrTarget, at.login())
	}
	at.user, at.address = c.last("user"), net.JoinHostPort(name, port)
	if alias := c.last("hostkeyalias"); alias != "" {
		at.known = net.JoinHostPort(alias, "22") // it stands there without any port
	}
	s.read(c, strings.NewReplacer("%%", "%", "%d", s.Home, "%h", name, "%n", at.asked[len(at.asked)-1], "%p", port, "%r", at.user, "%u", s.User))
	way, err := jumps(c.last("proxyjump"))
	return at, s, way, err
}

// read takes over who we are and whom we trust; what was named to us itself
// comes first.
func (s *SSH) read(c sshConfig, tokens *strings.Replacer) {
	path := func(text string) string {
		text = tokens.Replace(text)
		if rest, ok := strings.CutPrefix(text, "~/"); ok {
			return filepath.Join(s.Home, rest)
		}
		return text
	}
	s.Identities = slices.Clone(s.Identities)
	for _, name := range c["identityfile"] {
		// Named by default; they are in hardware, or of kinds that are gone.
		if name != "none" && !strings.HasSuffix(name, "_sk") && !strings.HasSuffix(name, "id_xmss") && !strings.HasSuffix(name, "id_dsa") {
			s.Identities = append(s.Identities, path(name))
		}
	}
	if len(s.KnownHosts) == 0 {
		for _, name := range slices.Concat(strings.Fields(c.last("globalknownhostsfile")), strings.Fields(c.last("userknownhostsfile"))) {
			s.KnownHosts = append(s.KnownHosts, path(name))
		}
	}
	switch agent := c.last("identityagent"); agent {
	case "", "SSH_AUTH_SOCK":
	case "none":
		s.Agent = ""
	default:
		s.Agent = path(agent)
	}
}

// jumps reads a ProxyJump: [user@]host[:port], with commas.
func jumps(text string) ([]place, error) {
	if text == "" || text == "none" {
		return nil, nil
	}
	var way []place
	for one := range strings.SplitSeq(text, ",") {
		one = strings.TrimPrefix(one, schemeSSH+"://")
		user, address := "", one
		if i := strings.LastIndex(one, "@"); i >= 0 {
			user, address = one[:i], one[i+1:]
		}
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			host, port = strings.Trim(address, "[]"), ""
		}
		if host == "" {
			return nil, fmt.Errorf("%w: ProxyJump %s names no host", ErrTarget, text)
		}
		way = append(way, sshPlace(user, host, port))
	}
	return way, nil
}

// A sshConfig is what `ssh -G` says, by its keys.
type sshConfig map[string][]string

func parseSSHConfig(text string) sshConfig {
	c := sshConfig{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		c[key] = append(c[key], value)
	}
	return c
}

func (c sshConfig) last(key string) string {
	if values := c[key]; len(values) > 0 {
		return values[len(values)-1]
	}
	return ""
}
