package imagebuild

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// neverSent is left out of every context, whatever .dockerignore says: it is
// our own folder, it changes while we build, and it may hold passwords.
const neverSent = "**/.pipeline"

// gitFolder is sent, but not hashed.
const gitFolder = ".git"

// A Context is the set of files that an image is built from: a folder without
// what its ignore file leaves out, and the Dockerfile. It is for one build:
// once it is hashed, a file that is changed or new ends Hash and Build with a
// *BuildError.
type Context struct {
	Dir        string // absolute
	Dockerfile string // absolute; may be outside Dir
	IgnoreFile string // absolute; empty when there is none

	recipe   []byte   // the Dockerfile's text, so that what is explained is what was sent
	patterns []string // of the ignore file, and our own
	sender   *sender  // hashes each file once, for Hash and Build
}

// OpenContext reads the Dockerfile and the ignore file of a build:
// <Dockerfile>.dockerignore when there is one, else .dockerignore in the
// folder. A relative dockerfile is relative to the current folder; empty means
// Dockerfile in dir. A missing folder or Dockerfile is a *BuildError.
func OpenContext(dir, dockerfile string) (*Context, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open build context: %w", err)
	}
	if dockerfile == "" {
		dockerfile = filepath.Join(dir, "Dockerfile")
	}
	dockerfile, err = filepath.Abs(dockerfile)
	if err != nil {
		return nil, fmt.Errorf("open build context: %w", err)
	}
	c := &Context{Dir: dir, Dockerfile: dockerfile}
	if info, err := os.Stat(dir); err != nil {
		return nil, c.missing("build context", dir, err)
	} else if !info.IsDir() {
		return nil, &BuildError{Dockerfile: dockerfile, Reason: "build context " + dir + " is not a folder"}
	}
	if c.recipe, err = os.ReadFile(dockerfile); err != nil {
		return nil, c.missing("Dockerfile", dockerfile, err)
	}
	if err := c.readIgnoreFile(); err != nil {
		return nil, err
	}
	base, err := fsutil.NewFS(dir)
	if err != nil {
		return nil, fmt.Errorf("open build context %s: %w", dir, err)
	}
	c.sender = newSender(base, &fsutil.FilterOpt{ExcludePatterns: c.patterns})
	if _, err := fsutil.NewFilterFS(base, c.sender.filter); err != nil {
		return nil, &BuildError{Dockerfile: dockerfile, Reason: "cannot use " + filepath.Base(c.IgnoreFile), Err: err}
	}
	return c, nil
}

func (c *Context) missing(what, path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &BuildError{Dockerfile: c.Dockerfile, Reason: what + " " + path + " does not exist", Err: err}
	}
	return &BuildError{Dockerfile: c.Dockerfile, Reason: "cannot read " + what, Err: err}
}

func (c *Context) readIgnoreFile() error {
	for _, path := range []string{c.Dockerfile + ".dockerignore", filepath.Join(c.Dir, ".dockerignore")} {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			c.patterns, err = ignorefile.ReadAll(bytes.NewReader(data))
		}
		if err != nil {
			return &BuildError{Dockerfile: c.Dockerfile, Reason: "cannot read " + path, Err: err}
		}
		c.IgnoreFile = path
		break
	}
	c.patterns = append(c.patterns, neverSent)
	return nil
}

// Hash returns one hash of all that would be sent, and the hash of each file:
// contents, the x bit and where links point, by slash-separated path; no times,
// no owners. Folders count as well, since an empty one would be copied.
//
// Two things are in no hash: .pipeline, which is never sent, and .git, which
// reading it may change and whose commit is compared by other means. A
// Dockerfile that is outside the folder or ignored is listed as "Dockerfile".
func (c *Context) Hash(ctx context.Context) (string, map[string]string, error) {
	paths := map[string]string{}
	err := c.sender.Walk(ctx, "/", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if filepath.Base(path) == gitFolder {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*types.Stat)
		if !ok {
			return fmt.Errorf("read %s: no file status", path)
		}
		paths[filepath.ToSlash(path)] = c.sender.describe(path, stat)
		return nil
	})
	if changed := c.changed(); changed != nil && ctx.Err() == nil {
		return "", nil, changed
	}
	if err != nil {
		return "", nil, fmt.Errorf("hash build context %s: %w", c.Dir, cause(ctx, err))
	}
	c.sender.mu.Lock()
	c.sender.hashed = maps.Clone(paths)
	c.sender.mu.Unlock()
	name, err := filepath.Rel(c.Dir, c.Dockerfile)
	if err != nil || paths[filepath.ToSlash(name)] == "" {
		sum := sha256.Sum256(c.recipe)
		paths["Dockerfile"] = "f:" + hex.EncodeToString(sum[:])
	}
	return combine(paths), paths, nil
}

// changed is the error of a build that was sent a file which had changed since
// it was hashed; nil when none had.
func (c *Context) changed() error {
	c.sender.mu.Lock()
	defer c.sender.mu.Unlock()
	if c.sender.changed == "" {
		return nil
	}
	return &BuildError{
		Dockerfile: c.Dockerfile, Reason: c.sender.changed + " changed while the image was built",
		Hint: "end what writes it; if the image does not need it, name it in .dockerignore",
	}
}

func (c *Context) stopWhenChanged(stop func()) {
	c.sender.mu.Lock()
	defer c.sender.mu.Unlock()
	c.sender.stop = stop
}

func combine(paths map[string]string) string {
	names := make([]string, 0, len(paths))
	for name := range paths {
		names = append(names, name)
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		fmt.Fprintf(sum, "%q %s\n", name, paths[name])
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// ignoreText is the ignore file that the engine is shown: exactly what is
// applied here, so that it does not add another one to it.
func (c *Context) ignoreText() []byte {
	return []byte(strings.Join(c.patterns, "\n") + "\n")
}
