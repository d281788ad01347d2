package main

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/haddock-ci/pipeline/oracle/standin/boot"
)

const usage = `oracle-standin is a FAKE Oracle database for tests. It holds no Oracle software:
it speaks enough of Oracle's protocol for drivers, over an embedded SQL engine,
and it plays the life of a gvenzl/oracle-free container: same environment
variables, log lines and phases. What it does not know it refuses (ORA-03001).

  oracle-standin [serve] [-port N] [-state DIR] [-root DIR]
  oracle-standin version
  oracle-standin sqlplus|lsnrctl|resetPassword|createAppUser|createDatabase|healthcheck.sh ...

  -port N     port to listen on (STANDIN_PORT, 1521); 0 takes a free one
  -state DIR  where everything is kept (STANDIN_STATE, /opt/oracle/oradata)
  -root DIR   where /container-entrypoint-initdb.d and the like are looked up

Under the tools' names (links to this program) it is that tool; tools talk to
the stand-in that keeps its state in the same folder.

Environment: ORACLE_PASSWORD or ORACLE_RANDOM_PASSWORD, ORACLE_DATABASE, APP_USER
and APP_USER_PASSWORD, the _FILE forms; ORACLE_PWD with "flavour oracle".
STANDIN_SCRIPT holds a script, STANDIN_SCRIPT_FILE names one.
`

var errHelp = errors.New("help wanted")

type options struct {
	command string
	rest    []string
	port    int
	state   string
	root    string
}

func parseOptions(args []string) (options, error) {
	o := options{command: "serve", state: stateDir()}
	port, err := strconv.Atoi(cmp.Or(os.Getenv("STANDIN_PORT"), "1521"))
	if err != nil {
		return o, fmt.Errorf("STANDIN_PORT: %w", err)
	}
	flags := flag.NewFlagSet("oracle-standin", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.IntVar(&o.port, "port", port, "")
	flags.StringVar(&o.state, "state", o.state, "")
	flags.StringVar(&o.root, "root", "", "")
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		o.command, args = args[0], args[1:]
	}
	if slices.Contains(boot.Tools(), o.command) {
		o.rest = args
		return o, nil
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp) || o.command == "help":
		return o, errHelp
	case err != nil:
		return o, fmt.Errorf("%w (see oracle-standin --help)", err)
	case o.command != "serve" && o.command != "version":
		return o, fmt.Errorf("unknown command %q (see oracle-standin --help)", o.command)
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected %q (see oracle-standin --help)", flags.Arg(0))
	}
	return o, nil
}

func stateDir() string { return cmp.Or(os.Getenv("STANDIN_STATE"), "/opt/oracle/oradata") }

// socketPath is where the tools find the stand-in of a state folder. It is not
// in that folder, which may be a volume that holds no sockets, or have a name
// too long for one.
func socketPath(state string) string {
	if full, err := filepath.Abs(state); err == nil {
		state = full
	}
	sum := sha256.Sum256([]byte(state))
	return filepath.Join(os.TempDir(), fmt.Sprintf("oracle-standin-%x.sock", sum[:8]))
}

// readScript takes the script from the environment.
func readScript() (boot.Script, error) {
	text, file := os.Getenv("STANDIN_SCRIPT"), os.Getenv("STANDIN_SCRIPT_FILE")
	if text != "" && file != "" {
		return boot.Script{}, errors.New("both STANDIN_SCRIPT and STANDIN_SCRIPT_FILE are set")
	}
	if file != "" {
		content, err := os.ReadFile(file)
		if err != nil {
			return boot.Script{}, fmt.Errorf("read STANDIN_SCRIPT_FILE: %w", err)
		}
		text = string(content)
	}
	return boot.ParseScript(text)
}
