// Package program is what our command-line programs have in common: how they
// name themselves, how they refuse what cannot be meant, and how signals end
// them. It knows no command and no exit status but a signal's.
package program

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/nearest"
)

// A UsageError is what the user has to write differently. Exit status 2.
type UsageError struct{ Text string }

func (e *UsageError) Error() string { return e.Text }

// Name is the program and its version, as releases and reports carry it. A
// version dev is told apart by the commit that it was built from.
func Name(program, version string) string {
	name := program + " " + version
	info, ok := debug.ReadBuildInfo()
	if !ok || version != "dev" {
		return name
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			name += "-" + setting.Value[:12]
		}
	}
	return name
}

// VersionCommand prints the name to out.
func VersionCommand(name string, out io.Writer) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: NoArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(out, "%s %s/%s %s\n", name, runtime.GOOS, runtime.GOARCH, runtime.Version())
			return err
		},
	}
}

// NoArguments refuses positional arguments with a *UsageError.
func NoArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &UsageError{fmt.Sprintf("%s takes no argument, got %q; see %s --help", cmd.CommandPath(), args[0], cmd.CommandPath())}
}

// Group makes a command that only holds others: alone it prints its help, and
// a name that it does not know is a *UsageError with the nearest one.
func Group(cmd *cobra.Command) {
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var names []string
		for _, known := range cmd.Commands() {
			names = append(names, known.Name())
		}
		return &UsageError{fmt.Sprintf("unknown command %q for %s%s; see %s --help",
			args[0], cmd.CommandPath(), nearest.Suffix(args[0], names), cmd.CommandPath())}
	}
}
