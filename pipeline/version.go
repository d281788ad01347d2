package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/haddock-ci/pipeline/internal/git"
	"github.com/haddock-ci/pipeline/internal/maven"
)

// noVersion stands for a project that names no version and has no tag yet.
const noVersion = "0.0.0"

// A Version is the product's version, without the -SNAPSHOT that Maven marks
// unreleased ones with.
type Version struct {
	Text     string // 1.4.2
	Snapshot bool   // it was 1.4.2-SNAPSHOT: never a final tag
	Source   string // where it came from, for the reader: pom.xml, git tag, pipeline.yaml
}

// ResolveVersion finds the product's version where the configuration says. With
// `version: {git: tag}` it is that of the nearest tag v<number> that HEAD
// descends from; when the file asks for no version at all, a project without
// such a tag, or without git, has version 0.0.0. A *git.Error within the error
// says that git itself is in trouble.
func (c Config) ResolveVersion(ctx context.Context) (Version, error) {
	text, source, err := c.findVersion(ctx)
	if err != nil {
		return Version{}, fmt.Errorf("find the version: %w", err)
	}
	v := Version{Text: text, Source: source}
	if base, ok := strings.CutSuffix(text, "-SNAPSHOT"); ok {
		v.Text, v.Snapshot = base, true
	}
	if wrong := versionText(v.Text); wrong != "" {
		return Version{}, fmt.Errorf("find the version: %s: %s", source, wrong)
	}
	return v, nil
}

func (c Config) findVersion(ctx context.Context) (text, source string, err error) {
	switch {
	case c.Version.Text != "":
		return c.Version.Text, filepath.Base(c.File), nil
	case c.Version.File != "":
		text, err := fileVersion(filepath.Join(c.Dir, filepath.FromSlash(c.Version.File)))
		return text, c.Version.File, err
	}
	text, ok, err := git.NearestVersion(ctx, c.Dir)
	switch {
	case ok:
		return text, "git tag", nil
	case ctx.Err() != nil:
		return "", "", context.Cause(ctx)
	case c.Version.assumed && (err == nil || errors.Is(err, git.ErrNone)):
		return noVersion, "no tag", nil
	case err != nil:
		return "", "", err
	}
	if g, err := git.Read(ctx, c.Dir); err == nil && g.Shallow {
		return "", "", errors.New("no tag v<number> in this shallow clone; fetch more of it, or its tags")
	}
	return "", "", errors.New("no tag v<number> is on HEAD or before it; set one, such as v0.1.0")
}

// fileVersion reads the version of a Maven project, or the first line of any
// other file.
func fileVersion(file string) (string, error) {
	if strings.EqualFold(filepath.Ext(file), ".xml") {
		return maven.Version(file)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" {
			return strings.TrimPrefix(line, "v"), nil
		}
	}
	return "", fmt.Errorf("%s is empty", filepath.Base(file))
}

var notInTag = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// shortTree is how much of a tree's hash stands in a tag.
const shortTree = 7

// maxTag is the longest tag that registries take.
const maxTag = 128

// uniqueTag gives the unique tag of a build: <version>-<build number> in CI
// (build is the CI's number, empty at home), <version>-<short sha> at home, and
// <version>-dev without git. Where no commit says what is in the tree, tree does,
// the hash of its files: <version>-<short sha>-dirty-<tree>, <version>-dev-<tree>.
// What a tag cannot hold becomes a dash; of a version that is too long the end is
// cut off, never the part that makes the tag unique. A dirty tree is marked in CI
// too.
func uniqueTag(version, build, sha string, dirty bool, tree string) string {
	suffix := "dev"
	switch {
	case build != "":
		suffix = tagText(build)
	case sha != "":
		suffix = tagText(sha[:min(len(sha), git.ShortLength)])
	}
	if dirty {
		suffix += "-dirty"
	}
	if tree != "" {
		suffix += "-" + tree[:min(len(tree), shortTree)]
	}
	suffix = suffix[max(0, len(suffix)-maxTag/2):]
	version = strings.TrimLeft(tagText(version), ".-")
	if version == "" {
		version = noVersion
	}
	return version[:min(len(version), maxTag-1-len(suffix))] + "-" + suffix
}

func tagText(text string) string { return notInTag.ReplaceAllString(text, "-") }
