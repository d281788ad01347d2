package registry_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/registry"
)

var update = flag.Bool("update", false, "write the golden files")

func release() registry.Release {
	return registry.Release{
		Schema: registry.ReleaseSchema, Name: "orders", Version: "1.4.2", Repository: "registry.example.com/shop/orders",
		Tag: "1.4.2-57", Digest: "sha256:" + strings.Repeat("0a", 32), Platform: "linux/amd64",
		Revision: strings.Repeat("c", 40), Branch: "main", Created: time.Date(2026, 11, 22, 8, 30, 0, 0, time.UTC),
		CI:       registry.CI{Vendor: "bamboo", Build: "SHOP-ORD-57", URL: "https://ci.example.com/browse/SHOP-ORD-57"},
		Tests:    registry.Tests{Total: 212, Skipped: 3, Tree: "t1"},
		Tested:   true,
		Database: registry.Database{Image: "gvenzl/oracle-free:23.26.0-slim-faststart", Digest: "sha256:" + strings.Repeat("0b", 32)},
		Tool:     "pipeline 0.1.0",
	}
}

func TestReleaseIsWrittenAsItIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "release.json")
	want := release()
	if err := want.Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := registry.ReadRelease(path)
	if err != nil || got != want {
		t.Errorf("read = %+v, %v, want %+v", got, err, want)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "release.json")
	if *update {
		if err := os.WriteFile(golden, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(golden); err != nil || string(text) != string(data) {
		t.Errorf("release.json has changed (%v); it is a contract, so raise ReleaseSchema, then use -update:\n%s", err, data)
	}
}

func TestReleaseImageIsRepositoryAtDigest(t *testing.T) {
	if got, want := release().Image(), "registry.example.com/shop/orders@sha256:"+strings.Repeat("0a", 32); got != want {
		t.Errorf("image = %s, want %s", got, want)
	}
}

func TestReadReleaseIsStrict(t *testing.T) {
	good, err := os.ReadFile(filepath.Join("testdata", "release.json"))
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, with string) string {
		if !strings.Contains(string(good), old) {
			t.Fatalf("%s is not in the golden file", old)
		}
		return strings.Replace(string(good), old, with, 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":              {"release", "not a release"},
		"an empty file":        {"", "not a release"},
		"no schema":            {"{}", "schema is missing"},
		"a newer schema":       {replace(`"schema": 1`, `"schema": 2`), "schema 2 is newer than this program, which knows 1"},
		"schema zero":          {replace(`"schema": 1`, `"schema": 0`), "schema 0 does not exist"},
		"an unknown field":     {replace(`"name":`, `"title":`), `unknown field "title"`},
		"no name":              {replace(`"orders"`, `""`), "name is missing"},
		"no digest":            {replace(`"digest": "sha256:0a`, `"digest": "`), "digest"},
		"a short digest":       {replace(strings.Repeat("0a", 32), "0a"), "want sha256 and 64"},
		"a bad repository":     {replace("registry.example.com/shop/orders", "registry.example.com/Shop Orders"), "no name of one"},
		"no time":              {replace("2026-11-22T08:30:00Z", "0001-01-01T00:00:00Z"), "created is missing"},
		"tested without proof": {replace(`"tree": "t1"`, `"tree": ""`), "tested without tests.tree"},
		"two values":           {string(good) + "{}", "after top-level value"},
		"a wrong type":         {replace(`"total": 212`, `"total": "many"`), "total"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "release.json")
			if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := registry.ReadRelease(path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("err = %v, want %q and the file's name", err, c.want)
			}
		})
	}
}

func TestAnIncompleteReleaseIsNotWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "release.json")
	bad := release()
	bad.Digest = ""
	if err := bad.Write(path); err == nil {
		t.Error("written without a digest")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("there is a file")
	}
}

func FuzzParseRelease(f *testing.F) {
	good, err := os.ReadFile(filepath.Join("testdata", "release.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"schema":1}`))
	f.Add([]byte(`{"schema":1,"digest":"sha256:"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := registry.ParseRelease(data)
		if err != nil {
			return
		}
		path := filepath.Join(t.TempDir(), "release.json")
		if err := r.Write(path); err != nil {
			t.Fatalf("read but cannot be written: %v", err)
		}
		again, err := registry.ReadRelease(path)
		if err != nil || !again.Created.Equal(r.Created) || again.Image() != r.Image() {
			t.Errorf("%+v became %+v, %v", r, again, err)
		}
	})
}
