package main

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/haddock-ci/pipeline/oracle/standin/boot"
)

func TestMain(m *testing.M) {
	programs := map[string]func(){"oracle-standin": main}
	for _, tool := range boot.Tools() {
		programs[tool] = main
	}
	testscript.Main(m, programs)
}

func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			// The socket's name must be short, and no two stories may share it.
			dir, err := os.MkdirTemp("", "st") //nolint:usetesting // a socket's path must be short
			if err != nil {
				return err
			}
			env.Defer(func() { _ = os.RemoveAll(dir) })
			env.Setenv("TMPDIR", dir)
			env.Setenv("STANDIN_STATE", env.WorkDir+"/oradata")
			env.Setenv("STANDIN_PORT", "0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"await": await},
	})
}

// await polls a command until it succeeds.
func await(ts *testscript.TestScript, _ bool, args []string) {
	var err error
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		var output []byte
		path, lookErr := exec.LookPath(args[0])
		ts.Check(lookErr)
		cmd := exec.Command(path, args[1:]...)
		cmd.Args[0] = args[0]
		cmd.Env = append(os.Environ(), "TMPDIR="+ts.Getenv("TMPDIR"), "STANDIN_STATE="+ts.Getenv("STANDIN_STATE"))
		if output, err = cmd.CombinedOutput(); err == nil {
			return
		}
		ts.Logf("%s", output)
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s never succeeded: %v", args[0], err)
}
