package sqlplus

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// An Invocation is one call of the program.
type Invocation struct {
	Args   []string // without the program's name
	Stdin  io.Reader
	Stdout io.Writer
	Dir    string // that relative @file names start from
	Banner string // of the server, printed unless -s is given
}

// Run runs the program to its end and returns its exit status.
func Run(ctx context.Context, on Instance, call Invocation) int {
	s := &shell{
		ctx: ctx, on: on, out: call.Stdout, dir: call.Dir, banner: call.Banner,
		set: defaultSettings(), defines: map[string]string{},
	}
	s.inputs = []*input{newInput(call.Stdin, "", nil)}
	status, done := s.start(call.Args)
	if !done {
		status = s.loop()
	}
	s.disconnect()
	return status
}

// shell is the state of one run.
type shell struct {
	ctx      context.Context
	on       Instance
	out      io.Writer
	dir      string
	banner   string
	silent   bool
	session  Session
	user     string
	inputs   []*input // the last one is read
	set      settings
	defines  map[string]string
	onSQL    reaction
	onOS     reaction
	buffer   string // the last statement, for /
	sqlcode  int
	exiting  bool
	status   int
	rollback bool // how the exit ends the transaction
}

// reaction is what WHENEVER asks for.
type reaction struct {
	exit     bool
	status   string // SUCCESS, FAILURE, a number, SQL.SQLCODE ...
	rollback bool
}

func (s *shell) printf(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format, args...) }

// start reads the arguments and logs on; done means that the run is over.
func (s *shell) start(args []string) (status int, done bool) {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch strings.ToLower(args[0]) {
		case "-s", "-silent":
			s.silent = true
		case "-l", "-logon":
		case "-v", "-version":
			s.printf("\nSQL*Plus: Release %s - FAKE (oracle-standin)\nVersion %s\n\n", Release, Release)
			return 0, true
		default:
			s.printf("SP2-0306: Invalid option.\nUsage: sqlplus [-s] [-L] { /nolog | logon } [@file [args]]\n")
			return 1, true
		}
		args = args[1:]
	}
	if !s.silent {
		s.printf("\nSQL*Plus: Release %s - FAKE (oracle-standin)\nVersion %s\n\n", Release, Release)
	}
	logon, script, arguments := splitArgs(args)
	if !strings.EqualFold(logon, "/nolog") {
		if err := s.logon(logon); err != nil {
			s.printLogonError(err)
			s.printf("SP2-0751: Unable to connect to Oracle.  Exiting SQL*Plus\n")
			return 1, true
		}
		if !s.silent {
			s.printf("\nConnected to:\n%s\n\n", s.banner)
		}
	}
	if script != "" {
		s.open(script, arguments)
	}
	return s.status, s.exiting
}

// Release is the version that is played.
const Release = "23.26.0.0.0"

// splitArgs tells the logon from the script and its arguments.
func splitArgs(args []string) (logon, script string, rest []string) {
	for i, arg := range args {
		if name, ok := strings.CutPrefix(arg, "@"); ok && (i == 0 || !strings.EqualFold(args[i-1], "as")) {
			return strings.Join(args[:i], " "), name, args[i+1:]
		}
	}
	return strings.Join(args, " "), "", nil
}

func (s *shell) loop() int {
	for !s.exiting {
		if s.ctx.Err() != nil {
			return 1
		}
		line, ok := s.next("SQL> ")
		if !ok {
			break
		}
		s.obey(line)
	}
	if s.session != nil {
		end := "COMMIT"
		if s.rollback {
			end = "ROLLBACK"
		}
		_, _ = s.session.Run(s.ctx, end) // the program is over, nobody is told
	}
	return s.status
}

func (s *shell) disconnect() {
	if s.session == nil {
		return
	}
	_ = s.session.Close() // nothing more is asked of it
	s.session = nil
	if !s.silent {
		s.printf("Disconnected from %s\n", s.banner)
	}
}
