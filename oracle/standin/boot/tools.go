package boot

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/boot/sqlplus"
)

// Tools are the names under which the program does a tool's work.
func Tools() []string {
	return []string{"sqlplus", "lsnrctl", "resetPassword", "createAppUser", "createDatabase", "healthcheck.sh"}
}

// Banner is what the stand-in says it is.
const Banner = "FAKE Oracle Database (oracle-standin), for tests only"

// tool does a tool's work and returns its exit status.
func (l *Life) tool(ctx context.Context, call Request, stdin io.Reader, out io.Writer) int {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	switch call.Tool {
	case "sqlplus":
		return sqlplus.Run(ctx, l.instance(), sqlplus.Invocation{
			Args: call.Args, Stdin: stdin, Stdout: out, Dir: call.Dir, Banner: Banner,
		})
	case "healthcheck.sh":
		return l.healthcheck(call.Args)
	case "lsnrctl":
		return l.lsnrctl(call.Args, out)
	}
	say("%s: %s", call.Tool, Banner)
	text := ""
	switch {
	case call.Tool == "resetPassword" && len(call.Args) == 1:
		text = resetPasswordScript(call.Args[0])
	case call.Tool == "createAppUser" && (len(call.Args) == 2 || len(call.Args) == 3):
		text = appUserScript(call.Args[0], call.Args[1], append(call.Args, l.cfg.Script.pdb())[2])
	case call.Tool == "createDatabase" && len(call.Args) == 1:
		text = "WHENEVER SQLERROR EXIT SQL.SQLCODE\nCREATE PLUGGABLE DATABASE " + call.Args[0] + ";\nexit;\n"
	default:
		say("usage: resetPassword PASSWORD | createAppUser USER PASSWORD [PDB] | createDatabase PDB")
		return 1
	}
	return sqlplus.Run(ctx, l.instance(), sqlplus.Invocation{
		Args: []string{"-s", "/", "as", "sysdba"}, Stdin: strings.NewReader(text), Stdout: out,
	})
}

// healthcheck answers 0 when the databases are open, 1 when they are not, 2 to
// 5 for the part of the boot that is still going on; a second argument leaves
// out the latter.
func (l *Life) healthcheck(args []string) int {
	if len(args) < 2 {
		if status := l.health.status(); status != 0 {
			return status
		}
	}
	names := l.cfg.Getenv("ORACLE_DATABASE")
	if len(args) > 0 && args[0] != "" {
		names = args[0]
	}
	if names == "" {
		names = l.cfg.Script.pdb()
	}
	for name := range strings.SplitSeq(names, ",") {
		if !l.answers.isOpen() || !l.answers.knows(name) {
			return 1
		}
	}
	return 0
}

func (l *Life) lsnrctl(args []string, out io.Writer) int {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	lsnrctlBanner(out)
	command := "help"
	if len(args) > 0 {
		command = strings.ToLower(args[0])
	}
	switch command {
	case "version":
		say("TNSLSNR for Linux: Version %s - %s\nThe command completed successfully", release, product)
		return 0
	case "status", "services", "stop":
	default:
		say("The following operations are available: status services stop version")
		return 0
	}
	say("Connecting to %s", l.addresses()[0])
	if !l.listenerUp() {
		say("TNS-12541: Cannot connect. No listener at IPC (KEY=EXTPROC_FOR_%s).", l.cfg.Script.SID)
		return 1
	}
	switch command {
	case "status":
		l.printStatus(out)
		l.printServices(say)
	case "services":
		l.printServices(say)
	case "stop":
		if err := l.stopListener(); err != nil {
			say("%v", err)
			return 1
		}
	}
	say("The command completed successfully")
	return 0
}

// printServices lists the services that a connection would reach now.
func (l *Life) printServices(say func(string, ...any)) {
	names := slices.Sorted(slices.Values(l.answers.known()))
	state := map[Act]string{Accept: "READY", Refuse: "BLOCKED"}
	listed := 0
	for _, name := range names {
		answer := l.answers.peek(name)
		if answer.Act == Refuse && answer.Code == 12514 {
			continue
		}
		if listed++; listed == 1 {
			say("Services Summary...")
		}
		word := state[answer.Act]
		if word == "" {
			word = "UNKNOWN"
		}
		say("Service \"%s\" has 1 instance(s).\n  Instance \"%s\", status %s, has 1 handler(s) for this service...",
			name, l.cfg.Script.SID, word)
	}
	if listed == 0 {
		say("The listener supports no services")
	}
}
