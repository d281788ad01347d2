package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/pipeline"
)

// version is set by the linker in a release.
var version = "dev"

// app is what the commands share: where they write, and the flags that all of
// them take.
type app struct {
	environ        []string         // as this program was started with
	secrets        *redact.Redactor // learns every secret that is met on the way
	stdout, stderr io.Writer
	hurry          <-chan struct{}

	dir      string // -C
	config   string // --config
	progress string // --progress
	color    string // --color
	ci       string // --ci
	verbose  bool   // -v

	args   []string // of this call
	failed *failure // what the last lines of a failed run say besides the error
}

// configName is what the configuration is called, unless --config says otherwise.
const configName = "pipeline.yaml"

const exitHelp = `Exit status:
  0    done
  1    the code under test is at fault: tests, reports, Dockerfile, deploy command
  2    usage, configuration, or a tree that was not tested
  3    the surroundings: engine, registry, disk, tag taken
  4    the database never became ready, or died
  5    build.timeout
  129/130/131/143  ended by HUP, INT, QUIT, TERM`

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "pipeline",
		Short: "From source to a pushed, tagged image, tested against an Oracle database",
		Long: "pipeline runs fixed stages: start the Oracle container, wait until it is really ready,\n" +
			"run the build and the integration tests, stop the database, build and push the image.\n\n" + exitHelp,
		SilenceErrors: true, SilenceUsage: true,
	}
	program.Group(root)
	flags := root.PersistentFlags()
	flags.StringVarP(&a.dir, "dir", "C", ".", "the project's folder")
	flags.StringVar(&a.config, "config", configName, "the configuration, relative to the project's folder")
	flags.StringVar(&a.progress, "progress", "auto", "auto, tty, plain or quiet")
	flags.StringVar(&a.color, "color", "auto", "auto, always or never")
	flags.StringVar(&a.ci, "ci", "auto", "the CI system that runs this: "+strings.Join(knownCIs(), ", "))
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "show the output of the build's commands as it comes")
	root.PersistentPreRunE = a.sensible
	root.SetFlagErrorFunc(program.FlagError)
	root.AddCommand(a.runCommand(), a.planCommand(), a.checkCommand(), a.oracleCommand(), a.imageCommand(),
		a.cleanCommand(), a.doctorCommand(), a.initCommand(), a.schemaCommand(), program.VersionCommand(tool(), a.stdout))
	program.BuiltIn(root)
	complete(root)
	return root
}

// complete lets the shell complete what the flags take.
func complete(root *cobra.Command) {
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	stages := strings.Split(pipeline.StageList(), ", ")
	words := map[string][]string{
		"progress": {"auto", "tty", "plain", "quiet"}, "color": {"auto", "always", "never"}, "ci": knownCIs(),
		"stage": stages, "from": stages, "until": stages, "form": {"job", "stages"},
	}
	for _, cmd := range append(root.Commands(), root) {
		for flag, values := range words {
			if cmd.Flag(flag) != nil {
				_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
			}
		}
	}
	_ = root.MarkPersistentFlagDirname("dir")
	_ = root.MarkPersistentFlagFilename("config", "yaml", "yml")
}

// sensible refuses flags that cannot be meant, before any command runs.
func (a *app) sensible(*cobra.Command, []string) error {
	switch info, err := os.Stat(a.dir); {
	case errors.Is(err, fs.ErrNotExist):
		return &pipeline.UsageError{Text: fmt.Sprintf("-C %s: there is no such folder", a.dir)}
	case err != nil:
		return &pipeline.UsageError{Text: fmt.Sprintf("-C %s: %v", a.dir, err)}
	case !info.IsDir():
		return &pipeline.UsageError{Text: fmt.Sprintf("-C %s: this is a file; name the folder that it is in", a.dir)}
	}
	return a.knownCI()
}

// load reads the configuration that -C and --config name.
func (a *app) load() (pipeline.Config, error) {
	path := a.config
	if !filepath.IsAbs(path) {
		path = filepath.Join(a.dir, path)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return pipeline.Config{}, &noConfigError{path: path, above: a.above()}
	}
	return pipeline.Load(path)
}

// A noConfigError says that there is no configuration.
type noConfigError struct {
	path  string
	above string // the nearest folder above that has one; may be empty
}

func (e *noConfigError) Error() string { return "there is no " + e.path }

// above is the nearest folder above the project's that has the configuration.
func (a *app) above() string {
	if filepath.IsAbs(a.config) {
		return ""
	}
	dir, err := filepath.Abs(a.dir)
	for up := a.dir; err == nil && dir != filepath.Dir(dir); {
		dir, up = filepath.Dir(dir), filepath.Join(up, "..")
		if _, err := os.Stat(filepath.Join(dir, a.config)); err == nil {
			return up
		}
	}
	return ""
}

// tool names this program and its version, as releases and reports carry it.
func tool() string { return program.Name("pipeline", version) }
