package pipeline

import (
	"slices"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/internal/events"
)

func TestTheDatabasesLogIsToldLineByLine(t *testing.T) {
	var told []string
	relay := &bootRelay{to: func(e events.Event) { told = append(told, e.Step+": "+e.Text) }}
	var file strings.Builder
	log := relay.logging(&file)
	for _, piece := range []string{"CONTAINER: ", "starting\r\nsecond\nthi", "rd\n", "no end"} {
		if n, err := log.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	relay.wait()
	_, _ = log.Write([]byte(" yet\n"))
	want := []string{"oracle-start: CONTAINER: starting", "oracle-start: second", "oracle-start: third", "oracle-wait: no end yet"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	if file.String() != "CONTAINER: starting\r\nsecond\nthird\nno end yet\n" {
		t.Errorf("the file holds %q", file.String())
	}
}
