package haddock

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func at(second int) time.Time { return time.Date(2026, 11, 23, 0, 0, second, 0, time.UTC) }

func TestAHalfWrittenLineDoesNotSpoilTheHistory(t *testing.T) {
	text := `{"time":"2026-11-23T00:00:01Z","event":"begun","seq":1}
{"time":"2026-11-23T00:00:02Z","event":"weigh
{"time":"2026-11-23T00:00:03Z","event":"weighted","seq":1,"percent":100}

{"event":"removed"}
not json
{"time":"2026-11-23T00:00:04Z","event":"fin`
	h, bad := ParseHistory([]byte(text))
	if len(h) != 2 || bad != 4 {
		t.Errorf("%d lines and %d bad ones, want 2 and 4", len(h), bad)
	}
}

func TestAHistoryThatGrowsIsReadFromWhereItEnded(t *testing.T) {
	const one, two, three = `{"event":"begun","seq":1}`, `{"event":"warming","seq":1}`, `{"event":"smoked","seq":1}`
	var j journal
	var earlier []History
	for _, step := range []struct{ data, read string }{
		{one + "\n" + two[:9], one + "\n"}, // another operator's line is on its way
		{one + "\n" + two + "\n", one + "\n" + two + "\n"},
		{one + "\n" + two + "\n" + three, one + "\n" + two + "\n"}, // complete, but for its end
		{two + "\n", two + "\n"},                                   // somebody has written it anew
		{"", ""},
	} {
		got := j.grown([]byte(step.data))
		want, _ := ParseHistory([]byte(step.data))
		if !reflect.DeepEqual(got, want) && len(got)+len(want) > 0 || string(j.data) != step.read {
			t.Errorf("%q: %v having read %q, want %v having read %q", step.data, got, j.data, want, step.read)
		}
		earlier = append(earlier, got)
	}
	if len(earlier[1]) != 2 || earlier[1][1].Event != Warming || earlier[2][2].Event != Smoked {
		t.Errorf("what was given out has changed: %v", earlier)
	}
}

func TestALineComesBackAsItWasWritten(t *testing.T) {
	want := Line{
		Time: at(1), Event: Begun, Seq: 3, By: "anna@build-3", Release: &Facts{Version: "1.5.0", Image: "r/shop@sha256:1", Commit: "abc"},
		Steps: []Step{{Percent: 10, Bake: 90 * time.Second}, {Percent: 100}}, PauseAt: 10,
	}
	text, err := want.encode()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "\n") || !strings.Contains(text, `"bake":"1m30s"`) {
		t.Error(text)
	}
	h, bad := ParseHistory([]byte(text))
	if bad != 0 || len(h) != 1 || !reflect.DeepEqual(h[0], want) {
		t.Errorf("%+v", h)
	}
}

func past() History {
	shop := func(version string) *Facts { return &Facts{Version: version, Image: "r/shop@" + version} }
	return History{
		{Time: at(1), Event: Begun, Seq: 1, By: "anna", Release: shop("1.1")},
		{Time: at(2), Event: Weighted, Seq: 1, Percent: 100},
		{Time: at(3), Event: Finished, Seq: 1},
		{Time: at(4), Event: Begun, Seq: 2, By: "ben", Release: shop("1.2")},
		{Time: at(5), Event: Weighted, Seq: 2, Percent: 10, Base: 1},
		{Time: at(6), Event: Aborted, Seq: 2, Base: 1, Text: "it is down"},
		{Time: at(7), Event: Draining, Seq: 2, Sessions: 3},
		{Time: at(8), Event: Removed, Seq: 2},
		{Time: at(9), Event: Begun, Seq: 3, By: "ben", Release: shop("1.3")},
		{Time: at(10), Event: Weighted, Seq: 3, Percent: 100, Base: 1},
		{Time: at(10), Event: Draining, Seq: 1, Sessions: 41},
		{Time: at(11), Event: Finished, Seq: 3},
		{Time: at(12), Event: Begun, Seq: 4, By: "anna", Release: shop("1.4")},
	}
}

func TestRolloutsSayWhatBecameOfThem(t *testing.T) {
	want := []string{
		"1.1 by anna: draining", "1.2 by ben: taken back it is down", "1.3 by ben: live", "1.4 by anna: under way",
	}
	var got []string
	for _, r := range past().Rollouts() {
		got = append(got, strings.TrimSpace(r.Release.Version+" by "+r.By+": "+r.Outcome+" "+r.Reason))
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

func TestTheHistoryKnowsWhoIsLive(t *testing.T) {
	for lines, want := range map[int]int{0: 0, 1: 0, 2: 1, 5: 1, 6: 1, 8: 1, 10: 3, 13: 3} {
		if got := past()[:lines].live(); got != want {
			t.Errorf("after %d lines: %d, want %d", lines, got, want)
		}
	}
}

func TestEveryEventHasWords(t *testing.T) {
	for _, event := range []Event{
		Begun, Warming, Smoked, Weighted, Paused, Promoted, Draining, Aborted, RolledBack, Cut, Removed, Hooked, Finished,
	} {
		words := past().Sentence(Line{Event: event, Seq: 2})
		if !strings.Contains(words, "1.2") || strings.Contains(words, string(": "+event)) {
			t.Errorf("%s: %q", event, words)
		}
	}
}

func FuzzParseHistory(f *testing.F) {
	for _, line := range past() {
		text, _ := line.encode()
		f.Add([]byte(text + "\n" + text[:len(text)/2]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, _ := ParseHistory(data)
		for _, line := range h {
			if _, err := json.Marshal(line); err != nil {
				t.Errorf("%+v: %v", line, err)
			}
			_ = h.rollout(line.Seq)
		}
		_, _, _ = h.live(), h.Rollouts(), h.production()
	})
}
