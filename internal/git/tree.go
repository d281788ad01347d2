package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// How a tree's files were found.
const (
	ByGit     = "git"     // tracked, and untracked but not ignored
	ByContent = "content" // everything in the folder: without git nothing tells source from build output
)

// A Tree is the content of the project's files at one moment. Times and owners
// do not count.
type Tree struct {
	Hash   string            // git's tree id of the files as they lie on disk
	Method string            // ByGit or ByContent
	Files  map[string]string // shortened id and kind by slash-separated path
}

// HashTree reads the project's files: tracked and untracked but not ignored,
// without .pipeline/. We hash them ourselves instead of filling a temporary
// index: no object, lock or filter program touches the repository, and what
// counts are the bytes that the tests saw. For a clean checkout without
// filters and submodules the hash is that of HEAD's tree. Files of submodules
// and nested repositories count as files of the project.
func HashTree(ctx context.Context, dir string) (Tree, error) {
	files, err := projectFiles(ctx, dir, "")
	method := ByGit
	if errors.Is(err, ErrNone) || (err == nil && len(files) == 0) {
		method = ByContent
		files, err = allFiles(ctx, dir)
	}
	if err != nil {
		return Tree{}, fmt.Errorf("list the project's files: %w", err)
	}
	tree, err := hashFiles(ctx, dir, files)
	if err != nil {
		return Tree{}, fmt.Errorf("read the project's files: %w", err)
	}
	tree.Method = method
	return tree, nil
}

// ChangedSince lists the files of an earlier tree that are changed or gone by
// now, in order. New files do not count: a build may make them.
func (t Tree) ChangedSince(before Tree) []string {
	var names []string
	for name, id := range before.Files {
		if t.Files[name] != id {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// HashPath identifies the content of a file, or of all that a folder holds.
func HashPath(ctx context.Context, name string) ([]byte, error) {
	b, err := hashFile(name)
	if err != nil || b.id != nil {
		return b.id, err
	}
	files, err := allFiles(ctx, name)
	if err != nil {
		return nil, err
	}
	tree, err := hashFiles(ctx, name, files)
	return []byte(tree.Hash), err
}

// Tracked are those of the files, relative to the project's folder, that git
// keeps; none without git.
func Tracked(ctx context.Context, dir string, files []string) ([]string, error) {
	out, err := in(dir).output(ctx, append([]string{"ls-files", "-z", "--"}, files...)...)
	if errors.Is(err, ErrNone) {
		return nil, nil
	}
	return strings.Split(string(out), "\x00"), err
}

// projectFiles lists what git counts to the project, prefix in front.
func projectFiles(ctx context.Context, dir, prefix string) ([]string, error) {
	out, err := in(dir).output(ctx, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	var files []string
	for raw := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte("\n")), []byte{0}) {
		name := string(bytes.TrimSuffix(raw, []byte("/")))
		if name == "" || (prefix == "" && (name == ours || strings.HasPrefix(name, ours+"/"))) {
			continue
		}
		full := filepath.Join(dir, filepath.FromSlash(name))
		info, err := os.Lstat(full)
		switch {
		case err != nil: // removed, but still in the index
			continue
		case !info.IsDir():
			files = append(files, path.Join(prefix, name))
			continue
		}
		if _, err := os.Lstat(filepath.Join(full, ".git")); err != nil {
			continue // a submodule that is not checked out
		}
		nested, err := projectFiles(ctx, full, path.Join(prefix, name))
		if err != nil {
			return nil, err
		}
		files = append(files, nested...)
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// allFiles lists the folder without git's help.
func allFiles(ctx context.Context, dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == ".git" || entry.Name() == ours) {
			return filepath.SkipDir
		}
		if entry.Type().IsRegular() || entry.Type()&fs.ModeSymlink != 0 {
			rel, err := filepath.Rel(dir, name)
			if err != nil {
				return err
			}
			files = append(files, filepath.ToSlash(rel))
		}
		return context.Cause(ctx)
	})
	slices.Sort(files)
	return files, err
}
