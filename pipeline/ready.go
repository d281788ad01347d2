package pipeline

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/git"
	"github.com/haddock-ci/pipeline/internal/watchdog"
	"github.com/haddock-ci/pipeline/registry"
)

// Ready is what was found and checked before the first side effect outside of
// .pipeline. Close it at the end of the run.
type Ready struct {
	engine      *engine.Engine    // nil when nothing chosen needs one
	labels      map[string]string // on everything the run creates
	sysScripts  []string          // absolute, in running order; run as SYS
	initScripts []string          // the same, run as the schema's user
	log         *Log              // the database's
	version     Version
	git         git.Status
	repository  *registry.Repository
	keys        *registry.Keychain
	rebuild     bool        // from nothing: no cache of the engine
	files       *buildFiles // being hashed; nil when they are still to change
	endHashing  func()
}

// Close ends the connection to the engine, the database's log, and what is
// still being hashed.
func (r *Ready) Close() error {
	var err error
	if r.endHashing != nil {
		r.endHashing()
	}
	if r.log != nil {
		err = r.log.Close()
	}
	if r.engine != nil {
		err = errors.Join(err, r.engine.Close())
	}
	return err
}

// prepare finds everything that would make the run fail later: it reads, and
// starts only the watchdog that would tidy up after us.
func (r *run) prepare(ctx context.Context, sink events.Sink, _ []Stage) (_ *Ready, err error) {
	ready := &Ready{}
	defer func() {
		if err != nil {
			err = errors.Join(err, ready.Close())
		}
	}()
	if ready.git, err = git.Read(ctx, r.cfg.Dir); err != nil && !errors.Is(err, git.ErrNone) {
		return nil, err
	}
	if r.wants(StageDeploy) {
		if err := r.mayDeploy(ready.git); err != nil {
			return nil, err
		}
	}
	if !r.wants(StageITest, StageImage) {
		return ready, nil
	}
	if ready.initScripts, err = r.cfg.initScripts(); err != nil {
		return nil, err
	}
	if ready.sysScripts, err = r.cfg.sysScripts(); err != nil {
		return nil, err
	}
	if text := r.noDockerfile(); text != "" {
		sink.Warn(text)
	}
	if r.wants(StageImage) { // it would fail when the tests are done
		if _, err := r.buildSecrets(); err != nil {
			return nil, err
		}
	}
	ready.files, ready.endHashing = r.hashEarly(ctx)
	if err := r.meet(ctx, ready); err != nil {
		return nil, err
	}
	if ready.engine == nil {
		return ready, nil
	}
	if err := r.sweep(ctx, sink, ready.engine); err != nil {
		return nil, err
	}
	if r.wants(StageITest) {
		return ready, r.watch(ctx, ready)
	}
	return ready, nil
}

// noDockerfile says that the image's Dockerfile is missing; empty when it is
// there, or none is needed.
func (r *run) noDockerfile() string {
	if _, err := os.Stat(r.cfg.dockerfile()); err == nil || r.cfg.Image.Repository == "" || r.cfg.Image.Mode == modeLayers {
		return ""
	}
	return fmt.Sprintf("there is no %s; the image cannot be built unless the build's commands make it", r.relative(r.cfg.dockerfile()))
}

// meet asks the engine and the registry side by side whether they would do
// their part, before the first minute is spent.
func (r *run) meet(ctx context.Context, ready *Ready) error {
	engineMet := make(chan error, 1)
	go func() { engineMet <- r.prepareEngine(ctx, ready) }()
	var err error
	if r.wants(StageImage) {
		err = r.prepareRelease(ctx, ready)
	}
	if without := <-engineMet; without != nil {
		return without // what else is wrong can be told when there is an engine
	}
	return err
}

// prepareEngine connects to the engine, if one is needed, and asks whether it
// could build.
func (r *run) prepareEngine(ctx context.Context, ready *Ready) (err error) {
	if !r.usesEngine() {
		return nil
	}
	if ready.engine, err = engine.Connect(ctx); err != nil {
		return err
	}
	if !r.wants(StageImage) || r.cfg.Image.Mode == modeLayers {
		return nil
	}
	bk, err := ready.engine.BuildKit(ctx)
	if err != nil {
		return err
	}
	_ = bk.Close() // asked nothing but whether it is there
	return nil
}

