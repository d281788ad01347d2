// Package provenance says how an image came to be, in the words of in-toto and
// SLSA v1, so that other tools can read it.
package provenance

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/haddock-ci/pipeline/registry"
)

// The names are those of other tools.
const (
	media         = "application/vnd.in-toto+json"
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "https://slsa.dev/provenance/v1"
	predicateKey  = "in-toto.io/predicate-type"
	buildType     = "https://github.com/haddock-ci/pipeline/blob/main/docs/release.md#what-travels-with-an-image"
	builderID     = "https://github.com/haddock-ci/pipeline"
)

// A Statement says in the words of in-toto and SLSA v1 how an image came to
// be. It holds no time of day: the same build says the same.
type Statement struct {
	Type          string     `json:"_type"`
	Subject       []Resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     Predicate  `json:"predicate"`
}

// A Resource is one thing that a statement speaks of.
type Resource struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
}

// A Predicate is that of SLSA v1.
type Predicate struct {
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

// Of is the provenance of a release: of which repository its commit is, and the
// hash of what the image build was sent.
func Of(release registry.Release, source, context string) Statement {
	s := Statement{
		Type: statementType, PredicateType: predicateType,
		Subject: []Resource{{Name: release.Repository, Digest: digestSet(release.Digest)}},
	}
	definition := &s.Predicate.BuildDefinition
	definition.BuildType = buildType
	definition.ExternalParameters = Asked{
		Name: release.Name, Version: release.Version, Repository: release.Repository,
		Source: source, Branch: release.Branch, Revision: release.Revision,
	}
	definition.InternalParameters = Established{
		Tag: release.Tag, Platform: release.Platform, Dirty: release.Dirty, Tested: release.Tested,
		Tests: release.Tests, Context: context, Database: release.Database, CI: release.CI,
	}
	definition.ResolvedDependencies = []Resource{}
	if release.Revision != "" {
		commit := Resource{Name: "source", Digest: map[string]string{"gitCommit": release.Revision}}
		if source != "" {
			commit.URI = "git+" + source
		}
		definition.ResolvedDependencies = append(definition.ResolvedDependencies, commit)
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

// Attachment is the statement as it travels with the image.
func (s Statement) Attachment() (registry.Attachment, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return registry.Attachment{}, fmt.Errorf("write provenance: %w", err)
	}
	return registry.Attachment{Type: media, Annotations: map[string]string{predicateKey: predicateType}, Data: text}, nil
}

// Read takes the statement out of an attachment; it reports false for what this
// pipeline has not attached.
func Read(a registry.Attachment) (Statement, bool) {
	var s Statement
	known := a.Type == media && a.Annotations[predicateKey] == predicateType &&
		json.Unmarshal(a.Data, &s) == nil && s.Predicate.BuildDefinition.BuildType == buildType
	return s, known
}

// digestSet writes sha256:abc as SLSA does.
func digestSet(digest string) map[string]string {
	algorithm, hex, _ := strings.Cut(digest, ":")
	return map[string]string{algorithm: hex}
}
