package imagebuild

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// sender shows the engine a file system in which a file's time is a function
// of its content, and nothing of this machine is left: no owner, no umask, no
// extended attributes, no hard links.
//
// The engine takes a file that it has seen before for unchanged when size and
// time are equal, and then builds from its old copy. Java builds make such
// files (fixed output timestamps, unpacked jars), so with real times an image
// can ship an old class. The other way round a fresh clone has new times
// everywhere, and all would be sent again. With the time made from the content
// both are right. Seconds change as well as nanoseconds, because only seconds
// reach the image, where web servers make their ETag from them.
//
// It hashes a file once, however often it is walked, and what is sent is
// compared with that hash: content under the time of another one would be the
// engine's wrong copy for ever.
type sender struct {
	files  fsutil.FS         // all of the folder
	filter *fsutil.FilterOpt // what is sent of it
	sent   atomic.Int64      // bytes of content that the engine asked for

	mu      sync.Mutex
	prints  map[string]*fingerprint
	hashed  map[string]string // what Context.Hash has found; nil before
	changed string            // the first file that was not the same again
	stop    func()            // ends the build for it; an engine may wait for ever for the rest of a file
}

func newSender(files fsutil.FS, filter *fsutil.FilterOpt) *sender {
	return &sender{files: files, filter: filter, prints: map[string]*fingerprint{}}
}

// Open opens a file for sending. It never fails: the receiver would take a
// file that cannot be opened for an empty one, but not one that cannot be read.
func (s *sender) Open(path string) (io.ReadCloser, error) {
	f, err := s.files.Open(path)
	if err != nil {
		f = io.NopCloser(strings.NewReader(""))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &sending{ReadCloser: f, sender: s, path: path, fp: s.prints[path], hash: sha256.New()}, nil
}

func (s *sender) normalise(path string, stat *types.Stat) (keep bool, err error) {
	mode, modTime := fs.FileMode(stat.Mode), stat.ModTime
	stat.Uid, stat.Gid, stat.Xattrs = 0, 0, nil
	stat.ModTime = timeOf(nil)
	switch {
	case mode.IsDir():
		stat.Mode = uint32(fs.ModeDir | 0o755)
	case mode&fs.ModeSymlink != 0:
		stat.Mode = uint32(fs.ModeSymlink | 0o777)
	case mode.IsRegular():
		stat.Linkname = "" // the second name of a file is a file of its own
		fp := s.fingerprint(path, stat.Size, modTime)
		err := fp.read(s.files, path)
		if errors.Is(err, syscall.ENXIO) { // a socket; fsutil calls it an empty file
			return false, nil
		}
		if err != nil {
			return false, err
		}
		stat.Size, stat.ModTime = fp.length, timeOf(fp.sum[:])
		stat.Mode = 0o644
		if mode&0o111 != 0 {
			stat.Mode = 0o755
		}
	default:
		return false, nil
	}
	return true, nil
}

// fingerprint is what is known of a file, or will be when it has been read: of
// the file as it is now, by size and time.
func (s *sender) fingerprint(path string, size, modTime int64) *fingerprint {
	s.mu.Lock()
	defer s.mu.Unlock()
	fp := s.prints[path]
	if fp == nil || fp.size != size || fp.modTime != modTime {
		fp = &fingerprint{size: size, modTime: modTime}
		s.prints[path] = fp
	}
	return fp
}

// describe is what a path counts in Context.Hash.
func (s *sender) describe(path string, stat *types.Stat) string {
	switch mode := fs.FileMode(stat.Mode); {
	case mode.IsDir():
		return "d"
	case mode&fs.ModeSymlink != 0:
		return "l:" + stat.Linkname
	default:
		s.mu.Lock()
		sum := s.prints[path].sum
		s.mu.Unlock()
		kind := "f:"
		if mode&0o111 != 0 {
			kind = "x:"
		}
		return kind + hex.EncodeToString(sum[:])
	}
}

// compare refuses a path that is not what Context.Hash has found, once it has.
func (s *sender) compare(path string, stat *types.Stat) error {
	name, now := filepath.ToSlash(path), s.describe(path, stat)
	s.mu.Lock()
	before, known := s.hashed[name]
	same := s.hashed == nil || (known && before == now) || slices.Contains(strings.Split(name, "/"), gitFolder)
	s.mu.Unlock()
	if same {
		return nil
	}
	return s.differs(name)
}

// differs notes which file was not the same again.
func (s *sender) differs(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = cmp.Or(s.changed, name)
	if s.stop != nil {
		s.stop()
	}
	return errChanged
}

// timeOf makes a time from a content hash: some second of the years 2000 to
// 2008, in the past for every build. Without a hash it is the first of them.
func timeOf(sum []byte) int64 {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	if sum == nil {
		return start.UnixNano()
	}
	seconds := binary.BigEndian.Uint32(sum) % (1 << 28)
	nanos := binary.BigEndian.Uint64(sum[4:]) % uint64(time.Second)
	return start.Add(time.Duration(seconds)*time.Second + time.Duration(nanos)).UnixNano()
}

// recipeFS is the folder in which the engine finds the Dockerfile and its
// ignore file: text in memory, so that an edit during the build changes
// nothing.
type recipeFS map[string][]byte

// Walk visits the files, or the one that is asked for.
func (r recipeFS) Walk(_ context.Context, target string, fn fs.WalkDirFunc) error {
	target = strings.Trim(target, "/.")
	for _, name := range []string{recipeName, recipeName + ".dockerignore"} {
		if target != "" && target != name {
			continue
		}
		sum := sha256.Sum256(r[name])
		stat := &types.Stat{Path: name, Mode: 0o644, Size: int64(len(r[name])), ModTime: timeOf(sum[:])}
		if err := fn(name, &fsutil.DirEntryInfo{Stat: stat}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Open opens one of the files.
func (r recipeFS) Open(path string) (io.ReadCloser, error) {
	data, ok := r[path]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}
