package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// dial connects to a unix socket or to a TCP port of the other machine. A
// connection that broke meanwhile is made anew, once.
func (l *link) dial(ctx context.Context, network, address string) (net.Conn, error) {
	s, err := l.session(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := s.dial(ctx, network, address)
	if refused, ok := errors.AsType[*ssh.OpenChannelError](err); ok {
		return nil, l.refused(ctx, s, network, address, refused)
	}
	if err != nil && ctx.Err() == nil && !s.works() {
		if s, err = l.session(ctx); err != nil {
			return nil, err
		}
		conn, err = s.dial(ctx, network, address)
	}
	if err != nil {
		return nil, because(ctx, err)
	}
	return newStream(conn), nil
}

// dial ends with the connection, too: the library waits for ever for a channel
// that it asks for while the connection breaks.
func (s *session) dial(ctx context.Context, network, address string) (net.Conn, error) {
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.ended:
			cancel()
		case <-limited.Done():
		}
	}()
	conn, err := s.client.DialContext(limited, network, address)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, s.broken()
	}
	return conn, err
}

// refused finds out why the server opened no connection: it does not say.
func (l *link) refused(ctx context.Context, s *session, network, address string, said *ssh.OpenChannelError) error {
	out := &LinkError{Host: l.at.login(), Kind: ErrNobody, Err: errors.New(address)}
	if network != "unix" {
		if said.Reason == ssh.Prohibited {
			out.Kind, out.Advice = ErrForwarding, "its sshd_config needs AllowTcpForwarding yes or local"
		}
		return out
	}
	answer, err := s.run(ctx, whyNoSocket, []byte(address+"\n"))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch found := strings.TrimSpace(string(answer)); {
	case err != nil:
		out.Advice = "or the login may not use it, or its sshd_config lacks AllowStreamLocalForwarding yes"
	case found == "missing":
		out.Err = fmt.Errorf("%s is not there", address)
	case found == "other":
		out.Err = fmt.Errorf("%s is no socket", address)
	case strings.HasPrefix(found, "denied "):
		out.Kind = ErrPermission
		out.Advice = denied(strings.TrimPrefix(found, "denied "), l.at.user)
	case found == "listening":
		out.Kind, out.Advice = ErrForwarding, "its sshd_config needs AllowStreamLocalForwarding yes or local"
	}
	return out
}

// denied says what to do about "root:docker srw-rw----".
func denied(found, user string) string {
	owner, mode, _ := strings.Cut(found, " ")
	const groupWrites = 5
	if mode = strings.TrimSpace(mode); len(mode) > groupWrites && mode[0] == 's' && mode[groupWrites] != 'w' {
		return fmt.Sprintf("it belongs to %s, and not to a group of %s: for HAProxy's, name one in proxy.group and run haddock init", owner, user)
	}
	return fmt.Sprintf("it belongs to %s; let %s into that group", owner, user)
}

// whyNoSocket tells what is in the way of a socket. The kernel's list of
// sockets has the path as it was bound: HAProxy binds beside and renames.
const whyNoSocket = `IFS= read -r p
d=${p%/*}
if [ -d "$d" ] && [ ! -x "$d" ]; then echo "denied $(stat -c '%U:%G %A' "$d")"
elif [ ! -e "$p" ]; then echo missing
elif [ ! -S "$p" ]; then echo other
elif [ ! -w "$p" ]; then echo "denied $(stat -L -c '%U:%G %A' "$p")"
else
  while read -r _ _ _ flags _ _ _ path; do
    [ "$flags" = 00010000 ] || continue
    case $path in "$p".*.tmp) echo listening; exit ;; esac
    if [ "$path" -ef "$p" ]; then echo listening; exit; fi
  done </proc/net/unix
  echo silent
fi
`

// run runs a script with sh on the other machine, once.
func (l *link) run(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	s, err := l.session(ctx)
	if err != nil {
		return nil, err
	}
	return s.run(ctx, script, stdin)
}

func (s *session) run(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	return await(ctx, s, func() ([]byte, error) { return s.shell(ctx, script, stdin) })
}

func (s *session) shell(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	shell, err := s.client.NewSession()
	if err != nil {
		return nil, fmt.Errorf("start a shell: %w", err)
	}
	defer shell.Close()
	stop := context.AfterFunc(ctx, func() { _ = shell.Close() }) // the server ends the script
	defer stop()
	var stdout, stderr bytes.Buffer
	shell.Stdin, shell.Stdout, shell.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	// The login's shell may be any; it only has to understand this line.
	err = shell.Run("exec sh -c '" + strings.ReplaceAll(script, "'", `'\''`) + "'")
	if exit, ok := errors.AsType[*ssh.ExitError](err); ok {
		return stdout.Bytes(), &ScriptError{Status: exit.ExitStatus(), Stderr: lastLines(stderr.String())}
	}
	return stdout.Bytes(), err
}

// await returns what do returns, or why ctx ended if that is sooner, or that the
// connection broke: what waits on a link knows no context, and may wait longer
// than the link lives.
func await[T any](ctx context.Context, s *session, do func() (T, error)) (T, error) {
	type result struct {
		out T
		err error
	}
	done := make(chan result, 1)
	go func() {
		out, err := do()
		done <- result{out, err}
	}()
	var none T
	select {
	case r := <-done:
		return r.out, r.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	case <-s.ended:
	}
	select { // it may have been done before, or find out by itself
	case r := <-done:
		return r.out, r.err
	case <-time.After(lastWords):
		return none, s.broken()
	}
}
