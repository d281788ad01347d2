package program

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/haddock-ci/pipeline/internal/nearest"
)

// FlagError says as a *UsageError what is wrong with a flag, and what was most
// likely meant.
func FlagError(cmd *cobra.Command, err error) error {
	text := err.Error()
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok && unknown.GetSpecifiedShortnames() == "" {
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
		name := "--" + unknown.GetSpecifiedName()
		text = fmt.Sprintf("unknown flag %s for %s%s", name, cmd.CommandPath(), nearest.Suffix(name, known))
	}
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		text = fmt.Sprintf("--%s=%s: want %s", wrong.GetFlag().Name, wrong.GetValue(), wanted(wrong.GetFlag()))
	}
	return &UsageError{fmt.Sprintf("%s; see %s --help", text, cmd.CommandPath())}
}

// wanted is what a flag takes, in words.
func wanted(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "bool":
		return "true or false"
	case "duration":
		return "a duration such as 90m"
	case "int":
		return "a number"
	}
	return "a " + f.Value.Type()
}

// BuiltIn makes cobra's own commands, help and completion, refuse a name that
// they do not know instead of passing over it. Call it when all others are
// there.
func BuiltIn(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "completion":
			Group(cmd)
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				about, rest, err := root.Find(args)
				if err != nil || len(rest) == 0 {
					return err
				}
				return about.Args(about, rest)
			}
		}
	}
}
