package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
)

// ReadRelease reads a release.json strictly: a file of a newer schema, with an
// unknown field, or without what a deploy step needs is an error that says so.
func ReadRelease(path string) (Release, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Release{}, fmt.Errorf("read release: %w", err)
	}
	r, err := ParseRelease(data)
	if err != nil {
		return Release{}, fmt.Errorf("read release %s: %w", path, err)
	}
	return r, nil
}

// ParseRelease is ReadRelease for a text in memory.
func ParseRelease(data []byte) (Release, error) {
	// The version is read first: a newer file would else be blamed for a field.
	var version struct {
		Schema *int `json:"schema"`
	}
	switch err := json.Unmarshal(data, &version); {
	case err != nil:
		return Release{}, fmt.Errorf("not a release: %w", err)
	case version.Schema == nil:
		return Release{}, errors.New("not a release: schema is missing")
	case *version.Schema > ReleaseSchema:
		return Release{}, fmt.Errorf("schema %d is newer than this program, which knows %d: update it", *version.Schema, ReleaseSchema)
	case *version.Schema < 1:
		return Release{}, fmt.Errorf("schema %d does not exist", *version.Schema)
	}
	var r Release
	in := json.NewDecoder(bytes.NewReader(data))
	in.DisallowUnknownFields()
	if err := in.Decode(&r); err != nil {
		return Release{}, err
	}
	if err := r.Validate(); err != nil {
		return Release{}, err
	}
	return r, nil
}

// Validate reports the first thing that keeps a release from being deployed.
func (r Release) Validate() error {
	for _, f := range []struct{ name, value string }{
		{"name", r.Name},
		{"version", r.Version},
		{"repository", r.Repository},
		{"tag", r.Tag},
		{"digest", r.Digest},
		{"platform", r.Platform},
		{"tool", r.Tool},
	} {
		if f.value == "" {
			return fmt.Errorf("%s is missing", f.name)
		}
	}
	if !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(r.Digest) {
		return fmt.Errorf("digest %q is none: want sha256 and 64 hexadecimal digits", r.Digest)
	}
	if _, err := parse(r.Repository, r.Tag, false); err != nil {
		return err
	}
	if r.Created.IsZero() {
		return errors.New("created is missing")
	}
	if r.Tested && r.Tests.Tree == "" {
		return errors.New("tested without tests.tree")
	}
	return nil
}

// Write writes the release as release.json, whole or not at all.
func (r Release) Write(path string) error {
	r.Schema = ReleaseSchema
	if err := r.Validate(); err != nil {
		return fmt.Errorf("write release: %w", err)
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write release: %w", err)
	}
	if err := atomicfile.Write(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write release: %w", err)
	}
	return nil
}

// Image is the name that always means this image: repository@digest.
func (r Release) Image() string { return r.Repository + "@" + r.Digest }
