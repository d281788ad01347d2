package main

import (
	"os"
	"strings"
	"testing"
)

func TestSelfcheckAnswersWithoutADatabase(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"--selfcheck"}, &out); err != nil {
		t.Fatal(err)
	}
	if want := "orders " + version + ": selfcheck ok\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestVersionIsTheOneInPipelineYAML(t *testing.T) {
	text, err := os.ReadFile("pipeline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\nversion: "+version+"\n") {
		t.Errorf("pipeline.yaml does not say version: %s", version)
	}
}

func TestUnknownArgumentsAreRefused(t *testing.T) {
	for _, args := range [][]string{{"--help-me"}, {"--version", "x"}} {
		if err := run(t.Context(), args, &strings.Builder{}); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
}

func TestServingNeedsADatabaseURL(t *testing.T) {
	t.Setenv("ORACLE_URL", "")
	if err := run(t.Context(), nil, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "ORACLE_URL") {
		t.Errorf("got %v", err)
	}
}
