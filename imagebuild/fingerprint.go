package imagebuild

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"sync"

	"github.com/tonistiigi/fsutil"
)

// A fingerprint is the hash of a file's content, taken once.
type fingerprint struct {
	size, modTime int64 // as the file had them; they tell that it is another one

	once   sync.Once
	sum    [sha256.Size]byte
	length int64 // of what was hashed
	err    error
}

func (fp *fingerprint) read(files fsutil.FS, path string) error {
	fp.once.Do(func() {
		f, err := files.Open(path)
		if err != nil {
			fp.err = err
			return
		}
		defer f.Close()
		h := sha256.New()
		if fp.length, fp.err = io.Copy(h, f); fp.err == nil {
			h.Sum(fp.sum[:0])
		}
	})
	return fp.err
}

// errChanged ends a walk, or the sending of a file, that finds other files than
// the walk before.
var errChanged = errors.New("the files changed since they were hashed")

// sending is a file on its way to the engine. Its end is an error when the
// content was not the one that its time stands for.
type sending struct {
	io.ReadCloser

	sender *sender
	path   string
	fp     *fingerprint
	hash   hash.Hash
}

func (f *sending) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	f.sender.sent.Add(int64(n))
	f.hash.Write(p[:n])
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	if sum := [sha256.Size]byte(f.hash.Sum(nil)); f.fp == nil || sum != f.fp.sum {
		return n, f.sender.differs(f.path)
	}
	return n, io.EOF
}
