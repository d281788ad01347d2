package git

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
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// idLength is how much of a file's id is kept to name the files that differ;
// the tree's hash holds them whole.
const idLength = 16

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