// prepareRelease resolves the version, and asks the registry whether the
// release could be pushed.
func (r *run) prepareRelease(ctx context.Context, ready *Ready) (err error) {
	if ready.version, err = r.cfg.ResolveVersion(ctx); err != nil {
		return err
	}
	if r.cfg.Image.Reproducible && ready.git.Commit == "" {
		return &UsageError{"image.reproducible: the project has no commit in git, whose time would be the image's"}
	}
	if err := r.openRepository(ctx, ready); err != nil {
		return err
	}
	push := registry.Push{Revision: ready.git.Revision(), Untested: r.set.AllowUntested}
	if ready.git.NamesTree(r.set.CI.Number) { // else the tag is known when the tree has been tested, and is free for all others
		push.Tag = r.releaseTag(ready, "")
	}
	_, err = ready.repository.Preflight(ctx, push)
	return err
}

// releaseTag is the unique tag of this build; tree is the hash of its files where
// neither commit nor build number says which they are.
func (r *run) releaseTag(ready *Ready, tree string) string {
	return uniqueTag(ready.version.Text, r.set.CI.Number, ready.git.Short, ready.git.Dirty, tree)
}

// openRepository finds the login for where the release goes.
func (r *run) openRepository(ctx context.Context, ready *Ready) (err error) {
	host, _, _ := strings.Cut(r.cfg.Image.Repository, "/")
	ready.keys, err = registry.NewKeychain(registry.Credentials{
		Host: host, UserEnv: r.cfg.Registry.UserEnv, PasswordEnv: r.cfg.Registry.PasswordEnv,
		Lookup: r.value,
	})
	if err != nil {
		return err
	}
	ready.repository, err = registry.Open(ctx, r.cfg.Image.Repository, r.cfg.Registry.Insecure, ready.keys)
	if err == nil {
		ready.repository.Locks = r.locksDir()
	}
	return err
}

// sweep removes what runs that were killed on this machine left behind.
func (r *run) sweep(ctx context.Context, sink events.Sink, eng *engine.Engine) error {
	removed, err := eng.Sweep(ctx, engine.Host())
	if !removed.Empty() {
		sink.Warn("removed what a killed run had left: " + removed.String())
	}
	return err
}

// watch starts the watchdog: it removes the database when this process can no
// longer do it.
func (r *run) watch(ctx context.Context, ready *Ready) error {
	deadline := time.Now().Add(r.cfg.Oracle.Timeout + r.cfg.Build.Timeout + time.Hour)
	own, err := engine.Own(r.outcome.RunID, r.set.CI.Key, deadline)
	if err != nil {
		return err
	}
	if r.set.KeepDatabase { // it may outlive us; until its deadline no sweep takes it then
		own.OwnerPID, own.OwnerStart = 0, ""
	}
	ready.labels = own.Labels()
	r.watchdog, err = watchdog.Start(ctx, watchdog.Config{
		RunID: own.RunID, Deadline: own.Deadline, Engine: ready.engine.Environ(),
	})
	return err
}

// mayDeploy refuses what must never reach production.
func (r *run) mayDeploy(project git.Status) error {
	if project.Dirty {
		return &UsageError{"deploy: the tree has changes that are not committed; commit them first"}
	}
	if r.set.CI.PullRequest {
		return &UsageError{"deploy: this is the build of a pull request; only a branch's build may deploy"}
	}
	return nil
}

// lookup reads a variable of the process's environment.
func (r *run) lookup(name string) (string, bool) {
	for _, pair := range slices.Backward(r.set.Environ) {
		if key, value, ok := strings.Cut(pair, "="); ok && key == name {
			return value, true
		}
	}
	return "", false
}

// value reads a variable of the process's environment; empty when it is not there.
func (r *run) value(name string) string {
	value, _ := r.lookup(name)
	return value
}

// newRunID names a run: the CI system's key for the build, so that it can be
// found again, and a few random letters, so that no two runs share it.
func newRunID(ciKey string) string {
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails: it ends the program instead
	if ciKey == "" {
		ciKey = "local"
	}
	return ciKey + "-" + hex.EncodeToString(random)
}

// contextDir is the absolute path of the image's build context.
func (c Config) contextDir() string { return filepath.Join(c.Dir, filepath.FromSlash(c.Image.Context)) }

// dockerfile is the absolute path of the image's Dockerfile.
func (c Config) dockerfile() string {
	return filepath.Join(c.Dir, filepath.FromSlash(c.Image.Dockerfile))
}
