package main

import (
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/haddock-ci/pipeline/internal/watchdog"
)

func TestMain(m *testing.M) {
	if status, mine := watchdog.Dispatch(os.Args[1:]); mine {
		os.Exit(status)
	}
	testscript.Main(m, map[string]func(){"pipeline": main, "ask-database": askDatabase})
}

// TestStories runs the stories that need no engine; those in
// testdata/engine need a real one.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", UpdateScripts: os.Getenv("UPDATE") != "", Setup: func(env *testscript.Env) error {
		// Under the race detector every process would sleep a second at its end.
		env.Setenv("GORACE", "atexit_sleep_ms=0")
		env.Setenv("GOCOVERDIR", coverDir())
		return nil
	}})
}

// coverDir is where this test's coverage goes, and so the programs' own.
func coverDir() string { return flag.Lookup("test.gocoverdir").Value.String() }
