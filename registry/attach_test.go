package registry

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	ggcr "github.com/google/go-containerregistry/pkg/registry"
)

// Debian's registry has no interface for referrers. This one has, but lists an
// artifact by the type of its configuration, where the specification wants its
// own.
func TestARegistryThatKeepsReferrersNeedsNoTagForThem(t *testing.T) {
	handler := ggcr.New(ggcr.WithReferrersSupport(true), ggcr.Logger(log.New(io.Discard, "", 0)))
	s := &server{Server: httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !strings.Contains(q.URL.Path, "/referrers/") {
			handler.ServeHTTP(w, q)
			return
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, q)
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		_, _ = io.WriteString(w, strings.ReplaceAll(answer.Body.String(), string(emptyConfig), "application/vnd.in-toto+json"))
	}))}
	t.Cleanup(s.Close)
	digest := s.put(t, "1.0-1", image(t, "abc", "1.0"))
	r := s.open(t, "", "")
	proof := Attachment{Type: "application/vnd.in-toto+json", Annotations: map[string]string{"in-toto.io/predicate-type": "a"}, Data: []byte(`{"n":1}`)}
	for _, want := range []int{1, 0} { // a second run finds it
		if added, err := r.Attach(t.Context(), digest, proof); err != nil || added != want {
			t.Errorf("attached %d, %v, want %d", added, err, want)
		}
	}
	list, err := r.Attachments(t.Context(), digest)
	if err != nil || len(list) != 1 || string(list[0].Data) != string(proof.Data) {
		t.Errorf("list = %+v, %v", list, err)
	}
	if tag, err := r.Look(t.Context(), strings.Replace(digest, ":", "-", 1)); err != nil || tag.Digest != "" {
		t.Errorf("the list is under a tag as well: %+v, %v", tag, err)
	}
}

func TestARegistryThatRefusesToListReferrersTakesNone(t *testing.T) {
	s := newServer(t)
	digest := s.put(t, "1.0-1", image(t, "abc", "1.0"))
	s.intercept(func(w http.ResponseWriter, q *http.Request) bool {
		if strings.Contains(q.URL.Path, "/referrers/") {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return true
		}
		return false
	})
	if _, err := s.open(t, "", "").Attach(t.Context(), digest, Attachment{Type: "text/plain", Data: []byte("x")}); !errors.Is(err, ErrNoAttachments) {
		t.Errorf("err = %v, want ErrNoAttachments", err)
	}
}
