package maven

import (
	"errors"
	"testing"

	"github.com/haddock-ci/pipeline/internal/command"
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
			err := Explain(tt.err, tt.env)
			if err.Error() != tt.want || !is[*command.NotFoundError](err) || !errors.Is(err, tt.err) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	other := &command.ExitError{Command: "mvn verify", Code: 1, Tail: []string{"[ERROR] BUILD FAILURE"}}
	if err := Explain(other, nil); !errors.Is(err, other) || is[*NoJDKError](err) || Explain(nil, nil) != nil {
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
			err := Explain(&command.ExitError{Command: "mvn verify", Code: 1, Tail: tt.tail}, nil)
			if want := "mvn verify: exit status 1: " + tt.want; err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

// is reports whether err is, or wraps, an error of this type.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
