package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/haddock"
	"github.com/haddock-ci/pipeline/internal/ci"
	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/internal/redact"
)

// version is set by the linker in a release.
var version = "dev"

// app is what the commands share: where they write, and the flags that all of
// them take.
type app struct {
	environ        []string
	secrets        *redact.Redactor
	stdout, stderr io.Writer
	hurry          <-chan struct{}

	config   string // --config
	env      string // --env
	by       string // --by
	progress string // --progress
	verbose  bool   // -v
	json     bool   // --json of the command
}

func usage(format string, args ...any) error {
	return &program.UsageError{Text: fmt.Sprintf(format, args...)}
}

const exitHelp = `Exit status:
  0    done; also: paused, or still draining (the last line says how to go on)
  1    haddock took a bad instance back, or a hook failed
  2    usage, configuration, or a release that the environment does not take
  3    the surroundings: engine, HAProxy, ssh, registry, lock held, no free slot
  129/130/131/143  ended by HUP, INT, QUIT, TERM; haddock resume carries on`

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "haddock",
		Short: "Bring a release to production, and no user notices",
		Long: "haddock starts a release beside the one that runs, gives it new sessions step by step,\n" +
			"and ends the old one when its last session has ended. HAProxy carries the traffic.\n\n" + exitHelp,
		SilenceErrors: true, SilenceUsage: true,
	}
	program.Group(root)
	flags := root.PersistentFlags()
	flags.StringVar(&a.config, "config", "haddock.yaml", "the configuration")
	flags.StringVarP(&a.env, "env", "e", "", "the environment; may be left out when there is only one")
	flags.StringVar(&a.by, "by", "", "who is at work, for the history (default: the CI build, else user@host)")
	flags.StringVar(&a.progress, "progress", "auto", "auto, plain or quiet")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "show what pulls and hooks write")
	root.SetFlagErrorFunc(program.FlagError)
	root.AddCommand(a.initCommand(), a.deployCommand(), a.resumeCommand(), a.promoteCommand(), a.rollbackCommand(), a.statusCommand(), a.historyCommand(),
		a.diffCommand(), a.locatorCommand(), a.checkCommand(), a.schemaCommand(), program.VersionCommand(tool(), a.stdout))
	program.BuiltIn(root)
	return root
}

// load reads haddock.yaml and finds the environment.
func (a *app) load() (haddock.Config, haddock.Environment, error) {
	cfg, err := haddock.Load(a.config)
	if err != nil {
		return haddock.Config{}, haddock.Environment{}, err
	}
	env, err := cfg.Environment(a.env)
	return cfg, env, err
}

// open connects to the environment. The caller calls done at the end.
func (a *app) open(ctx context.Context, set func(*haddock.Options)) (s *haddock.Service, done func(), err error) {
	cfg, env, err := a.load()
	if err != nil {
		return nil, nil, err
	}
	console, err := a.console()
	if err != nil {
		return nil, nil, err
	}
	o := haddock.Options{
		Config: cfg, Env: env.Name, By: a.who(), Lookup: a.lookup, Environ: a.environ,
		Secrets: a.secrets, Events: console.Take, Hurry: a.hurry,
	}
	for _, name := range []string{env.Registry.UserEnv, env.Registry.PasswordEnv} {
		if name != "" {
			a.secrets.Add(a.lookup(name))
		}
	}
	if set != nil {
		set(&o)
	}
	s, err = haddock.Open(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	return s, func() { _ = s.Close() }, nil
}

// lookup answers for one variable of the environment.
func (a *app) lookup(name string) string {
	for _, entry := range slices.Backward(a.environ) {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// who is at work: what --by says, else the CI build, else the user.
func (a *app) who() string {
	if a.by != "" {
		return a.by
	}
	if build := ci.Detect(func(name string) (string, bool) { v := a.lookup(name); return v, v != "" }); build.InCI() && build.Key != "" {
		return build.Key
	}
	name := a.lookup("USER")
	if me, err := user.Current(); err == nil && name == "" {
		name = me.Username
	}
	if at, err := os.Hostname(); err == nil {
		name += "@" + at
	}
	return name
}

// tool names this program and its version.
func tool() string { return program.Name("haddock", version) }
