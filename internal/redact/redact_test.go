package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/haddock-ci/pipeline/internal/redact"
)

const secret = "p@ss/w0rd+ü&\"x"

func TestSecretsAreMaskedInEveryForm(t *testing.T) {
	r := redact.New(secret, "tiger", "first line\nsecond line\n", "abc", "", "   ")
	quoted, _ := json.Marshal(secret)
	for name, tc := range map[string]struct{ in, want string }{
		"plain":            {"login " + secret + " ok", "login [secret] ok"},
		"twice":            {"tiger tiger", "[secret] [secret]"},
		"url query":        {"?p=" + url.QueryEscape(secret), "?p=[secret]"},
		"url path":         {"/" + url.PathEscape(secret), "/[secret]"},
		"url, small":       {"?p=p%40ss%2fw0rd%2b%c3%bc%26%22x", "?p=[secret]"},
		"xml":              {"<p>" + html.EscapeString(secret) + "</p>", "<p>[secret]</p>"},
		"json":             {`{"p":` + string(quoted) + `}`, `{"p":"[secret]"}`},
		"base64":           {base64.StdEncoding.EncodeToString([]byte("tiger")), "[secret]="},
		"a line of many":   {"> second line", "> [secret]"},
		"all lines":        {"first line\nsecond line", "[secret]"},
		"too short":        {"abcdef", "abcdef"},
		"nothing to mask":  {"nothing", "nothing"},
		"part of a secret": {"tige", "tige"},
	} {
		if got := r.String(tc.in); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestSecretsInsideBasicAuthAreMasked(t *testing.T) {
	const password = "correct-horse-battery"
	r := redact.New(password)
	for _, user := range []string{"a", "bo", "eve", "mallory"} {
		encoded := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
		got := r.String(encoded)
		if got == encoded || len(strings.ReplaceAll(got, redact.Mask, "")) > 4*(len(user)+1)/3+8 {
			t.Errorf("%s: %q is masked as %q", user, encoded, got)
		}
	}
}

func TestEveryLineOfWrappedBase64IsMasked(t *testing.T) {
	key := "-----BEGIN KEY-----\n" + strings.Repeat("c2VjcmV0IGtleSBvZiBzb21lYm9keQ\n", 12) + "-----END KEY-----\n"
	r := redact.New(key)
	for _, text := range []string{key, strings.TrimSpace(key)} {
		encoded := base64.StdEncoding.EncodeToString([]byte(text))
		for _, width := range []int{64, 76} {
			for rest := encoded; len(rest) > width; rest = rest[width:] {
				if got := r.String(rest[:width]); got != "[secret]" {
					t.Errorf("width %d: %q is masked as %q", width, rest[:width], got)
				}
			}
		}
	}
}

func TestTheLongerSecretWins(t *testing.T) {
	r := redact.New("pass", "password1")
	if got := r.String("password1 pass"); got != "[secret] [secret]" {
		t.Errorf("got %q", got)
	}
}

func TestASecretCutByBuffersIsStillMasked(t *testing.T) {
	text := "before " + secret + " after\nand " + secret
	for size := 1; size <= len(text); size++ {
		var out bytes.Buffer
		w := redact.New(secret).Writer(&out)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if _, err := w.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := errors.Join(w.Close(), w.Close()); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), "before [secret] after\nand [secret]"; got != want {
			t.Fatalf("chunks of %d: %q, want %q", size, got, want)
		}
	}
}

func TestAnEndlessLineIsPassedOnWithoutCuttingASecret(t *testing.T) {
	var out bytes.Buffer
	w := redact.New("topsecret").Writer(&out)
	for range 30_000 {
		if _, err := w.Write([]byte("xtopsecret")); err != nil {
			t.Fatal(err)
		}
	}
	if out.Len() == 0 {
		t.Error("nothing was passed on")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != strings.Repeat("x[secret]", 30_000) {
		t.Errorf("a secret came through, or text was lost (%d characters)", len(got))
	}
}

func TestWholeLinesArePassedOnAtOnce(t *testing.T) {
	var out bytes.Buffer
	w := redact.New(secret).Writer(&out)
	fmt.Fprint(w, "a\nb\nhalf")
	if out.String() != "a\nb\n" {
		t.Errorf("out = %q", out.String())
	}
}

func TestSecretsMayBeAddedWhileWriting(t *testing.T) {
	var out bytes.Buffer
	var r redact.Redactor
	w := r.Writer(&out)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			mine := fmt.Sprintf("secret-number-%d", i)
			r.Add(mine)
			for range 50 {
				fmt.Fprintf(w, "%s\n", mine)
			}
		})
	}
	all.Wait()
	if strings.Contains(out.String(), "number") {
		t.Errorf("a secret came through: %q", out.String())
	}
}

func TestTheSecretTypeNeverPrints(t *testing.T) {
	s, wrong := redact.Secret("tiger"), "%d"
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("login", "password", s)
	asJSON, err := json.Marshal(map[string]any{"p": s, "in": struct{ P redact.Secret }{s}})
	if err != nil {
		t.Fatal(err)
	}
	for how, text := range map[string]string{
		"%v": fmt.Sprintf("%v", s), "%s": fmt.Sprintf("%s!", s), "%q": fmt.Sprintf("%q", s),
		"%x": fmt.Sprintf("%x", s), "%d": fmt.Sprintf(wrong, s),
		"%#v": fmt.Sprintf("%#v", s), "%+v": fmt.Sprintf("%+v", struct{ P redact.Secret }{s}),
		"slog": logged.String(), "json": string(asJSON), "err": fmt.Errorf("x: %v", s).Error(),
	} {
		if strings.Contains(text, "tiger") || !strings.Contains(text, "secret") {
			t.Errorf("%s: %q", how, text)
		}
	}
	if s.Reveal() != "tiger" || redact.Secret("").String() != "" {
		t.Error("Reveal or the empty secret is wrong")
	}
}
