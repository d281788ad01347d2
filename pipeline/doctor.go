package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/git"
	"github.com/haddock-ci/pipeline/registry"
)

// examineLimit is how long doctor waits for an answer from around the project.
const examineLimit = 2500 * time.Millisecond

// What a database in a container needs of its engine.
const (
	scarceMemory = 2 << 30
	enoughMemory = 3 << 30
	scarceDisk   = 2 << 30
	enoughDisk   = 10 << 30
)

// maxSkew is how wrong the clock may be: tokens are good for minutes.
const maxSkew = time.Minute

// A Finding is what Examine says about one precondition of a run.
type Finding struct {
	Subject string // engine, memory, disk, database image, registry, clock, secrets, git, Dockerfile, folder, or a program
	Text    string // what was found, or what is wrong
	Doubt   bool   // a run may still succeed
	Err     error  // why no run can succeed; nil when all is well or in doubt
	Fix     string // a command that mends it; empty when there is none, or Err says enough
}

func good(subject, format string, args ...any) Finding {
	return Finding{Subject: subject, Text: fmt.Sprintf(format, args...)}
}

func doubtful(subject, fix, format string, args ...any) Finding {
	return Finding{Subject: subject, Text: fmt.Sprintf(format, args...), Doubt: true, Fix: fix}
}

func bad(subject string, err error, fix string) Finding {
	return Finding{Subject: subject, Text: err.Error(), Err: err, Fix: fix}
}

// Examine looks at everything around the project that a run needs, all at the
// same time, and starts and changes nothing but an upload to the registry that
// it takes back at once. It returns within three seconds: who has not answered
// by then is at fault. The findings are in a fixed order.
func Examine(ctx context.Context, cfg Config, set Settings) []Finding {
	ctx, cancel := context.WithTimeoutCause(ctx, examineLimit, errNoAnswer)
	defer cancel()
	r := &run{cfg: cfg, set: set}
	short := r.learnSecrets()
	secrets := func(context.Context) []Finding { return r.examineSecrets(short) }
	groups := []func(context.Context) []Finding{
		r.examineEngine, r.examineDatabaseImage, r.examineRegistry, secrets, r.examinePrograms, r.examineGit, r.examineFolder,
	}
	found := make([][]Finding, len(groups))
	var wait sync.WaitGroup
	for i, examine := range groups {
		wait.Go(func() { found[i] = examine(ctx) })
	}
	wait.Wait()
	var all []Finding
	for _, findings := range found {
		all = append(all, findings...)
	}
	return all
}

var errNoAnswer = fmt.Errorf("no answer within %v", examineLimit)

// examineEngine looks at the engine and what it has to work with.
func (r *run) examineEngine(ctx context.Context) []Finding {
	if r.cfg.Oracle.Image == "" && r.cfg.Image.Mode == modeLayers {
		return []Finding{good("engine", "none is needed")}
	}
	eng, err := engine.Connect(ctx)
	if err != nil {
		return []Finding{bad("engine", err, "")}
	}
	defer func() { _ = eng.Close() }() // only asked
	at := good("engine", "Docker %s (API %s) at %s", eng.Version, eng.API, eng.Endpoint)
	if r.cfg.Image.Repository != "" && r.cfg.Image.Mode != modeLayers {
		bk, err := eng.BuildKit(ctx)
		if err != nil {
			return []Finding{at, bad("builder", err, "")}
		}
		_ = bk.Close() // asked nothing but whether it is there
	}
	info, err := eng.Info(ctx)
	if err != nil {
		return []Finding{at, bad("memory", err, "")}
	}
	return []Finding{at, r.examineMemory(info), r.examineDisk(ctx, eng)}
}

func (r *run) examineMemory(info engine.Info) Finding {
	text := fmt.Sprintf("%.1f GB and %d processors", float64(info.Memory)/(1<<30), info.CPUs)
	switch {
	case r.cfg.Oracle.Image == "" || info.Memory >= enoughMemory:
		return good("memory", "%s", text)
	case info.Memory >= scarceMemory:
		return doubtful("memory", "", "%s; an Oracle database is slow below 3 GB", text)
	}
	return bad("memory", fmt.Errorf("%s; an Oracle database needs at least 2 GB", text), "")
}

func (r *run) examineDisk(ctx context.Context, eng *engine.Engine) Finding {
	const look = "docker system df"
	free, known, err := eng.FreeDisk(ctx)
	text := fmt.Sprintf("%.1f GB are free for the engine", float64(free)/(1<<30))
	switch {
	case err != nil:
		return bad("disk", err, "")
	case !known:
		return good("disk", "not known: the engine keeps its images elsewhere")
	case free >= enoughDisk:
		return good("disk", "%s", text)
	case free >= scarceDisk:
		return doubtful("disk", look, "%s; an Oracle image and its database take up to 10 GB", text)
	}
	return bad("disk", errors.New(text), look)
}

