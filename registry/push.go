package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/events"
)

// An Engine holds the image and moves its bytes; *engine.Engine is one.
type Engine interface {
	TagImage(ctx context.Context, id, ref string) (added bool, err error)
	UntagImage(ctx context.Context, id, ref string) error
	PushImage(ctx context.Context, ref string, as engine.Login, progress func(line string)) (engine.Pushed, error)
}

// A Push is one image to push.
type Push struct {
	ImageID  string // in the engine
	Tag      string
	Revision string  // full commit hash; empty without git and for a dirty tree: see Repository.Push
	Tree     string  // hash of the files, where no revision says which they are
	Untested bool    // nothing proves that the tests have passed
	Normal   *Normal // what to make of the image; nil leaves it as the engine has it
	Events   events.Sink
}

// A Pushed image is in the registry under its tag.
type Pushed struct {
	Digest string // of the manifest, read back from the registry
	// Existing is true when the tag was there before and nothing was pushed;
	// Note then says in a sentence what it is.
	Existing bool
	Note     string
}

// Push lets the engine push an image under one tag and reads the digest back.
//
// A tag that exists is never overwritten, and of the runs on this host that push
// it at the same time all but the first find it taken. When it is the same image,
// or was built from the same revision or tree (a build that runs again), its
// digest is the result; else the error is a *TagTakenError. An image that nobody
// has tested never stands for one that was.
//
// The name that a push needs in the engine is removed when the registry has the
// image. After a failure only a name that the push has added is removed, so
// that an image built under it can be pushed again.
func (r *Repository) Push(ctx context.Context, eng Engine, p Push) (Pushed, error) {
	if _, err := parse(r.Name, p.Tag, false); err != nil {
		return Pushed{}, err
	}
	release, err := r.lock(ctx, p.Events, p.Tag)
	if err != nil {
		return Pushed{}, err
	}
	defer release()
	there, err := r.Look(ctx, p.Tag)
	if err != nil {
		return Pushed{}, err
	}
	// Without revision and tree a normalised image is only known by its digest, later.
	if there.Digest != "" && (p.Normal == nil || p.Revision != "" || p.Tree != "") {
		pushed, err := r.accept(there, p)
		if err == nil {
			r.untag(ctx, eng, p)
		}
		return pushed, err
	}
	if p.Normal != nil {
		pushed, err := r.pushNormal(ctx, eng, p, there)
		if err == nil {
			r.untag(ctx, eng, p)
		}
		return pushed, err
	}
	added, err := eng.TagImage(ctx, p.ImageID, r.ref(p.Tag))
	if err != nil {
		return Pushed{}, err
	}
	digest, err := r.pushAndProve(ctx, eng, p)
	if err == nil || added {
		r.untag(ctx, eng, p)
	}
	return Pushed{Digest: digest}, err
}

func (r *Repository) pushAndProve(ctx context.Context, eng Engine, p Push) (digest string, err error) {
	said, err := r.pushWithRetries(ctx, eng, r.ref(p.Tag), p)
	if err != nil {
		return "", err
	}
	return r.prove(ctx, p.Tag, said.Digest)
}

// untag takes the name away again. An interrupt must not leave it behind, and
// one that stays is no reason to fail a push that worked.
func (r *Repository) untag(ctx context.Context, eng Engine, p Push) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := eng.UntagImage(ctx, p.ImageID, r.ref(p.Tag)); err != nil {
		p.Events.Warn(fmt.Sprintf("the engine keeps the name %s: %v", r.ref(p.Tag), err))
	}
}

// accept decides about a tag that is there already.
func (r *Repository) accept(there Tag, p Push) (Pushed, error) {
	switch {
	case p.ImageID != "" && (there.Config == p.ImageID || there.Digest == p.ImageID): // the latter in containerd's store
		return Pushed{
			Digest: there.Digest, Existing: true,
			Note: r.ref(p.Tag) + " has this image already, nothing to push",
		}, nil
	case there.Untested && !p.Untested:
	case p.Tree != "" && there.Tree == p.Tree:
		return Pushed{
			Digest: there.Digest, Existing: true,
			Note: fmt.Sprintf("%s was already pushed from the same files, its digest is kept", r.ref(p.Tag)),
		}, nil
	case p.Revision != "" && there.Revision == p.Revision && there.Tree == "":
		return Pushed{
			Digest: there.Digest, Existing: true,
			Note: fmt.Sprintf("%s was already pushed from the same commit %.12s, its digest is kept", r.ref(p.Tag), p.Revision),
		}, nil
	}
	return Pushed{}, r.taken(p.Tag, there, p.ImageID)
}

// lost is the error of a run that another one has overtaken.
func (r *Repository) lost(ctx context.Context, tag, digest, ours string) error {
	there, err := r.Look(ctx, tag)
	if err != nil || there.Digest != digest { // who it is is only for the message
		there = Tag{Digest: digest}
	}
	return r.taken(tag, there, ours)
}

func (r *Repository) taken(tag string, there Tag, ours string) error {
	return &TagTakenError{
		Repository: r.Name, Tag: tag, Existing: there.Digest,
		Revision: there.Revision, Build: there.Build, Untested: there.Untested, Ours: ours,
	}
}

// pushWithRetries repeats what the engine does not: it gives a whole push up
// when a single manifest is answered with 503. What arrived is not sent again.
func (r *Repository) pushWithRetries(ctx context.Context, eng Engine, ref string, p Push) (engine.Pushed, error) {
	as := engine.Login{
		Username: r.login.Username, Password: r.login.Password, IdentityToken: r.login.IdentityToken,
		RegistryToken: r.login.RegistryToken, Registry: r.Registry,
	}
	for try := 0; ; try++ {
		progress := pushProgress{sink: p.Events, layers: map[string][2]int64{}}
		said, err := eng.PushImage(ctx, ref, as, progress.line)
		var refused *engine.PushError
		switch {
		case err == nil:
			return said, nil
		case !errors.As(err, &refused): // our own engine, or an interrupt
			return said, fmt.Errorf("push %s: %w", ref, err)
		case try == len(r.delays) || !isPassing(refused.Text):
			return said, r.fail(ctx, "push", p.Tag, err)
		}
		p.Events.Warn(fmt.Sprintf("push %s: %s; next try in %v", ref, refused.Text, r.delays[try]))
		if err := wait(ctx, r.delays[try]); err != nil {
			return said, fmt.Errorf("push %s: %w", ref, err)
		}
	}
}

// isPassing recognises what may be over in a moment.
func isPassing(text string) bool {
	for _, sign := range []string{
		"toomanyrequests", "TOOMANYREQUESTS", "EOF", "connection reset", "broken pipe", "i/o timeout", "TLS handshake timeout",
	} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return brokenStatus.MatchString(text)
}

// prove reads the digest back from the registry. It must be what the engine
// said; another one means that somebody pushed the same tag at the same time.
// Some registries show a fresh tag a moment late.
func (r *Repository) prove(ctx context.Context, tag, said string) (string, error) {
	for try := 0; ; try++ {
		digest, err := r.head(ctx, tag)
		switch {
		case err != nil:
			return "", err
		case digest == said && said != "", digest != "" && said == "": // containerd stores do not say
			return digest, nil
		case digest != "":
			return "", r.lost(ctx, tag, digest, said)
		case try == 4:
			return "", r.fail(ctx, "push", tag, errors.New("the engine has pushed it, but the registry does not show it"))
		}
		if err := wait(ctx, time.Duration(try+1)*200*time.Millisecond); err != nil {
			return "", fmt.Errorf("push %s: %w", r.ref(tag), err)
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
