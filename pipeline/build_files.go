package pipeline

import (
	"context"
	"sync"

	"github.com/haddock-ci/pipeline/imagebuild"
)

// buildFiles are what the image build would be sent, from when nothing of ours
// changes them any more: opened when first asked for, and hashed once, for the
// proof and for the build.
type buildFiles struct {
	run  *run
	open func() (*imagebuild.Context, error)
}

func (r *run) buildFiles() *buildFiles {
	return &buildFiles{run: r, open: sync.OnceValues(func() (*imagebuild.Context, error) {
		return imagebuild.OpenContext(r.cfg.contextDir(), r.cfg.dockerfile())
	})}
}

// hash is the files' ContextHash; empty for a project that builds no image.
func (f *buildFiles) hash(ctx context.Context) (string, map[string]string, error) {
	switch cfg := f.run.cfg.Image; {
	case cfg.Repository == "":
		return "", nil, nil
	case cfg.Mode == modeLayers:
		return f.run.hashJava(ctx)
	}
	sent, err := f.open()
	if err != nil {
		return "", nil, err
	}
	return sent.Hash(ctx)
}

// hashEarly begins to hash what the image build will be sent, where nothing
// will change it before; what is wrong with it is told by who needs it. The
// hashing ends with the run, or by calling end.
func (r *run) hashEarly(ctx context.Context) (files *buildFiles, end func()) {
	_, unpacks, _ := r.set.carries()
	if !r.wants(StageImage) || r.wants(StageITest) || unpacks || r.cfg.Image.Mode == modeLayers {
		return nil, func() {}
	}
	files = r.buildFiles()
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _, _ = files.hash(ctx)
	}()
	return files, func() { cancel(); <-ended }
}
