package haddock

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/events"
)

// hook runs a hook of the roll-out. Its failure is told and does not stop a
// roll-out that has reached its goal.
func (d *drive) hook(ctx context.Context, w World, op Op) error {
	err := d.runHook(ctx, w, op.Hook, op.Seq)
	if hook, failed := errors.AsType[*HookError](err); failed && ctx.Err() == nil {
		d.Events.Warn(hook.Error())
		d.failed = hook
		return nil
	}
	return err
}

// runHook runs a command of the project; without one nothing happens. It finds
// what it has to know in variables, never in its arguments.
func (d *drive) runHook(ctx context.Context, w World, name string, seq int) error {
	hooks := d.Config.Hooks
	line := map[string]string{preDeploy: hooks.PreDeploy, postDeploy: hooks.PostDeploy, onAbort: hooks.OnAbort}[name]
	if line == "" {
		return nil
	}
	limited, cancel := context.WithTimeoutCause(ctx, hooks.Timeout, fmt.Errorf("it did not end within hooks.timeout, %s", hooks.Timeout))
	defer cancel()
	err := command.Command{
		Shell: line, Dir: d.Config.Dir, Env: slices.Concat(d.Environ, d.hookVariables(w, name, seq)), Mask: d.Secrets.String, Hurry: d.Hurry,
		OnLine: func(_ command.Stream, line string) {
			d.Events.Emit(events.Event{Kind: events.LogLine, Step: name, Text: line})
		},
	}.Run(limited)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return err
	}
	return &HookError{Hook: name, Err: err}
}

func (d *drive) hookVariables(w World, name string, seq int) []string {
	r := w.History.rollout(seq)
	out := []string{
		"HADDOCK_HOOK=" + name, "HADDOCK_SERVICE=" + d.key.Service, "HADDOCK_ENV=" + d.key.Env,
		"HADDOCK_BY=" + d.By, "HADDOCK_SEQ=" + strconv.Itoa(seq), "HADDOCK_REASON=" + r.back.Text,
	}
	facts := d.facts
	if r.begun.Release != nil {
		facts = *r.begun.Release
	}
	out = append(
		out, "HADDOCK_VERSION="+facts.Version, "HADDOCK_IMAGE="+facts.Image, "HADDOCK_TAG="+facts.Tag,
		"HADDOCK_COMMIT="+facts.Commit, "HADDOCK_BRANCH="+facts.Branch, "HADDOCK_BUILD="+facts.Build, "HADDOCK_BUILD_URL="+facts.URL)
	for _, one := range w.seats() {
		if one.Seq != seq && one.takes() {
			return append(out, "HADDOCK_OLD_VERSION="+one.Version, "HADDOCK_OLD_IMAGE="+one.Image)
		}
	}
	return append(out, "HADDOCK_OLD_VERSION=", "HADDOCK_OLD_IMAGE=")
}
