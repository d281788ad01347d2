package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestPasswordNeverPrintsItself(t *testing.T) {
	const text = "tiger-in-the-night"
	p := NewPassword(text)
	schema := Schema{Name: "orders", User: "ORDERS", Password: p}
	type holder struct{ hidden Password }
	things := map[string]any{
		"password": p, "pointer": &p, "schema": schema, "schemas": []Schema{schema}, "map": map[string]Password{"x": p},
		"database": Database{Schemas: []Schema{schema}}, "container": &Container{in: &instance{system: p}, schemas: []Schema{schema}},
		"unexported field": holder{p}, "error": fmt.Errorf("log in with %v", p),
	}
	for name, thing := range things {
		var out strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%p", "%T"} {
			fmt.Fprintf(&out, verb+"\n", thing)
		}
		encoded, err := json.Marshal(thing)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		out.Write(encoded)
		logger := slog.New(slog.NewTextHandler(&out, nil))
		logger.Info("x", "thing", thing)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "thing", thing)
		for _, leak := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text)} {
			if strings.Contains(out.String(), leak) {
				t.Errorf("%s: it shows in %s", name, out.String())
			}
		}
	}
	if got := fmt.Sprintf("%v %s %#v %d", p, p, p, p); got != "[secret] [secret] [secret] [secret]" {
		t.Errorf("got %s", got)
	}
}

func TestPasswordIsRevealedOnRequest(t *testing.T) {
	if got := NewPassword("tiger").Reveal(); got != "tiger" {
		t.Errorf("got %q", got)
	}
	if got := (Password{}).Reveal(); got != "" {
		t.Errorf("zero: got %q", got)
	}
}

func TestRandomPasswordsPassEveryRule(t *testing.T) {
	seen := make(map[string]bool)
	for range 2000 {
		text := randomPassword().Reveal()
		if seen[text] {
			t.Fatalf("twice: %s", text)
		}
		seen[text] = true
		if len(text) < 24 || len(text) > 30 {
			t.Errorf("%s: %d characters", text, len(text))
		}
		if !strings.Contains(letters, text[:1]) || strings.Trim(text, alphabet) != "" {
			t.Errorf("%s: starts with no letter, or holds more than letters and digits", text)
		}
		if !strings.ContainsAny(text, "23456789") || strings.ToUpper(text) == text || strings.ToLower(text) == text {
			t.Errorf("%s: no digit, or only one case", text)
		}
	}
	var all bytes.Buffer
	for text := range seen {
		all.WriteString(text)
	}
	for _, c := range alphabet {
		if !strings.ContainsRune(all.String(), c) {
			t.Errorf("%c never occurs", c)
		}
	}
}
