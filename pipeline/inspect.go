package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/haddock-ci/pipeline/pipeline/provenance"
	"github.com/haddock-ci/pipeline/registry"
)

// An Inspection is what a registry has under a name, and what travels with it.
type Inspection struct {
	Repository string                `json:"repository"`
	Digest     string                `json:"digest"`
	Version    string                `json:"version,omitempty"`
	Revision   string                `json:"revision,omitempty"`
	Build      string                `json:"build,omitempty"`
	Provenance *provenance.Statement `json:"provenance,omitempty"`
	BOM        json.RawMessage       `json:"bom,omitempty"`    // CycloneDX
	Others     []string              `json:"others,omitempty"` // types of what else is attached
}

// Components counts what the bill of materials lists.
func (i Inspection) Components() int {
	var bom struct{ Components []json.RawMessage }
	if json.Unmarshal(i.BOM, &bom) != nil {
		return 0
	}
	return len(bom.Components)
}

// Inspect reads an image and its proof from the registry. ref is a tag or a
// digest of the project's repository, or the whole name of an image elsewhere.
func Inspect(ctx context.Context, cfg Config, set Settings, ref string) (Inspection, error) {
	repository, tag, err := openRef(ctx, cfg, set, ref)
	if err != nil {
		return Inspection{}, err
	}
	there, err := repository.Look(ctx, tag)
	if err != nil {
		return Inspection{}, err
	}
	if there.Digest == "" {
		return Inspection{}, &UsageError{fmt.Sprintf("%s has no %s", repository.Name, tag)}
	}
	found := Inspection{
		Repository: repository.Name, Digest: there.Digest,
		Version: there.Version, Revision: there.Revision, Build: there.Build,
	}
	list, err := repository.Attachments(ctx, there.Digest)
	if err != nil {
		return Inspection{}, err
	}
	for _, a := range list {
		found.add(a)
	}
	return found, nil
}

func (i *Inspection) add(a registry.Attachment) {
	statement, known := provenance.Read(a)
	switch {
	case known:
		i.Provenance = &statement
	case a.Type == bomMedia && json.Valid(a.Data):
		i.BOM = a.Data
	default:
		i.Others = append(i.Others, a.Type)
	}
}

// openRef opens the repository that an image's name is about, and returns its
// tag or digest.
func openRef(ctx context.Context, cfg Config, set Settings, ref string) (*registry.Repository, string, error) {
	name, tag := splitRef(ref)
	if name == "" {
		name = cfg.Image.Repository
	}
	if tag == "" || name == "" {
		return nil, "", &UsageError{fmt.Sprintf("%q names no image: want a tag, a digest, or repository:tag", ref)}
	}
	own, _, _ := strings.Cut(cfg.Image.Repository, "/")
	if host, _, _ := strings.Cut(name, "/"); host != own { // the login is for the project's registry alone
		cfg.Registry = RegistryConfig{}
	}
	cfg.Image.Repository = name
	var ready Ready
	r := &run{cfg: cfg, set: set}
	r.learnSecrets()
	if err := r.openRepository(ctx, &ready); err != nil {
		return nil, "", err
	}
	return ready.repository, tag, nil
}

// splitRef takes an image's name apart; without a slash it is only a tag or a
// digest.
func splitRef(ref string) (repository, tag string) {
	if !strings.Contains(ref, "/") {
		return "", strings.TrimLeft(ref, ":@")
	}
	if repository, digest, ok := strings.Cut(ref, "@"); ok {
		if last := strings.LastIndex(repository, ":"); last > strings.LastIndex(repository, "/") {
			repository = repository[:last]
		}
		return repository, digest
	}
	if last := strings.LastIndex(ref, ":"); last > strings.LastIndex(ref, "/") {
		return ref[:last], ref[last+1:]
	}
	return ref, ""
}
