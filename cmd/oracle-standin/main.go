// Command oracle-standin is a FAKE Oracle database for tests: the server, and
// under other names (sqlplus, lsnrctl, ...) the tools that are run beside it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/haddock-ci/pipeline/oracle/standin/boot"
)

// version is set by the linker.
var version = "dev"

func main() {
	name := filepath.Base(os.Args[0])
	if slices.Contains(boot.Tools(), name) {
		os.Exit(tool(name, os.Args[1:]))
	}
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	o, err := parseOptions(args)
	switch {
	case errors.Is(err, errHelp):
		fmt.Print(usage + "\n" + boot.ScriptHelp)
		return 0
	case err != nil:
		fmt.Fprintf(os.Stderr, "oracle-standin: %v\n", err)
		return 2
	case o.command == "version":
		fmt.Printf("oracle-standin %s (%s)\n", version, boot.Banner)
		return 0
	case o.command == "serve":
		return serve(o)
	}
	return tool(o.command, o.rest)
}

// tool has the running stand-in do the work of a tool.
func tool(name string, args []string) int {
	dir, err := os.Getwd()
	if err != nil {
		dir = "/"
	}
	request := boot.Request{Tool: name, Args: args, Dir: dir}
	status, err := boot.CallTool(context.Background(), socketPath(stateDir()), request, os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s: %v\n", name, boot.Banner, err)
		return 1
	}
	return status
}
