package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/registry"
)

// What travels with an image; the names are those of other tools.
const (
	statementMedia = "application/vnd.in-toto+json"
	statementType  = "https://in-toto.io/Statement/v1"
	predicateType  = "https://slsa.dev/provenance/v1"
	predicateKey   = "in-toto.io/predicate-type"
	buildType      = "https://github.com/haddock-ci/pipeline/blob/main/docs/release.md#what-travels-with-an-image"
	builderID      = "https://github.com/haddock-ci/pipeline"
	bomMedia       = "application/vnd.cyclonedx+json"
)

// bomFile keeps the bill of materials of the last built image in
// .pipeline/state, for a push by another process.
const bomFile = "bom.json"

// A Statement says in the words of in-toto and SLSA v1 how an image came to
// be. It holds no time of day: the same build says the same.
type Statement struct {
	Type          string     `json:"_type"`
	Subject       []Resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     Provenance `json:"predicate"`
}

// A Resource is one thing that a statement speaks of.
type Resource struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
}

// Provenance is the predicate of SLSA v1.
type Provenance struct {
	BuildDefinition struct {
		BuildType            string      `json:"buildType"`
		ExternalParameters   Asked       `json:"externalParameters"`
		InternalParameters   Established `json:"internalParameters"`
		ResolvedDependencies []Resource  `json:"resolvedDependencies"`
	} `json:"buildDefinition"`
	RunDetails struct {
		Builder struct {
			ID      string            `json:"id"`
			Version map[string]string `json:"version"`
		} `json:"builder"`
		Metadata struct {
			InvocationID string `json:"invocationId,omitempty"`
		} `json:"metadata"`
	} `json:"runDetails"`
}

// Asked is what the build was asked to make.
type Asked struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	Repository string `json:"repository"`
	Source     string `json:"source,omitempty"` // of the git repository, without a login
	Branch     string `json:"branch,omitempty"`
	Revision   string `json:"revision,omitempty"` // full commit hash
}

// Established is what the build has found out about what it made.
type Established struct {
	Tag      string            `json:"tag"`
	Platform string            `json:"platform"`
	Dirty    bool              `json:"dirty"`
	Tested   bool              `json:"tested"`
	Tests    registry.Tests    `json:"tests"`
	Context  string            `json:"context"` // hash of what the image build was sent, by content
	Database registry.Database `json:"database"`
	CI       registry.CI       `json:"ci"`
}

// statement is what the release's provenance says.
func statement(built candidate, release registry.Release) Statement {
	s := Statement{
		Type: statementType, PredicateType: predicateType,
		Subject: []Resource{{Name: release.Repository, Digest: digestSet(release.Digest)}},
	}
	definition := &s.Predicate.BuildDefinition
	definition.BuildType = buildType
	definition.ExternalParameters = Asked{
		Name: release.Name, Version: release.Version, Repository: release.Repository,
		Source: built.Source, Branch: release.Branch, Revision: release.Revision,
	}
	definition.InternalParameters = Established{
		Tag: release.Tag, Platform: release.Platform, Dirty: release.Dirty, Tested: release.Tested,
		Tests: release.Tests, Context: built.Context, Database: release.Database, CI: release.CI,
	}
	definition.ResolvedDependencies = []Resource{}
	if release.Revision != "" {
		source := Resource{Name: "source", Digest: map[string]string{"gitCommit": release.Revision}}
		if built.Source != "" {
			source.URI = "git+" + built.Source
		}
		definition.ResolvedDependencies = append(definition.ResolvedDependencies, source)
	}
	if release.Database.Digest != "" {
		definition.ResolvedDependencies = append(definition.ResolvedDependencies,
			Resource{Name: "database", URI: release.Database.Image, Digest: digestSet(release.Database.Digest)})
	}
	details := &s.Predicate.RunDetails
	details.Builder.ID = builderID
	name, version, _ := strings.Cut(release.Tool, " ")
	details.Builder.Version = map[string]string{name: version}
	details.Metadata.InvocationID = release.CI.URL
	if details.Metadata.InvocationID == "" {
		details.Metadata.InvocationID = release.CI.Build
	}
	return s
}

// digestSet writes sha256:abc as SLSA does.
func digestSet(digest string) map[string]string {
	algorithm, hex, _ := strings.Cut(digest, ":")
	return map[string]string{algorithm: hex}
}

// attachProof lets the proof travel with the image.
func (r *run) attachProof(ctx context.Context, sink events.Sink, in pushable, release registry.Release) error {
	text, err := json.Marshal(statement(in.built, release))
	if err != nil {
		return fmt.Errorf("write provenance: %w", err)
	}
	list := []registry.Attachment{{Type: statementMedia, Annotations: map[string]string{predicateKey: predicateType}, Data: text}}
	bom, err := os.ReadFile(r.dir.State(bomFile))
	switch {
	case err == nil:
		list = append(list, registry.Attachment{Type: bomMedia, Data: bom})
	case !errors.Is(err, fs.ErrNotExist):
		return &WorkdirError{"read the bill of materials", err}
	}
	added, err := in.ready.repository.Attach(ctx, release.Digest, list...)
	if errors.Is(err, registry.ErrNoAttachments) {
		sink.Warn(fmt.Sprintf("the image has no provenance: %v", err))
		return nil
	}
	if added > 0 {
		sink.Progress(fmt.Sprintf("attached %d of provenance and bill of materials", added))
	}
	return err
}

// keepBOM keeps the project's bill of materials as it is when the image is
// built; cyclonedx-maven-plugin writes target/bom.json.
func (r *run) keepBOM(sink events.Sink) error {
	for _, name := range []string{"target/bom.json", "bom.json"} {
		data, err := os.ReadFile(filepath.Join(r.cfg.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read the bill of materials: %w", err)
		}
		var bom struct{ BOMFormat string }
		if json.Unmarshal(data, &bom) != nil || bom.BOMFormat != "CycloneDX" {
			sink.Warn(name + " is no CycloneDX bill of materials in JSON, and is not attached to the image")
			continue
		}
		if err := atomicfile.Write(r.dir.State(bomFile), data, 0o644); err != nil {
			return &WorkdirError{"keep the bill of materials", err}
		}
		return nil
	}
	if err := os.Remove(r.dir.State(bomFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &WorkdirError{"forget the last bill of materials", err}
	}
	return nil
}
