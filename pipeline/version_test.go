package pipeline

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/internal/git"
	"github.com/haddock-ci/pipeline/internal/git/gittest"
)

func TestVersionOfAPom(t *testing.T) {
	const head = `<?xml version="1.0" encoding="ISO-8859-1"?><project xmlns="http://maven.apache.org/POM/4.0.0">`
	tests := map[string]struct {
		pom, mavenConfig string
		want             Version
		err              string
	}{
		"own":      {pom: head + "<version> 1.4.2 </version></project>", want: Version{Text: "1.4.2"}},
		"snapshot": {pom: head + "<version>1.4.2-SNAPSHOT</version></project>", want: Version{Text: "1.4.2", Snapshot: true}},
		"parent's": {pom: head + "<parent><version>2.0</version></parent></project>", want: Version{Text: "2.0"}},
		"own before the parent's": {
			pom:  head + "<parent><version>2.0</version></parent><version>1.0</version></project>",
			want: Version{Text: "1.0"},
		},
		"not that of a dependency": {
			pom:  head + "<dependencies><dependency><version>9</version></dependency></dependencies><version>1.0</version></project>",
			want: Version{Text: "1.0"},
		},
		"revision of maven.config": {
			pom:         head + "<version>${revision}${changelist}</version><properties><revision>1.0</revision><changelist>-SNAPSHOT</changelist></properties></project>",
			mavenConfig: "-B\n-Drevision=3.1\n", want: Version{Text: "3.1", Snapshot: true},
		},
		"revision of the properties": {
			pom:  head + "<version>${revision}</version><properties><revision>${main}.5</revision><main>7</main></properties></project>",
			want: Version{Text: "7.5"},
		},
		"parent's by name": {
			pom:  head + "<parent><version>2.0</version></parent><version>${project.parent.version}</version></project>",
			want: Version{Text: "2.0"},
		},
		"unknown property": {
			pom: head + "<version>${revision}</version></project>",
			err: "pom.xml has version ${revision}, and neither .mvn/maven.config nor its properties define revision",
		},
		"defined by itself": {
			pom: head + "<version>${a}</version><properties><a>${b}</a><b>${a}</b></properties></project>",
			err: "defined by itself",
		},
		"properties that multiply": {
			pom: head + "<version>${a}</version><properties><a>${b}${b}</a><b>" + strings.Repeat("${c}", 40) + "</b><c>" + strings.Repeat("9", 40) + "</c></properties></project>",
			err: "pom.xml has a version of more than 1000 characters",
		},
		"no version":  {pom: head + "</project>", err: "neither a version nor a parent"},
		"cut off":     {pom: head + "\n<version>1", err: "pom.xml:2: unexpected EOF"},
		"another xml": {pom: "<a/>", err: "pom.xml is no pom"},
		"no version text": {
			pom: head + "<version>1 0</version></project>", err: `pom.xml: "1 0" is no version`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "pom.xml", tt.pom)
			if tt.mavenConfig != "" {
				write(t, dir, ".mvn/maven.config", tt.mavenConfig)
			}
			got, err := Config{Dir: dir, Version: VersionConfig{File: "pom.xml"}}.ResolveVersion(t.Context())
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, %v, want %s", got, err, tt.err)
				}
				return
			}
			tt.want.Source = "pom.xml"
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestVersionOfOtherSources(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "VERSION", "\nv1.9.0\nmore\n")
	write(t, dir, "EMPTY", "\n")
	file := filepath.Join(dir, "pipeline.yaml")
	got, err := Config{File: file, Version: VersionConfig{Text: "2.0-SNAPSHOT"}}.ResolveVersion(t.Context())
	if want := (Version{"2.0", true, "pipeline.yaml"}); err != nil || got != want {
		t.Errorf("text: %+v, %v", got, err)
	}
	got, err = Config{Dir: dir, Version: VersionConfig{File: "VERSION"}}.ResolveVersion(t.Context())
	if want := (Version{"1.9.0", false, "VERSION"}); err != nil || got != want {
		t.Errorf("file: %+v, %v", got, err)
	}
	for _, name := range []string{"EMPTY", "NONE"} {
		if got, err = (Config{Dir: dir, Version: VersionConfig{File: name}}).ResolveVersion(t.Context()); err == nil {
			t.Errorf("%s: %+v, want an error", name, got)
		}
	}
}

