package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/ci"
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
	flags.StringVar(&a.config, "config", "pipeline.yaml", "the configuration, relative to the project's folder")
	flags.StringVar(&a.progress, "progress", "auto", "auto, tty, plain or quiet")
	flags.StringVar(&a.color, "color", "auto", "auto, always or never")
	flags.StringVar(&a.ci, "ci", "auto", "the CI system that runs this: auto, none, "+strings.Join(ci.Vendors(), ", "))
	root.PersistentPreRunE = a.knownCI
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "show the output of the build's commands as it comes")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return &pipeline.UsageError{Text: err.Error()}
	})
	root.AddCommand(a.runCommand(), a.planCommand(), a.checkCommand(), a.oracleCommand(), a.imageCommand(),
		a.cleanCommand(), a.doctorCommand(), a.initCommand(), a.schemaCommand(), program.VersionCommand(tool(), a.stdout))
	return root
}

// load reads the configuration that -C and --config name.
func (a *app) load() (pipeline.Config, error) {
	path := a.config
	if !filepath.IsAbs(path) {
		path = filepath.Join(a.dir, path)
	}
	return pipeline.Load(path)
}

// tool names this program and its version, as releases and reports carry it.
func tool() string { return program.Name("pipeline", version) }

// checkCommand only reads: it tells every fault of the configuration at once.
func (a *app) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Tell every fault of pipeline.yaml at once; starts nothing", Args: program.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			for _, warning := range cfg.Warnings() {
				fmt.Fprintln(a.stderr, "warning:", warning.String())
			}
			_, err = fmt.Fprintf(a.stdout, "%s: no fault\n%s", a.config, cfg.Advice())
			return err
		},
	}
}
