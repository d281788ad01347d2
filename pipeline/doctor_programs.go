package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/maven"
)

// examinePrograms looks for what the project's commands call. It starts none
// of them: a JVM takes longer than all the rest.
func (r *run) examinePrograms(context.Context) []Finding {
	var found []Finding
	java := false
	for _, program := range r.programs() {
		path, err := command.Find(program, r.cfg.Dir, r.set.Environ)
		if err != nil {
			found = append(found, bad(program, err, ""))
			continue
		}
		found = append(found, good(program, "%s", path))
		java = java || isJavaBuild(program)
	}
	if java {
		found = append(found, r.examineJDK())
	}
	if len(r.cfg.Deploy.Command) > 0 {
		program := r.cfg.Deploy.Command[0]
		if path, err := command.Find(program, r.cfg.Dir, r.set.Environ); err != nil {
			found = append(found, doubtful(program, "", "deploy.command: %v", err))
		} else {
			found = append(found, good(program, "%s", path))
		}
	}
	return found
}

// programs are those that build.compile and build.test call, as far as their
// first words tell: a shell's own words are left out.
func (r *run) programs() []string {
	var programs []string
	for _, line := range []string{r.cfg.Build.Compile, r.cfg.Build.Test} {
		for part := range strings.FieldsFuncSeq(line, func(c rune) bool { return strings.ContainsRune("&|;\n", c) }) {
			program := firstProgram(strings.Fields(part))
			if program != "" && !slices.Contains(programs, program) {
				programs = append(programs, program)
			}
		}
	}
	return programs
}

// firstProgram is the program that a simple command starts; empty for what
// only a shell understands.
func firstProgram(words []string) string {
	for _, word := range words {
		name, _, assigned := strings.Cut(word, "=")
		switch {
		case assigned && envPattern.MatchString(name), word == "exec", word == "env", word == "nice", word == "time":
			continue
		case strings.ContainsAny(word, "$`\"'(){}<>*?[]#!\\"), slices.Contains(strings.Fields(shellWords), word):
			return ""
		}
		return word
	}
	return ""
}

const shellWords = `. : alias break case cd command continue do done echo elif else esac eval exit export false fi for if printf
	pwd read return set shift source test then trap true ulimit umask unset until wait while`

func isJavaBuild(program string) bool {
	return slices.Contains([]string{"mvn", "mvnw", "gradle", "gradlew", "ant"}, filepath.Base(program))
}

// examineJDK finds the JDK that Maven would take.
func (r *run) examineJDK() Finding {
	home := r.value("JAVA_HOME")
	if home == "" {
		path, err := command.Find("javac", r.cfg.Dir, r.set.Environ)
		if err != nil {
			return bad("JDK", &maven.NoJDKError{Path: r.value("PATH"), Err: err}, "")
		}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		home = filepath.Dir(filepath.Dir(path))
	} else if _, err := os.Stat(filepath.Join(home, "bin", "javac")); err != nil {
		return bad("JDK", &maven.NoJDKError{Home: home, Err: err}, "")
	}
	if version := jdkVersion(home); version != "" {
		return good("JDK", "%s in %s", version, home)
	}
	return good("JDK", "%s", home)
}
