package program

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
)

func TestTheFirstSignalEndsAndTheSecondHurries(t *testing.T) {
	for sig, name := range stopSignals() {
		ctx, hurry, stop := OnSignals(t.Context(), func(name string, status int) error { return fmt.Errorf("%s %d", name, status) })
		number, ok := sig.(syscall.Signal)
		if !ok {
			t.Fatalf("%v is no signal of this system", sig)
		}
		raise := func() {
			if err := syscall.Kill(syscall.Getpid(), number); err != nil {
				t.Fatal(err)
			}
		}
		raise()
		<-ctx.Done()
		if got, want := context.Cause(ctx).Error(), fmt.Sprintf("%s %d", name, 128+int(number)); got != want {
			t.Errorf("cause %q, want %q", got, want)
		}
		select {
		case <-hurry:
			t.Errorf("%s: one signal hurries already", name)
		default:
		}
		raise()
		<-hurry
		stop()
	}
}

func TestWhatCannotBeMeantIsAUsageError(t *testing.T) {
	root := &cobra.Command{Use: "tool", SilenceErrors: true, SilenceUsage: true}
	Group(root)
	var out strings.Builder
	root.AddCommand(VersionCommand(Name("tool", "1.2"), &out))
	root.PersistentFlags().Bool("verbose", false, "")
	root.SetFlagErrorFunc(FlagError)
	root.SetOut(&out)
	BuiltIn(root)
	for args, want := range map[string]string{
		"versionn":            `unknown command "versionn" for tool, did you mean version?; see tool --help`,
		"version x":           `tool version takes no argument, got "x"; see tool version --help`,
		"version --verbos":    `unknown flag --verbos for tool version, did you mean --verbose?; see tool version --help`,
		"version --verbose=x": `--verbose=x: want true or false; see tool version --help`,
		"version -z":          `unknown shorthand flag: 'z' in -z; see tool version --help`,
		"completion bsh":      `unknown command "bsh" for tool completion, did you mean bash?; see tool completion --help`,
		"help versionn":       `unknown command "versionn" for tool, did you mean version?; see tool --help`,
	} {
		root.SetArgs(strings.Fields(args))
		err := root.Execute()
		if _, ok := errors.AsType[*UsageError](err); !ok || err.Error() != want {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
	for _, args := range []string{"help version", "completion bash"} {
		root.SetArgs(strings.Fields(args))
		if err := root.Execute(); err != nil {
			t.Errorf("%s: %v", args, err)
		}
	}
	out.Reset()
	root.SetArgs([]string{"version"})
	if err := root.Execute(); err != nil || !strings.HasPrefix(out.String(), "tool 1.2 ") {
		t.Errorf("%v, %q", err, out.String())
	}
}
