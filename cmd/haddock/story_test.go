package main

import (
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"haddock": main})
}

// TestStories runs the stories that need neither an engine nor HAProxy; those
// in testdata/engine need both.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata", UpdateScripts: os.Getenv("UPDATE") != "", RequireExplicitExec: true, Setup: setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": cmdStatus},
	})
}

func setUp(env *testscript.Env) error {
	// Under the race detector every process would sleep a second at its end.
	env.Setenv("GORACE", "atexit_sleep_ms=0")
	env.Setenv("GOCOVERDIR", flag.Lookup("test.gocoverdir").Value.String())
	env.Setenv("USER", "anna")
	return nil
}
