package imagebuild

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// lookahead is how many files are looked into before their turn.
const lookahead = 64

// A visit is one entry of a walk; it may be used when done is closed.
type visit struct {
	path   string
	entry  fs.DirEntry
	err    error // of the walk; its receiver decides about it
	failed error // of looking into the file; it ends the walk
	keep   bool
	done   chan struct{}
}

// Walk visits what the files have, normalised and in their order. What is no
// content (sockets, pipes, devices) is left out. Files are hashed ahead, by as
// many goroutines as there are processors.
func (s *sender) Walk(ctx context.Context, target string, fn fs.WalkDirFunc) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	visits, walked := make(chan *visit, lookahead), make(chan error, 1)
	var skipped prefix
	go func() {
		defer close(visits)
		walked <- s.lookAhead(ctx, target, visits, &skipped)
	}()
	err := deliver(visits, &skipped, fn)
	cancel()
	for v := range visits { // the walk ends by itself
		<-v.done
	}
	if err != nil && !errors.Is(err, fs.SkipAll) {
		return err
	}
	if end := <-walked; err == nil {
		return end
	}
	return nil
}

// deliver hands the visits on and leaves out the folders that are not wanted.
func deliver(visits <-chan *visit, skipped *prefix, fn fs.WalkDirFunc) error {
	for v := range visits {
		<-v.done
		if skipped.of(v.path) {
			continue
		}
		if v.failed != nil {
			return v.failed
		}
		if !v.keep {
			continue
		}
		err := fn(v.path, v.entry, v.err)
		if errors.Is(err, fs.SkipDir) {
			folder := v.path
			if v.entry == nil || !v.entry.IsDir() {
				folder = filepath.Dir(v.path)
			}
			skipped.set(folder + string(filepath.Separator))
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A prefix is the folder that is left out now. It is shared with those who look
// ahead, so that they do not hash what nobody wants.
type prefix struct{ text atomic.Pointer[string] }

func (p *prefix) set(text string) { p.text.Store(&text) }

func (p *prefix) of(path string) bool {
	text := p.text.Load()
	return text != nil && strings.HasPrefix(path, *text)
}

func (s *sender) lookAhead(ctx context.Context, target string, visits chan<- *visit, skipped *prefix) error {
	// The filter compiles a pattern when it first needs it: each walk has its own.
	files, err := fsutil.NewFilterFS(s.files, s.filter)
	if err != nil {
		return err
	}
	slots := make(chan struct{}, runtime.NumCPU())
	return files.Walk(ctx, target, func(path string, entry fs.DirEntry, err error) error {
		v := &visit{path: path, entry: entry, err: err, keep: true, done: make(chan struct{})}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		go func() {
			defer func() { <-slots; close(v.done) }()
			if v.failed = context.Cause(ctx); v.failed == nil && err == nil && entry != nil && !skipped.of(path) {
				v.look(s)
			}
		}()
		select {
		case visits <- v:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// look replaces the entry by its normalised form.
func (v *visit) look(s *sender) {
	info, err := v.entry.Info()
	if err != nil {
		v.failed = err
		return
	}
	stat, ok := info.Sys().(*types.Stat)
	if !ok {
		v.failed = fmt.Errorf("read %s: no file status", v.path)
		return
	}
	if v.keep, v.failed = s.normalise(v.path, stat); v.keep && v.failed == nil {
		v.failed = s.compare(v.path, stat)
	}
	v.entry = &fsutil.DirEntryInfo{Stat: stat}
}
