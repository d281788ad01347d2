package registry

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

func TestFinalTags(t *testing.T) {
	for version, want := range map[string]string{
		"1.4.2": "[1.4.2 1.4 1 latest]", "1.4": "[1.4 1 latest]", "7": "[7 latest]", "1.4.2.9": "[1.4.2.9 1.4 1 latest]",
		"1.4.2-rc1": "[1.4.2-rc1]", "1.4.2-SNAPSHOT": "[1.4.2-SNAPSHOT]", "main": "[main]",
	} {
		if got := fmt.Sprint(FinalTags(version)); got != want {
			t.Errorf("%s: %s, want %s", version, got, want)
		}
	}
}

func TestNewer(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"1.4.2", "1.4.1", true},
		{"1.4.1", "1.4.2", false},
		{"1.10.0", "1.9.9", true},
		{"1.4", "1.4.0", false},
		{"1.4.2", "1.4.2-rc1", true},
		{"1.4.2-rc1", "1.4.2", false},
		{"1.4.2-rc2", "1.4.2-rc1", true},
		{"v2.0", "1.9", true},
		{"", "1.0", false},
		{"nightly", "1.0", false},
	} {
		if got := newer(c.a, c.b); got != c.want {
			t.Errorf("newer(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

func TestSetTags(t *testing.T) {
	s := newServer(t)
	r := s.open(t, "", "")
	old := s.put(t, "old", image(t, "a", "1.4.1"))
	digest := s.put(t, "1.4.2-57", image(t, "b", "1.4.2"))
	policy := TagPolicy{Version: "1.4.2"}
	for _, tag := range []string{"1.4", "latest"} {
		s.put(t, tag, image(t, "x", "1.4.1"))
	}
	s.put(t, "1", image(t, "y", "1.9.0"))
	set := func(digest string, policy TagPolicy) (map[string]TagResult, error) {
		list, err := r.SetTags(t.Context(), digest, FinalTags(policy.Version), policy)
		results := map[string]TagResult{}
		for _, x := range list {
			results[x.Tag] = x
		}
		return results, err
	}
	look := func(tag string) string {
		there, err := r.Look(t.Context(), tag)
		if err != nil {
			t.Fatal(err)
		}
		return there.Digest
	}

	results, err := set(digest, policy)
	if err != nil || !results["1.4.2"].Set || !results["1.4"].Set || !results["latest"].Set {
		t.Fatalf("results = %+v, %v", results, err)
	}
	if results["1"].Set || !strings.Contains(results["1"].Note, "newer version 1.9.0") {
		t.Errorf("1: %+v, want it left at the newer version", results["1"])
	}
	if look("1.4.2") != digest || look("latest") != digest || look("1") == digest {
		t.Error("the tags are not what the results say")
	}
	t.Run("again changes nothing", func(t *testing.T) {
		results, err := set(digest, policy)
		if err != nil || results["1.4.2"].Set || results["1.4.2"].Note != "is set already" {
			t.Errorf("results = %+v, %v", results, err)
		}
	})
	t.Run("a version is never given to another image, and nothing else moves", func(t *testing.T) {
		_, err := set(old, policy)
		var taken *TagTakenError
		if !errors.As(err, &taken) || taken.Tag != "1.4.2" || taken.Existing != digest || taken.Ours != old {
			t.Errorf("err = %v", err)
		}
		if look("latest") != digest {
			t.Error("latest has moved")
		}
	})
	t.Run("an older release moves nothing back", func(t *testing.T) {
		results, err := set(old, TagPolicy{Version: "1.4.1"})
		if err != nil || !results["1.4.1"].Set || results["latest"].Set || look("latest") != digest {
			t.Errorf("results = %+v, %v", results, err)
		}
	})
	t.Run("a version of two parts keeps its tag when a patch follows", func(t *testing.T) {
		two, patch := s.put(t, "2.0-58", image(t, "c", "2.0")), s.put(t, "2.0.1-59", image(t, "d", "2.0.1"))
		if _, err := set(two, TagPolicy{Version: "2.0"}); err != nil {
			t.Fatal(err)
		}
		results, err := set(patch, TagPolicy{Version: "2.0.1"})
		if err != nil || results["2.0"].Set || look("2.0") != two || look("2") != patch || look("latest") != patch {
			t.Errorf("results = %+v, %v", results, err)
		}
	})
	t.Run("what the configuration calls immutable stays", func(t *testing.T) {
		if _, err := set(old, TagPolicy{Version: "1.4.1", Immutable: []string{"late*"}}); !errors.Is(err, ErrTagTaken) {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("a digest that is not there", func(t *testing.T) {
		if _, err := set("sha256:"+strings.Repeat("0", 64), TagPolicy{Version: "9.9.9"}); err == nil {
			t.Error("no error")
		}
	})
	t.Run("a manifest that is refused", func(t *testing.T) {
		s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPut {
				return false
			}
			http.Error(w, `{"errors":[{"code":"TAG_INVALID","message":"tag is immutable"}]}`, http.StatusBadRequest)
			return true
		})
		defer s.gate.Store(nil)
		_, err := set(digest, TagPolicy{Version: "1.4.3"})
		if !errors.Is(err, ErrTagTaken) || !strings.Contains(err.Error(), "tag is immutable") {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("a manifest that is refused once", func(t *testing.T) {
		var puts atomic.Int32
		s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut && puts.Add(1) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			}
			return false
		})
		defer s.gate.Store(nil)
		if _, err := set(digest, TagPolicy{Version: "1.4.4"}); err != nil || puts.Load() < 2 {
			t.Errorf("err = %v after %d", err, puts.Load())
		}
	})
}
