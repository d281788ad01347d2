package registry

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/events"
)

// fakeEngine pushes with the library instead of an engine.
type fakeEngine struct {
	t      *testing.T
	s      *server
	img    v1.Image
	fails  []string // what the engine says on the first tries
	silent bool     // does not tell the digest, as a containerd store
	after  func()   // called when an image has been pushed
	pushes int
	names  map[string]string
}

func (e *fakeEngine) id() string {
	h, err := e.img.ConfigName()
	if err != nil {
		e.t.Fatal(err)
	}
	return h.String()
}

func (e *fakeEngine) TagImage(_ context.Context, id, ref string) (bool, error) {
	added := e.names[ref] != id
	e.names[ref] = id
	return added, nil
}

func (e *fakeEngine) UntagImage(_ context.Context, _, ref string) error {
	delete(e.names, ref)
	return nil
}

func (e *fakeEngine) PushImage(_ context.Context, ref string, _ engine.Login, progress func(string)) (engine.Pushed, error) {
	e.pushes++
	progress("pushing")
	if e.names[ref] == "" {
		return engine.Pushed{}, &engine.PushError{Text: "An image does not exist locally with the tag: " + ref}
	}
	if len(e.fails) > 0 {
		text := e.fails[0]
		e.fails = e.fails[1:]
		return engine.Pushed{}, &engine.PushError{Text: text}
	}
	digest := e.s.put(e.t, ref[strings.LastIndex(ref, ":")+1:], e.img)
	if e.silent {
		digest = ""
	}
	if e.after != nil {
		e.after()
	}
	return engine.Pushed{Digest: digest}, nil
}

func newFakeEngine(t *testing.T, s *server, img v1.Image) *fakeEngine {
	t.Helper()
	return &fakeEngine{t: t, s: s, img: img, names: map[string]string{}}
}

func TestAStatusIsNotReadOutOfADigest(t *testing.T) {
	for _, text := range []string{
		"unknown blob sha256:a429b503c502", "manifest invalid: 127.0.0.1:5003/a:1.0.0-429", "layer is larger than 500 MB", "400 Bad Request",
	} {
		if kind := kindOf(errors.New(text)); isPassing(text) || kind != nil {
			t.Errorf("%s: passing %v, kind %v", text, isPassing(text), kind)
		}
	}
}

func TestPushRetriesWhatMayPassAndNothingElse(t *testing.T) {
	const passing = "received unexpected HTTP status: 503 Service Unavailable"
	for name, c := range map[string]struct {
		fails  []string
		pushes int
		kind   error // nil: succeeds
	}{
		"no trouble":             {nil, 1, nil},
		"503 once":               {[]string{passing}, 2, nil},
		"broken three times":     {[]string{passing, "unexpected EOF", "read: connection reset by peer"}, 4, nil},
		"503 for ever":           {[]string{passing, passing, passing, passing, passing}, 4, ErrUnreachable},
		"no login":               {[]string{"no basic auth credentials"}, 1, ErrDenied},
		"a status in a sentence": {[]string{"unexpected status from PUT request to https://r:5000/v2/a/manifests/1: 429 Too Many Requests"}, 2, nil},
		"a registry in which no tag moves": {
			[]string{"tag invalid: The image tag '1.0.0-7' already exists in the 'orders' repository and cannot be overwritten because the repository is immutable."},
			1, ErrTagTaken,
		},
		"a login that may not push":    {[]string{"denied: requested access to the resource is denied"}, 1, ErrDenied},
		"a registry that is not there": {[]string{"dial tcp 127.0.0.1:1: connect: connection refused"}, 1, ErrUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			eng := newFakeEngine(t, s, image(t, "aaaa", "1.0.0"))
			eng.fails = c.fails
			var warnings int
			pushed, err := s.open(t, "", "").Push(t.Context(), eng, Push{ImageID: eng.id(), Tag: "1.0.0-7", Events: func(e events.Event) {
				if e.Kind == events.Warning {
					warnings++
				}
			}})
			if c.kind == nil && (err != nil || pushed.Digest != digestOf(t, eng.img)) {
				t.Errorf("pushed = %+v, %v", pushed, err)
			}
			if c.kind != nil && (!errors.Is(err, c.kind) || !strings.Contains(err.Error(), s.host()+"/shop/orders:1.0.0-7")) {
				t.Errorf("err = %v, want %v", err, c.kind)
			}
			if eng.pushes != c.pushes || warnings != c.pushes-1 || len(eng.names) != 0 {
				t.Errorf("%d pushes, %d warnings, names left %v; want %d pushes", eng.pushes, warnings, eng.names, c.pushes)
			}
		})
	}
}

func TestAFailedPushKeepsANameThatWasThereBefore(t *testing.T) {
	s := newServer(t)
	eng := newFakeEngine(t, s, image(t, "aaaa", "1.0.0"))
	ref := s.host() + "/shop/orders:1"
	eng.names[ref] = eng.id()
	eng.fails = []string{"denied: no"}
	r := s.open(t, "", "")
	if _, err := r.Push(t.Context(), eng, Push{ImageID: eng.id(), Tag: "1"}); err == nil || eng.names[ref] == "" {
		t.Errorf("err = %v, names %v", err, eng.names)
	}
	for range 2 { // pushed, then found there
		eng.names[ref] = eng.id()
		if _, err := r.Push(t.Context(), eng, Push{ImageID: eng.id(), Tag: "1"}); err != nil || len(eng.names) != 0 {
			t.Errorf("err = %v, names %v", err, eng.names)
		}
	}
}

