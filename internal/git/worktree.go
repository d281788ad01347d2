package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// ErrNoCommit says that the clone does not have a commit.
var ErrNoCommit = errors.New("this clone does not have the commit")

// A Worktree is a checkout of one commit, apart from the project's own folder.
type Worktree struct {
	Dir  string // the project's folder within it
	of   client
	root string
}

// AddWorktree checks the revision of the project in dir out into root, which
// must not be there yet. The error is ErrNoCommit when the clone lacks it.
func AddWorktree(ctx context.Context, dir, revision, root string) (*Worktree, error) {
	git := in(dir)
	if _, err := git.line(ctx, "rev-parse", "--verify", "-q", revision+"^{commit}"); err != nil {
		if ctx.Err() != nil || errors.Is(err, ErrNone) {
			return nil, err
		}
		return nil, ErrNoCommit
	}
	prefix, err := git.line(ctx, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, err
	}
	w := &Worktree{Dir: filepath.Join(root, filepath.FromSlash(prefix)), of: git, root: root}
	// A hook is the project's own program, which nobody has asked to run here.
	if _, err := git.output(ctx, "-c", "core.hooksPath="+os.DevNull, "worktree", "add", "-q", "--detach", root, revision); err != nil {
		return nil, errors.Join(err, w.Remove(ctx))
	}
	return w, nil
}

// Remove takes the checkout away again, also when ctx has ended.
func (w *Worktree) Remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	_, _ = w.of.output(ctx, "worktree", "remove", "--force", w.root) // what it leaves, the next lines take
	err := os.RemoveAll(w.root)
	_, _ = w.of.output(ctx, "worktree", "prune")
	return err
}
