package pipeline

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// How a tree's files were found.
const (
	ByGit     = "git"     // tracked, and untracked but not ignored
	ByContent = "content" // everything in the folder: without git nothing tells source from build output
)

// idLength is how much of a file's id is kept to name the files that differ;
// the tree's hash holds them whole.
const idLength = 16

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
	if errors.Is(err, ErrNoGit) || (err == nil && len(files) == 0) {
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

// projectFiles lists what git counts to the project, prefix in front.
func projectFiles(ctx context.Context, dir, prefix string) ([]string, error) {
	out, err := gitIn(dir).output(ctx, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	var files []string
	for raw := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte("\n")), []byte{0}) {
		name := string(bytes.TrimSuffix(raw, []byte("/")))
		if name == "" || (prefix == "" && (name == ".pipeline" || strings.HasPrefix(name, ".pipeline/"))) {
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
		if entry.IsDir() && (entry.Name() == ".git" || entry.Name() == ".pipeline") {
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

// blob is one file as git keeps it.
type blob struct {
	mode string
	id   []byte
}

// hashFiles reads the files, several at a time. A file that is gone by now is
// left out, as if it had never been there.
func hashFiles(ctx context.Context, dir string, files []string) (Tree, error) {
	var mu sync.Mutex
	blobs := make(map[string]blob, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for chunk := range slices.Chunk(files, 64) {
		group.Go(func() error {
			for _, name := range chunk {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				b, err := hashFile(filepath.Join(dir, filepath.FromSlash(name)))
				switch {
				case errors.Is(err, fs.ErrNotExist) || (err == nil && b.id == nil):
					continue
				case err != nil:
					return err
				}
				mu.Lock()
				blobs[name] = b
				mu.Unlock()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return Tree{}, err
	}
	t := Tree{Hash: hex.EncodeToString(folderOf(blobs).id()), Files: make(map[string]string, len(blobs))}
	for name, b := range blobs {
		t.Files[name] = b.mode[3:] + ":" + hex.EncodeToString(b.id)[:idLength]
	}
	return t, nil
}

// hashFile gives no id for what is neither a file nor a symbolic link.
func hashFile(name string) (blob, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return blob{}, err
	}
	hash := sha1.New()
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(name)
		if err != nil {
			return blob{}, err
		}
		fmt.Fprintf(hash, "blob %d\x00%s", len(target), filepath.ToSlash(target))
		return blob{"120000", hash.Sum(nil)}, nil
	case !info.Mode().IsRegular():
		return blob{}, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return blob{}, err
	}
	defer func() { _ = f.Close() }() // only read from
	fmt.Fprintf(hash, "blob %d\x00", info.Size())
	n, err := io.Copy(hash, f)
	if err != nil {
		return blob{}, err
	}
	if n != info.Size() {
		return blob{}, fmt.Errorf("%s changed while it was read", name)
	}
	mode := "100644"
	if info.Mode()&0o100 != 0 {
		mode = "100755"
	}
	return blob{mode, hash.Sum(nil)}, nil
}

// folder is a tree object in the making.
type folder struct {
	files   map[string]blob
	folders map[string]*folder
}

func folderOf(blobs map[string]blob) *folder {
	root := &folder{map[string]blob{}, map[string]*folder{}}
	for name, b := range blobs {
		at := root
		parts := strings.Split(name, "/")
		for _, part := range parts[:len(parts)-1] {
			next := at.folders[part]
			if next == nil {
				next = &folder{map[string]blob{}, map[string]*folder{}}
				at.folders[part] = next
			}
			at = next
		}
		at.files[parts[len(parts)-1]] = b
	}
	return root
}

// id is the folder's tree id. Git sorts a folder as if its name ended with /.
func (f *folder) id() []byte {
	entries := make(map[string]string, len(f.files)+len(f.folders))
	for name, b := range f.files {
		entries[name] = b.mode + " " + name + "\x00" + string(b.id)
	}
	for name, sub := range f.folders {
		entries[name+"/"] = "40000 " + name + "\x00" + string(sub.id())
	}
	names := make([]string, 0, len(entries))
	for name := range entries {
		names = append(names, name)
	}
	slices.Sort(names)
	var body bytes.Buffer
	for _, name := range names {
		body.WriteString(entries[name])
	}
	hash := sha1.New()
	fmt.Fprintf(hash, "tree %d\x00", body.Len())
	hash.Write(body.Bytes())
	return hash.Sum(nil)
}
