package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/haddock-ci/pipeline/haddock"
	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/registry"
)

// The exit statuses; README and --help explain them.
const (
	statusBad          = 1 // haddock took a bad instance back, a hook failed
	statusUsage        = 2 // usage, configuration, require
	statusSurroundings = 3 // engine, HAProxy, ssh, registry, lock, slots
)

// report prints why the program failed and returns its exit status.
func (a *app) report(err error) int {
	status, hint := explain(err)
	fmt.Fprintf(a.stderr, "haddock: error: %s\n", a.secrets.String(sentence(err)))
	if bad, ok := errors.AsType[*haddock.AbortedError](err); ok && len(bad.Log) > 0 {
		fmt.Fprintf(a.stderr, "haddock: the last lines of its container:\n")
		for _, line := range bad.Log {
			fmt.Fprintf(a.stderr, "  | %s\n", line)
		}
	}
	if hint != "" {
		fmt.Fprintf(a.stderr, "haddock: hint: %s\n", a.withEnv(hint))
	}
	return status
}

// withEnv completes a command in a hint by the flags that the user gave.
func (a *app) withEnv(hint string) string {
	if a.env == "" {
		return strings.ReplaceAll(hint, "{env}", "")
	}
	return strings.ReplaceAll(hint, "{env}", " --env "+a.env)
}

// sentence is the error on one line, except for a list of faults, which keeps
// its lines.
func sentence(err error) string {
	if faults, ok := errors.AsType[haddock.Faults](err); ok {
		return "the configuration has faults\n" + faults.Error()
	}
	return strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")
}

// explain is the one place that knows every hint and every exit status.
func explain(err error) (status int, hint string) {
	if e, ok := errors.AsType[*interrupted](err); ok {
		return e.Status, resumable(err)
	}
	if status, hint := explainUsage(err); status != 0 {
		return status, hint
	}
	if status, hint := explainRollout(err); status != 0 {
		return status, hint
	}
	if hint := explainSurroundings(err); hint != "" {
		return statusSurroundings, hint
	}
	return statusSurroundings, resumable(err)
}

// resumable is the command that carries on with a roll-out that was left.
func resumable(err error) string {
	if e, ok := errors.AsType[*haddock.StoppedError](err); ok && e.Resume {
		return "carry on: haddock resume{env}   (or take it back: haddock rollback{env})"
	}
	return ""
}

// explainUsage knows what the user has to write differently.
func explainUsage(err error) (status int, hint string) {
	switch {
	case is[haddock.Faults](err), is[*program.UsageError](err), is[*haddock.UnknownEnvironmentError](err), errors.Is(err, host.ErrTarget),
		is[*haddock.ConfigError](err):
		return statusUsage, ""
	case is[*haddock.RequireError](err):
		return statusUsage, "environments.<name>.require in haddock.yaml says what is taken"
	case is[*haddock.NothingError](err):
		return statusUsage, "see what runs: haddock status{env}"
	case errors.Is(err, registry.ErrCredentials):
		return statusUsage, ""
	}
	return 0, ""
}

// explainRollout knows what a roll-out may come to.
func explainRollout(err error) (status int, hint string) {
	if e, ok := errors.AsType[*haddock.AbortedError](err); ok {
		if !e.Gone {
			return statusBad, "when its sessions have ended, remove it: haddock resume{env}"
		}
		return statusBad, ""
	}
	switch {
	case is[*haddock.HookError](err), is[*haddock.TakenBackError](err):
		return statusBad, ""
	case is[*haddock.UnfinishedError](err):
		return statusSurroundings, "carry on with it: haddock promote{env} or haddock resume{env}; or take it back: haddock rollback{env}"
	case is[*haddock.NoSlotError](err):
		return statusSurroundings, "wait until one has drained: haddock resume{env}; or give the service more slots: network.slots, haddock init{env}"
	case is[*haddock.OvertakenError](err):
		return statusSurroundings, "see what runs: haddock status{env}"
	}
	return 0, ""
}

// explainSurroundings knows what somebody has to mend around haddock.
func explainSurroundings(err error) (hint string) {
	if hint := foreignHint(err); hint != "" {
		return hint
	}
	switch {
	case errors.Is(err, haddock.ErrNotRoot):
		return "run it once as root, or by a login that may use sudo without a password; what it writes: haddock locator config{env}"
	case is[*host.HeldError](err):
		return "wait for it: --lock-wait 5m; break it when that process is gone for sure: --force-unlock"
	case is[*haddock.LocatorDownError](err), errors.Is(err, locator.ErrDown):
		return "see whether HAProxy runs on the locator's host, and whether its admin socket is where locator says; then: haddock resume{env}"
	case is[*locator.CommandError](err), errors.Is(err, locator.ErrReply):
		return "compare HAProxy with what haddock.yaml wants of it: haddock locator check{env}"
	case errors.Is(err, fs.ErrNotExist):
		return "make the host ready: haddock init{env}"
	case errors.Is(err, engine.ErrNoEngine):
		return "start Docker on the host, or correct engine in haddock.yaml"
	case errors.Is(err, engine.ErrPermission):
		return "let this user use Docker: sudo usermod -aG docker \"$USER\", then log in again"
	case errors.Is(err, host.ErrNoImage):
		return "was it pushed? the digest is in release.json"
	case errors.Is(err, host.ErrDenied):
		return "name the variables with the login in haddock.yaml: registry.userEnv, registry.passwordEnv"
	}
	return ""
}

// is reports whether err is, or wraps, an error of this type.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