// examineDatabaseImage asks the engine for the image, and its registry when the
// engine has to fetch it.
func (r *run) examineDatabaseImage(ctx context.Context) []Finding {
	const subject = "database image"
	name := r.cfg.Oracle.Image
	if name == "" {
		return nil
	}
	eng, err := engine.Connect(ctx)
	if err != nil {
		return nil // told as the engine's fault
	}
	defer func() { _ = eng.Close() }() // only asked
	image, err := eng.Image(ctx, name)
	if err == nil {
		return []Finding{good(subject, "%s is there (%.1f GB)", name, float64(image.Size)/1e9)}
	}
	if !errors.Is(err, engine.ErrNotFound) {
		return []Finding{bad(subject, err, "")}
	}
	keys, err := registry.NewKeychain(registry.Credentials{Lookup: r.value})
	if err != nil {
		return []Finding{bad(subject, err, "")}
	}
	size, err := registry.SizeOf(ctx, name, keys)
	if err != nil {
		return []Finding{bad(subject, fmt.Errorf("the engine does not have it, and %w", err), "docker pull "+name)}
	}
	return []Finding{doubtful(subject, "docker pull "+name, "%s is not on this engine yet; the first run fetches %.1f GB", name, float64(size)/1e9)}
}

// examineRegistry asks whether a release could be pushed, and what time it is.
func (r *run) examineRegistry(ctx context.Context) []Finding {
	const subject = "registry"
	if r.cfg.Image.Repository == "" {
		return nil
	}
	ready := &Ready{}
	err := r.openRepository(ctx, ready)
	if err == nil {
		_, err = ready.repository.Preflight(ctx, registry.Push{})
	}
	if err != nil {
		return []Finding{bad(subject, err, "")}
	}
	found := []Finding{good(subject, "%s takes pushes to %s", ready.repository.Registry, r.cfg.Image.Repository)}
	switch skew, err := ready.repository.Skew(ctx); {
	case err != nil:
		return append(found, doubtful("clock", "", "the registry does not say what time it is: %v", err))
	case skew.Abs() > maxSkew:
		return append(found, doubtful("clock", "timedatectl", "it is %v off the registry's; logins and certificates may be refused", skew.Abs()))
	}
	return append(found, good("clock", "agrees with the registry's"))
}

// examineSecrets speaks up about named secrets that are missing, or too short to
// be masked.
func (r *run) examineSecrets(short []string) []Finding {
	var found []Finding
	if _, err := r.buildSecrets(); err != nil {
		found = append(found, bad("secrets", err, ""))
	}
	for _, text := range short {
		found = append(found, doubtful("secrets", "", "%s", text))
	}
	return found
}

// examineGit looks at what the version and the proof are made from.
func (r *run) examineGit(ctx context.Context) []Finding {
	project, err := git.Read(ctx, r.cfg.Dir)
	switch {
	case errors.Is(err, git.ErrNone):
		return []Finding{doubtful("git", "git init", "the project is not under git; an image can only be built with --allow-untested")}
	case err != nil:
		return []Finding{bad("git", err, "")}
	case project.Commit == "":
		return []Finding{doubtful("git", "git commit", "there is no commit yet")}
	case project.Shallow && r.cfg.Version.Git != "":
		return []Finding{doubtful("git", "git fetch --unshallow --tags", "the clone is shallow and may lack the tag that the version comes from")}
	case project.Dirty:
		return []Finding{doubtful("git", "git status", "the tree has changes that are not committed; its image is marked -dirty")}
	}
	return []Finding{good("git", "commit %s, no changes", project.Short)}
}

// examineFolder looks for the Dockerfile, and asks whether a run may write where
// it leaves its results.
func (r *run) examineFolder(context.Context) []Finding {
	dir := filepath.Join(r.cfg.Dir, WorkdirName)
	var found []Finding
	if text := r.noDockerfile(); text != "" {
		found = append(found, doubtful("Dockerfile", "", "%s", text))
	}
	err := unix.Access(dir, unix.W_OK)
	if errors.Is(err, unix.ENOENT) {
		dir = r.cfg.Dir
		err = unix.Access(dir, unix.W_OK)
	}
	if err != nil {
		return append(found, bad("folder", fmt.Errorf("%s cannot be written: %w", r.relative(dir), err), `sudo chown -R "$USER" .`))
	}
	return append(found, good("folder", "%s can be written", r.relative(dir)))
}
