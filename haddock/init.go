package haddock

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
)

// DefaultProxyFile is where Debian's HAProxy has its configuration.
const DefaultProxyFile = "/etc/haproxy/haproxy.cfg"

// A Setup is what Init does to a host.
type Setup struct {
	ProxyFile string // where HAProxy's configuration is; empty is DefaultProxyFile
	Replace   bool   // also a configuration that haddock has not written; it is kept beside
	Reload    bool   // let HAProxy read it: systemctl reload-or-restart haproxy
}

// A Task is one thing that Init does.
type Task struct {
	Text string // for people: what, and where
	do   func(ctx context.Context) error
}

// Init gives what has to be done to make the environment's hosts ready, in its
// order. Nothing is done before Run, and what is there already is left as it is
// by it, so it may be done again after each change of haddock.yaml.
func (s *Service) Init(setup Setup) ([]Task, error) {
	if setup.ProxyFile == "" {
		setup.ProxyFile = DefaultProxyFile
	}
	if !path.IsAbs(setup.ProxyFile) || strings.ContainsAny(setup.ProxyFile, "'\n") {
		return nil, fmt.Errorf("write %q: an absolute path is needed", setup.ProxyFile)
	}
	wanted, err := s.Config.Locator(s.env)
	if err != nil {
		return nil, err
	}
	text, err := locator.Render(wanted)
	if err != nil {
		return nil, err
	}
	at := s.host.LocatorHost()
	var tasks []Task
	if s.env.Network.Publish == "" {
		tasks = append(tasks, Task{
			Text: fmt.Sprintf("network %s, %s, with %d slots, on the engine", s.env.Network.Name, s.env.Network.Subnet, s.env.Network.Slots),
			do: func(ctx context.Context) error {
				return s.host.EnsureNetwork(ctx, s.env.Network.Name, s.env.Network.Subnet)
			},
		})
	}
	tasks = append(tasks, Task{
		Text: fmt.Sprintf("folders %s and %s, on %s", s.env.StateDir, path.Dir(wanted.AdminSocket), at),
		do:   func(ctx context.Context) error { return s.makeFolders(ctx, wanted) },
	}, Task{
		Text: fmt.Sprintf("%s, checked by haproxy -c, on %s", setup.ProxyFile, at),
		do:   func(ctx context.Context) error { return s.writeProxyFile(ctx, setup, text) },
	})
	if setup.Reload {
		tasks = append(tasks, Task{
			Text: "systemctl reload-or-restart haproxy, on " + at,
			do:   func(ctx context.Context) error { return s.asRoot(ctx, "systemctl reload-or-restart haproxy", nil) },
		})
	}
	return tasks, nil
}

// Run does the task.
func (t Task) Run(ctx context.Context) error {
	if err := t.do(ctx); err != nil {
		return fmt.Errorf("%s: %w", t.Text, err)
	}
	return nil
}

// asRoot runs a script on the locator's host, once more as root when the login
// may not do what it does and may become root without a password.
func (s *Service) asRoot(ctx context.Context, script string, stdin []byte) error {
	_, err := s.host.Run(ctx, script, stdin)
	failed, ok := errors.AsType[*host.ScriptError](err)
	if !ok || !forbidden.MatchString(failed.Stderr) {
		return err
	}
	if _, refused := s.host.Run(ctx, "sudo -n true", nil); refused != nil {
		return fmt.Errorf("%w: %w", ErrNotRoot, err)
	}
	_, err = s.host.Run(ctx, "exec sudo -n sh -c '"+strings.ReplaceAll(script, "'", `'\''`)+"'", stdin)
	return err
}

// forbidden is how programs say that they may not.
var forbidden = regexp.MustCompile(`(?i)permission denied|not permitted|access denied|authentication required`)

// ErrNotRoot says that the login may not do what a host needs once.
var ErrNotRoot = errors.New("this needs root")

// makeFolders makes the state directory, which the operators' group may write,
// and the sockets' one, which is there again after a boot.
func (s *Service) makeFolders(ctx context.Context, wanted locator.Config) error {
	sockets := path.Dir(wanted.AdminSocket)
	script := fmt.Sprintf(`set -e
mkdir -p '%[1]s' '%[2]s'
[ -e '%[3]s' ] || : > '%[3]s'
[ -e '%[4]s' ] || : > '%[4]s'
if [ -n '%[6]s' ]; then chgrp -R '%[6]s' '%[1]s'; fi
chmod g+ws '%[1]s'
case '%[2]s' in
/run/*) if [ -d /etc/tmpfiles.d ]; then echo 'd %[2]s 0755 root root' > '/etc/tmpfiles.d/haddock-%[5]s.conf'; fi ;;
esac
`, s.env.StateDir, sockets, wanted.DrainList, wanted.StateFile, s.key, wanted.Group)
	return s.asRoot(ctx, script, nil)
}

// ErrForeign says that a configuration is there that haddock has not written.
var ErrForeign = errors.New("haddock has not written the one that is there")

// writeProxyFile puts the configuration in its place when HAProxy accepts it.
func (s *Service) writeProxyFile(ctx context.Context, setup Setup, text []byte) error {
	replace := "exit 9"
	if setup.Replace {
		replace = `cp -p "$file" "$file.before-haddock"`
	}
	script := fmt.Sprintf(`set -e
PATH=$PATH:/usr/sbin # where Debian has it, and not every login looks
command -v haproxy >/dev/null || { echo 'HAProxy is not installed' >&2; exit 1; }
file='%s'
new=$(mktemp "$file.XXXXXX")
trap 'rm -f "$new"' EXIT
cat > "$new"
if [ -s "$file" ] && ! head -n 1 "$file" | grep -q 'written by haddock'; then %s; fi
haproxy -q -c -f "$new" >&2
chmod 644 "$new"
mv "$new" "$file"
`, setup.ProxyFile, replace)
	err := s.asRoot(ctx, script, text)
	if failed, ok := errors.AsType[*host.ScriptError](err); ok && failed.Status == 9 {
		return ErrForeign
	}
	return err
}
