package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/redact"
)

func TestABuildWithoutAJDKSaysWhereItLooked(t *testing.T) {
	maven := &command.ExitError{Command: "mvn verify", Code: 1, Tail: []string{
		"The JAVA_HOME environment variable is not defined correctly,", "this environment variable is needed to run this program.",
	}}
	compiler := &command.ExitError{Command: "mvn verify", Code: 1, Tail: []string{
		"[ERROR] No compiler is provided in this environment. Perhaps you are running on a JRE rather than a JDK?", "[ERROR] -> [Help 1]",
	}}
	tests := map[string]struct {
		err  error
		env  []string
		want string
	}{
		"wrong home": {maven, []string{"PATH=/bin", "JAVA_HOME=/nowhere"}, "the build found no JDK: JAVA_HOME is /nowhere, where there is no bin/javac"},
		"no home":    {maven, []string{"PATH=/bin:/usr/bin"}, "the build found no JDK: JAVA_HOME is not set, and javac is not in any folder of PATH (/bin:/usr/bin)"},
		"only a JRE": {compiler, []string{"JAVA_HOME=/opt/jre"}, "the build found no JDK: JAVA_HOME is /opt/jre, where there is no bin/javac"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := explainMaven(tt.err, tt.env)
			if err.Error() != tt.want || !is[*command.NotFoundError](err) || !errors.Is(err, tt.err) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	other := &command.ExitError{Command: "mvn verify", Code: 1, Tail: []string{"[ERROR] BUILD FAILURE"}}
	if err := explainMaven(other, nil); !errors.Is(err, other) || is[*NoJDKError](err) || explainMaven(nil, nil) != nil {
		t.Errorf("explains what it does not know: %v", err)
	}
}

func TestAMavenThatFailsSaysWhyAtItsEnd(t *testing.T) {
	const cause = "[ERROR] Failed to execute goal on project orders-web: Could not resolve dependencies: Cannot access central in offline mode -> [Help 1]"
	tests := map[string]struct {
		tail []string
		want string
	}{
		"Maven": {[]string{
			"[INFO] BUILD FAILURE", cause, "[ERROR] ", "[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.",
			"[ERROR] Re-run Maven using the -X switch to enable full debug logging.", "[ERROR] ",
			"[ERROR] For more information about the errors and possible solutions, please read the following articles:",
			"[ERROR] [Help 1] http://cwiki.example.com/DependencyResolutionException", "[ERROR] ",
			"[ERROR] After correcting the problems, you can resume the build with the command", "[ERROR]   mvn <args> -rf :orders-web", "\x1b[0m\x1b[0m",
		}, cause},
		"nothing but advice": {[]string{"[ERROR] ", "[ERROR] [Help 1] x"}, "[ERROR]"},
		"another program":    {[]string{"out of heap", "See dump files"}, "See dump files"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := explainMaven(&command.ExitError{Command: "mvn verify", Code: 1, Tail: tt.tail}, nil)
			if want := "mvn verify: exit status 1: " + tt.want; err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

func TestALateBuildKeepsTheThreadDumpsOfItsTests(t *testing.T) {
	dir := t.TempDir()
	since := time.Now().Add(-time.Minute)
	for name, text := range map[string]string{
		"web/target/failsafe-reports/a.dumpstream": "# Created at x\nCorrupted channel by directly writing to native stream in forked JVM 1. Stream '\tat shop.HangsIT.waits(HangsIT.java:5)'.\n\n" +
			"Corrupted channel by directly writing to native stream in forked JVM 1. Stream 'it's secret-word'.\n",
		"web/target/failsafe-reports/old.dumpstream": "x Stream 'of yesterday'.\n",
		".pipeline/out/b.dumpstream":                 "x Stream 'ours'.\n",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	old := since.Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "web/target/failsafe-reports/old.dumpstream"), old, old); err != nil {
		t.Fatal(err)
	}
	r := &run{cfg: Config{Dir: dir}, set: Settings{Secrets: redact.New("secret-word")}}
	var log strings.Builder
	if err := r.forkDumps(t.Context(), &log, since); err != nil || log.Len() > 0 {
		t.Errorf("in time: %v, %s", err, log.String())
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&BuildTimeout{Limit: time.Minute})
	if err := r.forkDumps(ctx, &log, since); err != nil {
		t.Fatal(err)
	}
	want := "\nThe tests' own JVM, as web/target/failsafe-reports/a.dumpstream tells:\n\tat shop.HangsIT.waits(HangsIT.java:5)\nit's "
	if !strings.HasPrefix(log.String(), want) || strings.Contains(log.String(), "secret-word") {
		t.Errorf("got %q, want %q and no secret", log.String(), want)
	}
}