func TestVersionOfGit(t *testing.T) {
	r := gittest.New(t)
	assumed := Config{Dir: r.Dir, Version: VersionConfig{Git: "tag", assumed: true}}
	asked := Config{Dir: r.Dir, Version: VersionConfig{Git: "tag"}}
	expect := func(what string, c Config, want, wantErr string) {
		t.Helper()
		got, err := c.ResolveVersion(t.Context())
		if got.Text != want || (err == nil) != (wantErr == "") || !strings.Contains(errorText(err), wantErr) {
			t.Errorf("%s: %q, %v, want %q, %s", what, got.Text, err, want, wantErr)
		}
	}
	expect("no commit, not asked", assumed, "0.0.0", "")
	r.Commit()
	r.Git("tag", "vocal")
	expect("no tag, not asked", assumed, "0.0.0", "")
	expect("no tag", asked, "", "no tag v<number> is on HEAD or before it")
	r.Git("tag", "v1.2.0")
	r.Commit()
	expect("tag before HEAD", asked, "1.2.0", "")
	r.Git("tag", "-a", "-m", "x", "v1.3.0")
	expect("tag on HEAD", assumed, "1.3.0", "")

	r.Commit()
	shallow := filepath.Join(t.TempDir(), "clone")
	r.Git("clone", "-q", "--depth=1", "--no-tags", "file://"+r.Dir, shallow)
	expect("shallow", Config{Dir: shallow, Version: VersionConfig{Git: "tag"}}, "", "shallow clone")

	none := t.TempDir()
	expect("no git, not asked", Config{Dir: none, Version: VersionConfig{Git: "tag", assumed: true}}, "0.0.0", "")
	expect("no git", Config{Dir: none, Version: VersionConfig{Git: "tag"}}, "", git.ErrNone.Error())

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := assumed.ResolveVersion(ctx); err == nil {
		t.Error("cancelled: no error")
	}
}

func TestReleaseTagIsUniqueAndValid(t *testing.T) {
	tests := map[string]struct {
		version, build, sha string
		dirty               bool
		tree                string
		want                string
	}{
		"in CI":               {"1.4.2", "42", "0123456789abcdef", false, "", "1.4.2-42"},
		"dirty in CI":         {"1.4.2", "42", "0123456789abcdef", true, "fedcba9876543210", "1.4.2-42-dirty-fedcba9"},
		"at home":             {"1.4.2", "", "0123456789abcdef", false, "", "1.4.2-01234567"},
		"dirty":               {"1.4.2", "", "0123456789abcdef", true, "fedcba9876543210", "1.4.2-01234567-dirty-fedcba9"},
		"without a commit":    {"1.4.2", "", "", true, "fedcba9876543210", "1.4.2-dev-dirty-fedcba9"},
		"without git":         {"1.4.2", "", "", false, "fedcba9876543210", "1.4.2-dev-fedcba9"},
		"plus":                {"1.4.2+b1", "42", "", false, "", "1.4.2-b1-42"},
		"odd start":           {".-1", "42", "", false, "", "1-42"},
		"nothing left":        {"..", "42", "", false, "", "0.0.0-42"},
		"odd build":           {"1", "PLAN/7", "", false, "", "1-PLAN-7"},
		"long version":        {strings.Repeat("1", 200), "42", "", false, "", strings.Repeat("1", 125) + "-42"},
		"long version, build": {strings.Repeat("1", 200), strings.Repeat("2", 200), "", true, "fedcba9876543210", strings.Repeat("1", 63) + "-" + strings.Repeat("2", 50) + "-dirty-fedcba9"},
	}
	valid := regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := uniqueTag(tt.version, tt.build, tt.sha, tt.dirty, tt.tree)
			if got != tt.want || !valid.MatchString(got) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
