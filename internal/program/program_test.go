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
	for args, want := range map[string]string{
		"versiom":   `unknown command "versiom" for tool, did you mean version?; see tool --help`,
		"version x": `tool version takes no argument, got "x"; see tool version --help`,
	} {
		root.SetArgs(strings.Fields(args))
		err := root.Execute()
		if _, ok := errors.AsType[*UsageError](err); !ok || err.Error() != want {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
	root.SetArgs([]string{"version"})
	if err := root.Execute(); err != nil || !strings.HasPrefix(out.String(), "tool 1.2 ") {
		t.Errorf("%v, %q", err, out.String())
	}
}
