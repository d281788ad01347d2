package redact_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/redact"
)

type inner struct {
	Text string
	when time.Time
}

type outer struct {
	inner  inner
	In     inner
	Many   []inner
	Named  map[string][]string
	At     *inner
	None   *inner
	Number int
	Time   time.Time
}

func TestEveryTextOfAValueIsMaskedAndTheValueIsKept(t *testing.T) {
	now := time.Now()
	make := func(text string) outer {
		return outer{
			inner: inner{when: now}, In: inner{text, now}, Many: []inner{{text, now}, {"x", now}}, Named: map[string][]string{text: {text, "y"}},
			At: &inner{text, now}, Number: 7, Time: now,
		}
	}
	v := make("a tiger-tiger")
	got := redact.Masked(redact.New("tiger-tiger"), v)
	if want := make("a [secret]"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !reflect.DeepEqual(v, make("a tiger-tiger")) {
		t.Errorf("the value itself was changed: %+v", v)
	}
}
