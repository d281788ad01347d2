package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/haddock-ci/pipeline/pipeline"
)

// A failure is what the last lines say besides the error itself.
type failure struct {
	log, diagnosis, again string
}

// fail keeps what the last lines of a failed run say besides the error. Where
// no step has a log, the report tells what there is to tell; where no stage
// can be run again on its own, the call itself can, unless it is what is wrong.
func (a *app) fail(outcome pipeline.Outcome, err error, again string) error {
	if status, _ := explain(err); status == statusUsage && outcome.RunID == "" {
		return err
	}
	a.failed = &failure{again: a.sameProject(cmp.Or(again, a.call()))}
	if outcome.RunID != "" {
		a.failed.log = a.fromHere(cmp.Or(outcome.Log, reportPath()))
	}
	if outcome.Diagnosis != "" {
		a.failed.diagnosis = a.fromHere(outcome.Diagnosis)
	}
	return err
}

// last are the last lines of a failed run, whatever --progress is: the error
// with its step, a hint if there is one, the log, the command that does the
// same again.
func (a *app) last(err error, hint string) {
	line := func(name, text string) {
		if text != "" {
			_, _ = fmt.Fprintf(a.stderr, "pipeline: %s: %s\n", name, a.secrets.String(text))
		}
	}
	failed := cmp.Or(a.failed, &failure{})
	line("diagnosis", failed.diagnosis)
	line("error", sentence(err))
	line("hint", hint)
	line("log", failed.log)
	line("again", failed.again)
}

// say prints what a command is called for, without secrets.
func (a *app) say(format string, args ...any) error {
	_, err := fmt.Fprint(a.stdout, a.secrets.String(fmt.Sprintf(format, args...)))
	return err
}

func reportPath() string { return filepath.Join(pipeline.WorkdirName, "out", pipeline.ReportFile) }

// fromHere is a path in the project's folder as it is to be opened from where
// the program was called.
func (a *app) fromHere(path string) string { return filepath.Join(a.dir, path) }

// call is this call, to be pasted into a shell.
func (a *app) call() string {
	words := []string{"pipeline"}
	for _, arg := range a.args {
		words = append(words, quoted(arg))
	}
	return strings.Join(words, " ")
}

// sameProject adds the flags without which the command would be about another
// project.
func (a *app) sameProject(command string) string {
	if command == a.call() {
		return command
	}
	if a.dir != "." {
		command += " -C " + quoted(a.dir)
	}
	if a.config != configName {
		command += " --config=" + quoted(a.config)
	}
	return command
}

// quoted is the word as a shell reads it back.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=./:,@+%", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// summary is what a green run ends with.
func (a *app) summary(outcome pipeline.Outcome) error {
	report := "report  " + a.fromHere(reportPath())
	release := outcome.Release
	if release == nil {
		return a.say("all stages done\n%s\n", report)
	}
	text := fmt.Sprintf("image   %s\ntag     %s\ndigest  %s\n%s\n", release.Repository, release.Tag, release.Digest, report)
	if !outcome.HandedOver && len(outcome.Deploy) > 0 {
		text += fmt.Sprintf("deploy  %s   (pipeline run --stage=deploy)\n", strings.Join(outcome.Deploy, " "))
	}
	return a.say("%s", text)
}
