package locator

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"
)

const (
	// answerTimeout bounds one conversation when the caller's context allows
	// more; a full table of 100,000 rows takes a fifth of a second.
	answerTimeout = 10 * time.Second
	// lineLimit is more than any line HAProxy can produce from one buffer.
	lineLimit = 64 << 10
	// sendLimit leaves room in HAProxy's buffer of 16 KB.
	sendLimit = 12 << 10
	// replyLimit bounds a reply that is kept as a whole, which the table is not.
	replyLimit = 16 << 20
	// highestError is the last level of syslog that says "this did not happen".
	highestError = 4
)

// talk sends the commands as one line over one connection, so that one process
// of HAProxy answers all of them in order, and hands the replies to hear.
func (p *Proxy) talk(ctx context.Context, commands []string, hear func(*replies) error) error {
	if err := checkCommands(commands); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	err := p.converse(limited, commands, hear)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case limited.Err() != nil:
		return fmt.Errorf("%w within %v", ErrDown, answerTimeout)
	}
	return err
}

func (p *Proxy) converse(ctx context.Context, commands []string, hear func(*replies) error) error {
	conn, err := p.dial(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDown, err)
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	// Without the prefix an error is prose that looks like any other reply.
	line := "set severity-output number;" + strings.Join(commands, ";") + "\n"
	if _, err := io.WriteString(conn, line); err != nil {
		return fmt.Errorf("%w: send a command: %w", ErrDown, err)
	}
	r := newReplies(conn, commands)
	if err := r.nothing(); errors.Is(err, ErrDown) {
		return err
	} else if err != nil {
		return malformed("no HAProxy of 2.6 or later: %v", err)
	}
	return hear(r)
}

// checkCommands is the second lock behind checkNames: whatever a caller inside
// this package forgot, one command stays one command.
func checkCommands(commands []string) error {
	total := 0
	for _, command := range commands {
		total += len(command) + 1
		if strings.IndexFunc(command, func(r rune) bool { return r < ' ' || r > '~' || r == ';' || r == '\\' }) >= 0 || strings.Contains(command, "<<") {
			return fmt.Errorf("refuse to send %q to haproxy: it would be more than one command", command)
		}
	}
	if total > sendLimit {
		return fmt.Errorf("refuse to send %d bytes of commands to haproxy in one line", total)
	}
	return nil
}

// A replies reads what HAProxy answers to the commands of one line: for each
// command its lines, then an empty one.
type replies struct {
	r        *bufio.Reader
	commands []string // those whose replies are still to come
}

func newReplies(r io.Reader, commands []string) *replies {
	return &replies{r: bufio.NewReaderSize(r, lineLimit), commands: slices.Concat([]string{"set severity-output number"}, commands)}
}

// each calls line for each line of the next reply, without its end; the bytes
// are valid during the call only. When the reply is a refusal, or line fails,
// the rest of the reply is skipped, and the next one may be read.
func (r *replies) each(line func([]byte) error) error {
	if len(r.commands) == 0 {
		return malformed("one more reply was expected than commands were sent")
	}
	command := r.commands[0]
	r.commands = r.commands[1:]
	var failed error
	for n := 0; ; n++ {
		text, err := r.line(command)
		if err != nil {
			return err
		}
		if len(text) == 0 {
			return failed
		}
		if n == 0 {
			failed = refusal(command, text)
		}
		if failed == nil {
			failed = line(text)
		}
	}
}

// line returns the next line without its end.
func (r *replies) line(command string) ([]byte, error) {
	text, err := r.r.ReadSlice('\n')
	switch {
	case err == nil:
		return bytes.TrimSuffix(text[:len(text)-1], []byte("\r")), nil
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, malformed("%q gives a line of more than %d bytes", command, lineLimit)
	case errors.Is(err, io.EOF) && len(text) == 0 && strings.HasPrefix(command, "set severity-output"):
		return nil, fmt.Errorf("%w: it closed the connection without a word", ErrDown)
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return nil, fmt.Errorf("%w to the end: the reply to %q is cut off", ErrDown, command)
	}
	return nil, fmt.Errorf("%w: read the reply to %q: %w", ErrDown, command, err)
}

// text returns the next reply as a whole, each line with its end.
func (r *replies) text() (string, error) {
	var all strings.Builder
	err := r.each(func(line []byte) error {
		if all.Len()+len(line) > replyLimit {
			return malformed("a reply of more than %d bytes", replyLimit)
		}
		all.Write(line)
		all.WriteByte('\n')
		return nil
	})
	return all.String(), err
}

// nothing reads the next reply of a command that says nothing when it did what
// it was told, or gives a notice.
func (r *replies) nothing() error {
	command := r.commands[0]
	return r.each(func(line []byte) error {
		if level(line) < 0 { // prose without a level: never seen, and not what was hoped for
			return &CommandError{Command: command, Level: -1, Text: sentence(line)}
		}
		return nil
	})
}

// refusal returns the error that the first line of a reply is, or nil.
func refusal(command string, line []byte) error {
	n := level(line)
	if n < 0 {
		return nil
	}
	text := sentence(line[len("[n]: "):])
	if n > highestError && !strings.HasPrefix(text, "Unknown command") { // that is a 6
		return nil
	}
	return &CommandError{Command: command, Level: n, Text: text}
}

// level returns the number of a line that starts like "[3]: ", or -1.
func level(line []byte) int {
	if len(line) < len("[n]: ") || line[0] != '[' || line[1] < '0' || line[1] > '9' || string(line[2:5]) != "]: " {
		return -1
	}
	return int(line[1] - '0')
}

// sentence makes HAProxy's words fit into an error of ours.
func sentence(line []byte) string {
	const enough = 300
	text := strings.ToValidUTF8(string(line[:min(len(line), enough)]), "?")
	return strings.TrimRight(strings.TrimSpace(text), ".")
}