func TestPushTakesTheRegistrysWordWhenTheEngineSaysNothing(t *testing.T) {
	s := newServer(t)
	eng := newFakeEngine(t, s, image(t, "aaaa", "1.0.0"))
	eng.silent = true
	pushed, err := s.open(t, "", "").Push(t.Context(), eng, Push{ImageID: eng.id(), Tag: "1"})
	if err != nil || pushed.Digest != digestOf(t, eng.img) {
		t.Errorf("pushed = %+v, %v", pushed, err)
	}
}

func TestPushNoticesAnotherPushAtTheSameMoment(t *testing.T) {
	s := newServer(t)
	eng, other := newFakeEngine(t, s, image(t, "aaaa", "1.0.0")), image(t, "bbbb", "1.0.0")
	eng.after = func() { s.put(t, "1", other) }
	_, err := s.open(t, "", "").Push(t.Context(), eng, Push{ImageID: eng.id(), Tag: "1"})
	var taken *TagTakenError
	if !errors.As(err, &taken) || taken.Existing != digestOf(t, other) || taken.Ours != digestOf(t, eng.img) {
		t.Errorf("err = %v", err)
	}
}

func TestATagThatShowsLateIsAwaited(t *testing.T) {
	s := newServer(t)
	eng := newFakeEngine(t, s, image(t, "aaaa", "1.0.0"))
	var late atomic.Int32
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead && eng.pushes > 0 && strings.HasSuffix(r.URL.Path, "/manifests/1") && late.Add(1) < 3 {
			w.WriteHeader(http.StatusNotFound)
			return true
		}
		return false
	})
	if _, err := s.open(t, "", "").Push(t.Context(), eng, Push{ImageID: eng.id(), Tag: "1"}); err != nil {
		t.Error(err)
	}
}

func TestAnInterruptEndsAPushAndRemovesItsName(t *testing.T) {
	s := newServer(t)
	eng := newFakeEngine(t, s, image(t, "aaaa", "1.0.0"))
	eng.fails = []string{"unexpected EOF"}
	r := s.open(t, "", "")
	r.delays = []time.Duration{time.Hour}
	stop := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := r.Push(ctx, eng, Push{ImageID: eng.id(), Tag: "1", Events: func(e events.Event) {
		if e.Kind == events.Warning {
			cancel(stop)
		}
	}})
	if !errors.Is(err, stop) || len(eng.names) != 0 {
		t.Errorf("err = %v, names %v", err, eng.names)
	}
}

func TestATagIsTakenForAllButTheSameFiles(t *testing.T) {
	s := newServer(t)
	r := s.open(t, "", "")
	for tag, labels := range map[string]map[string]string{
		"commit": {RevisionLabel: "aaaa"}, "tree": {RevisionLabel: "aaaa", TreeLabel: "tttt"},
		"untested": {RevisionLabel: "aaaa", UntestedLabel: "true"},
	} {
		s.put(t, tag, labelled(t, labels))
	}
	eng := newFakeEngine(t, s, image(t, "aaaa", "1.0.0"))
	for name, c := range map[string]struct {
		push  Push
		taken string // what the error says of the image that is there; empty: it is kept
	}{
		"the same commit":                 {Push{Tag: "commit", Revision: "aaaa"}, ""},
		"another commit":                  {Push{Tag: "commit", Revision: "bbbb"}, "(commit aaaa)"},
		"neither commit nor tree":         {Push{Tag: "commit"}, "(commit aaaa)"},
		"the same tree":                   {Push{Tag: "tree", Tree: "tttt"}, ""},
		"another tree":                    {Push{Tag: "tree", Tree: "uuuu"}, "(commit aaaa)"},
		"a commit, and a tree beyond it":  {Push{Tag: "tree", Revision: "aaaa"}, "(commit aaaa)"},
		"tested now, untested before":     {Push{Tag: "untested", Revision: "aaaa"}, "(commit aaaa, pushed untested)"},
		"untested now and before":         {Push{Tag: "untested", Revision: "aaaa", Untested: true}, ""},
		"untested now, tested before":     {Push{Tag: "commit", Revision: "aaaa", Untested: true}, ""},
		"a tree that is to be normalised": {Push{Tag: "tree", Tree: "tttt", Normal: &Normal{}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, early := r.Preflight(t.Context(), c.push)
			c.push.ImageID = eng.id()
			pushed, err := r.Push(t.Context(), eng, c.push)
			for _, err := range []error{early, err} {
				if (err == nil) != (c.taken == "") || (err != nil && (!errors.Is(err, ErrTagTaken) || !strings.Contains(err.Error(), c.taken))) {
					t.Errorf("err = %v, want %q", err, c.taken)
				}
			}
			if eng.pushes != 0 || (err == nil && !pushed.Existing) {
				t.Errorf("%d pushes, %+v", eng.pushes, pushed)
			}
		})
	}
}

// TestAnImageIsKnownByItsManifestToo is for engines with containerd's store,
// whose ID of an image is the digest of its manifest.
func TestAnImageIsKnownByItsManifestToo(t *testing.T) {
	s := newServer(t)
	eng := newFakeEngine(t, s, image(t, "aaaa", "1.0.0"))
	digest := s.put(t, "1", eng.img)
	pushed, err := s.open(t, "", "").Push(t.Context(), eng, Push{ImageID: digest, Tag: "1"})
	if err != nil || !pushed.Existing || pushed.Digest != digest {
		t.Errorf("pushed = %+v, %v", pushed, err)
	}
}
