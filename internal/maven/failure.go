package maven

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/internal/command"
)

// A NoJDKError says that a Java build found no JDK, and where one was looked
// for.
type NoJDKError struct {
	Home string // JAVA_HOME; empty when it is not set
	Path string
	Err  error // how the command failed
}

func (e *NoJDKError) Error() string {
	if e.Home != "" {
		return fmt.Sprintf("the build found no JDK: JAVA_HOME is %s, where there is no bin/javac", e.Home)
	}
	return fmt.Sprintf("the build found no JDK: JAVA_HOME is not set, and javac is not in any folder of PATH (%s)", e.Path)
}

// Unwrap gives a *command.NotFoundError too: it is a program that is missing.
func (e *NoJDKError) Unwrap() []error {
	return []error{&command.NotFoundError{Program: "javac", Path: e.Path, Err: e.Err}, e.Err}
}

// known tells the lines by which one of its failures is known.
func known(line string) bool { return strings.Contains(line, "[ERROR]") }

var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// noJDK tells the lines that Maven, Gradle and their wrappers write when they
// find no Java, or one that cannot compile.
func noJDK(line string) bool {
	return slices.ContainsFunc([]string{
		"JAVA_HOME environment variable is not defined correctly", "JAVA_HOME is not defined correctly",
		"JAVA_HOME is set to an invalid directory", "JAVA_HOME is not set and no 'java' command could be found",
		"No compiler is provided in this environment", "Unable to locate a Java Runtime",
	}, func(words string) bool { return strings.Contains(line, words) })
}

// advice tells the lines that Maven ends with whatever the fault was.
func advice(line string) bool {
	line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(colour.ReplaceAllString(line, "")), "[ERROR]"))
	return line == "" || slices.ContainsFunc([]string{
		"-> [Help", "[Help ", "For more information about the errors", "Re-run Maven using", "To see the full stack trace",
		"After correcting the problems", "mvn <args> -rf", "See dump files",
	}, func(words string) bool { return strings.HasPrefix(line, words) })
}

// Explain lets the failure of a Java build end with its cause: that there
// is no JDK, or what Maven said before its advice.
func Explain(err error, env []string) error {
	exit, ok := errors.AsType[*command.ExitError](err)
	if !ok {
		return err
	}
	for len(exit.Tail) > 1 && slices.ContainsFunc(exit.Tail, known) && advice(exit.Tail[len(exit.Tail)-1]) {
		exit.Tail = exit.Tail[:len(exit.Tail)-1]
	}
	if !slices.ContainsFunc(exit.Tail, noJDK) {
		return err
	}
	missing := &NoJDKError{Err: err}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		switch name {
		case "JAVA_HOME":
			missing.Home = value
		case "PATH":
			missing.Path = value
		}
	}
	return missing
}
