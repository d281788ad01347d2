package events

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// page is docs/events.md, by the headings of its parts.
func page(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(string(text), "\n## ") {
		heading, body, _ := strings.Cut(part, "\n")
		parts[heading] = body
	}
	return parts
}

func words(text string) []string {
	var found []string
	for _, match := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

func TestThePageListsEveryKindWithItsFields(t *testing.T) {
	var listed []string
	known := map[string]bool{}
	for _, shape := range Shapes() {
		row := "\n| `" + string(shape.Kind) + "` |"
		_, rest, found := strings.Cut("\n"+page(t)["Kinds"], row)
		if !found {
			t.Errorf("%s is not on the page", shape.Kind)
			continue
		}
		row, _, _ = strings.Cut(rest, "\n")
		when, fields, _ := strings.Cut(row, " | ")
		if got := words(fields); !slices.Equal(got, shape.Fields) {
			t.Errorf("%s: the page lists %q, the code %q", shape.Kind, got, shape.Fields)
		}
		if strings.Contains(when, "`seconds`") != shape.Timed || strings.Contains(when, "`error`") != shape.Failed {
			t.Errorf("%s: the page says %q", shape.Kind, when)
		}
		listed = append(listed, string(shape.Kind))
		for _, field := range shape.Fields {
			known[field] = true
		}
	}
	if rows := strings.Count(page(t)["Kinds"], "\n| `"); rows != len(listed) {
		t.Errorf("the page has %d kinds, the code %d", rows, len(listed))
	}
	explained := regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(page(t)["Fields"], -1)
	for _, row := range explained {
		if !known[row[1]] {
			t.Errorf("the page explains the field %s, which no kind has", row[1])
		}
	}
	if len(explained) != len(known) {
		t.Errorf("the page explains %d of %d fields", len(explained), len(known))
	}
}

func TestCheckTellsWhatThePageDoesNotAllow(t *testing.T) {
	for name, tt := range map[string]struct{ line, fault string }{
		"sound":   {`{"time":"2026-11-22T20:00:00Z","kind":"step-finished","step":"test","seconds":2}`, ""},
		"kind":    {`{"time":"2026-11-22T20:00:00Z","kind":"step-ended"}`, "no such kind"},
		"log":     {`{"time":"2026-11-22T20:00:00Z","kind":"log-line","text":"x"}`, "no such kind"},
		"key":     {`{"time":"2026-11-22T20:00:00Z","kind":"note","txt":"x"}`, "txt"},
		"time":    {`{"kind":"note","text":"x"}`, "no time"},
		"text":    {`{"time":"2026-11-22T20:00:00Z","kind":"note"}`, "no text"},
		"step":    {`{"time":"2026-11-22T20:00:00Z","kind":"run-finished","step":"test"}`, "belongs to no step"},
		"error":   {`{"time":"2026-11-22T20:00:00Z","kind":"note","text":"x","error":"y"}`, "has an error"},
		"seconds": {`{"time":"2026-11-22T20:00:00Z","kind":"note","text":"x","seconds":1}`, "it took"},
		"field":   {`{"time":"2026-11-22T20:00:00Z","kind":"note","text":"x","fields":{"a":"b"}}`, "the field a"},
		"torn":    {`{"time":"2026-11-22T20:`, "read event"},
	} {
		_, err := Check([]byte(tt.line))
		if (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%s: got %v, want %q", name, err, tt.fault)
		}
	}
}

func TestCountsSurviveTheEvent(t *testing.T) {
	var heard []Event
	sink := Sink(func(e Event) { heard = append(heard, e) }).For("test")
	want := Count{Done: 31, Total: 40, Unit: UnitTests, Failed: 2}
	sink.Count("31 of 40 tests", want)
	sink.Progress("a phrase")
	if got, ok := heard[0].Count(); !ok || got != want || heard[0].Step != "test" || time.Since(heard[0].Time) > time.Minute {
		t.Errorf("got %+v, %v", got, heard[0])
	}
	if _, ok := heard[1].Count(); ok {
		t.Error("a phrase counts something")
	}
}
