package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/git"
)

// bundleDir is the folder in .pipeline/out that holds all that a deployment
// without a checkout needs, and no secret: release.json, and haddock.yaml with
// its env files as they are in git.
const bundleDir = "release"

// deployFile is the deploy step's own configuration.
const deployFile = "haddock.yaml"

// bundle fills bundleDir. A file that git does not know is left out, with a
// warning: it may hold a secret, and it is not of the commit that was built.
func (r *run) bundle(ctx context.Context, sink events.Sink) error {
	dir := r.dir.Out(bundleDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return &WorkdirError{"make the release's folder", err}
	}
	if err := copyFile(r.dir.Out(ReleaseFile), filepath.Join(dir, ReleaseFile)); err != nil {
		return &WorkdirError{"fill the release's folder", err}
	}
	wanted, err := deployFiles(r.cfg.Dir)
	if err != nil || len(wanted) == 0 {
		return err
	}
	tracked, err := git.Tracked(ctx, r.cfg.Dir, wanted)
	if err != nil {
		return err
	}
	for _, name := range wanted {
		if !slices.Contains(tracked, name) {
			sink.Warn(fmt.Sprintf("%s is not in git, so it is not in the release's folder; the machine that deploys must have it", name))
			continue
		}
		if err := copyFile(filepath.Join(r.cfg.Dir, filepath.FromSlash(name)), filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return &WorkdirError{"fill the release's folder", err}
		}
	}
	return nil
}

// deployFiles are haddock.yaml and the env files that it names, when there is
// one; the deploy step itself judges what is in it.
func deployFiles(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, deployFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &WorkdirError{"read " + deployFile, err}
	}
	type section struct {
		EnvFiles []string `yaml:"envFiles"`
	}
	var config struct {
		Service      section            `yaml:"service"`
		Environments map[string]section `yaml:"environments"`
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, &UsageError{fmt.Sprintf("%s cannot be read: %v", deployFile, err)}
	}
	names := append([]string{deployFile}, config.Service.EnvFiles...)
	for _, name := range slices.Sorted(maps.Keys(config.Environments)) {
		names = append(names, config.Environments[name].EnvFiles...)
	}
	for i, name := range names {
		if names[i] = filepath.ToSlash(filepath.Clean(name)); !filepath.IsLocal(name) {
			return nil, &UsageError{fmt.Sprintf("%s: envFiles: %s is outside of the project", deployFile, name)}
		}
	}
	slices.Sort(names[1:])
	return slices.Compact(names), nil
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(to, text, 0o644)
}
