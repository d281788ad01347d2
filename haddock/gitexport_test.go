package haddock

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/internal/command"
)

func TestTheHistoryBecomesCommits(t *testing.T) {
	dir := t.TempDir()
	environ := append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=ops", "GIT_AUTHOR_EMAIL=ops@example.com",
		"GIT_COMMITTER_NAME=ops", "GIT_COMMITTER_EMAIL=ops@example.com")
	run := func(args ...string) string {
		t.Helper()
		out, err := command.Command{Args: append([]string{"git"}, args...), Dir: dir, Env: environ}.Output(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	git := gitRepository{dir: dir, service: "shop", env: "prod", environ: environ}
	if _, err := git.export(t.Context(), past()); err == nil || !strings.Contains(err.Error(), "is no git repository") {
		t.Error(err)
	}
	run("init", "-q")
	for _, step := range []struct{ lines, want int }{{6, 3}, {6, 0}, {len(past()), 3}, {len(past()), 0}} {
		if made, err := git.export(t.Context(), past()[:step.lines]); err != nil || made != step.want {
			t.Errorf("%d commits after %d lines, want %d: %v", made, step.lines, step.want, err)
		}
	}
	want := `2026-11-23 prod: 1.1 has 100 % of new sessions
2026-11-23 prod: 1.2 has 10 % of new sessions
2026-11-23 prod: 1.2 is taken back: it is down
2026-11-23 prod: 1.2 is removed
2026-11-23 prod: 1.3 has 100 % of new sessions
2026-11-23 prod: 1.1 drains with 41 sessions
`
	if got := run("log", "--reverse", "--format=%ad %s", "--date=short"); got != want {
		t.Errorf("%s", got)
	}
	text, err := os.ReadFile(filepath.Join(dir, "shop", "prod.yaml"))
	if err != nil || !strings.Contains(string(text), "version: \"1.3\"") || !strings.Contains(string(text), "state: draining") {
		t.Errorf("%s %v", text, err)
	}
}

func TestDriftIsNamed(t *testing.T) {
	s := newSim(t, 3)
	s.serving()
	if drifts := driftsOf(s.world()); drifts != nil {
		t.Errorf("%v", drifts)
	}
	s.slot("s1").Admin = locator.Drain // by hand
	s.slot("s3").Admin = locator.Ready
	want := []string{
		"1.1 in s1: recorded on the drain list, is not on it",
		"1.1 has all new sessions: recorded so, is not so",
		"slot s3: recorded empty, is takes traffic",
	}
	drifts := driftsOf(s.world())
	if len(drifts) != len(want) {
		t.Fatalf("%v", drifts)
	}
	for i, drift := range drifts {
		if drift.String() != want[i] {
			t.Errorf("%q, want %q", drift, want[i])
		}
	}
}

func TestTheServerStateFileIsComparedByWhatLasts(t *testing.T) {
	state := "1\n# be_id be_name srv_id ...\n4 shop 1 s1 172.30.77.11 2 0 100 100 9 15 3 4 6 0 0 0 - 8080 - 0 0 - - 0\n"
	later := strings.Replace(state, " 100 100 9 15 ", " 100 100 77 1 ", 1)
	if servers([]byte(state)) != "s1 0/100" || servers([]byte(later)) != servers([]byte(state)) {
		t.Errorf("%q, %q", servers([]byte(state)), servers([]byte(later)))
	}
}
