package registry

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// FinalTags are the tags of a release besides its unique one, in the order in
// which they are set: the version, then those that move. A version that is not
// a plain release (1.4.0-rc1, 1.4.0-SNAPSHOT) moves nothing.
func FinalTags(version string) []string {
	tags := []string{version}
	if !regexp.MustCompile(`^\d+(\.\d+)*$`).MatchString(version) {
		return tags
	}
	fields := strings.Split(version, ".")
	for n := min(len(fields)-1, 2); n > 0; n-- {
		tags = append(tags, strings.Join(fields[:n], "."))
	}
	return append(tags, "latest")
}

// TagPolicy says what may happen to tags that exist.
type TagPolicy struct {
	Version   string   // of the release that is tagged
	Immutable []string // globs of tags that never move, besides full versions
}

// moves reports whether a tag may point to another image tomorrow: latest, 1
// and 1.4 do, all others do not.
func (p TagPolicy) moves(tag string) bool {
	for _, glob := range p.Immutable {
		if ok, err := path.Match(glob, tag); ok || err != nil { // in doubt it stays
			return false
		}
	}
	return tag == "latest" || (tag != p.Version && regexp.MustCompile(`^\d+(\.\d+)?$`).MatchString(tag))
}

// A TagResult is what became of one tag.
type TagResult struct {
	Tag  string
	Set  bool   // false when it was right before, or was left alone
	Note string // why, when Set is false
}

// SetTags lets tags point to a digest that is in the repository, by writing
// its manifest under their names; no layer moves. Tags that do not move and
// have another image are a *TagTakenError, found before the first is written.
// Moving tags move forward only: one that has a newer version is left alone.
// What is right already is not written again, so a run that died half-way can
// be repeated.
//
// Runs on this host take turns (see Locks). For runs elsewhere no registry has
// a conditional write. A tag that does not move is therefore looked at, written,
// and read back after two seconds: runs whose writes take less than that agree
// on one winner. Only the registry's own immutability prevents an overwrite.
func (r *Repository) SetTags(ctx context.Context, digest string, tags []string, policy TagPolicy) ([]TagResult, error) {
	release, err := r.lock(ctx, nil, tags...)
	if err != nil {
		return nil, err
	}
	defer release()
	results, err := r.planTags(ctx, digest, tags, policy)
	if err != nil {
		return nil, err
	}
	manifest, err := remote.Get(r.repo.Digest(digest), r.options(ctx)...)
	if err != nil {
		return nil, r.fail(ctx, "read", digest, err)
	}
	if err := r.setFixed(ctx, manifest, results, policy); err != nil {
		return results, err
	}
	for i := range results {
		if results[i].Note == "" && policy.moves(results[i].Tag) {
			if results[i], err = r.move(ctx, manifest, results[i].Tag, policy); err != nil {
				return results, err
			}
		}
	}
	return results, nil
}

// planTags finds the tags that are to be written: those without a note.
func (r *Repository) planTags(ctx context.Context, digest string, tags []string, policy TagPolicy) ([]TagResult, error) {
	results := make([]TagResult, len(tags))
	for i, tag := range tags {
		there, err := r.Look(ctx, tag)
		if err != nil {
			return nil, err
		}
		results[i] = TagResult{Tag: tag}
		switch {
		case there.Digest == "":
		case there.Digest == digest:
			results[i].Note = "is set already"
		case !policy.moves(tag):
			return nil, r.taken(tag, there, digest)
		default:
			results[i].Note = policy.stays(tag, there)
		}
	}
	return results, nil
}

// stays says why a tag that moves does not move from what it has; empty when it
// does. The tag of a version 1.4 is that release's own, also when 1.4.1 follows.
func (p TagPolicy) stays(tag string, there Tag) string {
	switch {
	case newer(there.Version, p.Version):
		return "stays at the newer version " + there.Version
	case there.Version == tag:
		return "stays: it is the release of that very version"
	}
	return ""
}

// setFixed writes the tags that do not move: looks, writes, lets what others
// have under way arrive, and looks again.
func (r *Repository) setFixed(ctx context.Context, manifest *remote.Descriptor, results []TagResult, policy TagPolicy) error {
	ours, written := manifest.Digest.String(), []int{}
	for i := range results {
		tag := results[i].Tag
		if results[i].Note != "" || policy.moves(tag) {
			continue
		}
		if now, err := r.head(ctx, tag); err != nil {
			return err
		} else if now != "" && now != ours {
			return r.lost(ctx, tag, now, ours)
		}
		if err := remote.Tag(r.repo.Tag(tag), manifest, r.options(ctx)...); err != nil {
			return r.fail(ctx, "set", tag, err)
		}
		written = append(written, i)
	}
	if len(written) == 0 {
		return nil
	}
	if err := wait(ctx, r.settle); err != nil {
		return fmt.Errorf("set %s: %w", r.ref(results[written[0]].Tag), err)
	}
	for _, i := range written {
		now, err := r.head(ctx, results[i].Tag)
		if err != nil {
			return err
		}
		if now != ours {
			return r.lost(ctx, results[i].Tag, now, ours)
		}
		results[i].Set = true
	}
	return nil
}

// move writes a tag that moves, unless it has moved further. A run elsewhere
// that overtakes this one with an older version is corrected.
func (r *Repository) move(ctx context.Context, manifest *remote.Descriptor, tag string, policy TagPolicy) (TagResult, error) {
	ours := manifest.Digest.String()
	there, err := r.Look(ctx, tag)
	for range 3 {
		if err != nil {
			return TagResult{Tag: tag}, err
		}
		if text := policy.stays(tag, there); text != "" {
			return TagResult{Tag: tag, Note: text}, nil
		}
		if err := remote.Tag(r.repo.Tag(tag), manifest, r.options(ctx)...); err != nil {
			return TagResult{Tag: tag}, r.fail(ctx, "set", tag, err)
		}
		if there, err = r.Look(ctx, tag); err == nil && there.Digest == ours {
			return TagResult{Tag: tag, Set: true}, nil
		}
	}
	if err != nil {
		return TagResult{Tag: tag}, err
	}
	return TagResult{Tag: tag}, r.taken(tag, there, ours)
}

// newer reports whether version a comes after b. Nothing is known about
// versions that do not begin with a number.
func newer(a, b string) bool {
	coreA, preA := splitVersion(a)
	coreB, preB := splitVersion(b)
	if len(coreA) == 0 || len(coreB) == 0 {
		return false
	}
	for i := range max(len(coreA), len(coreB)) {
		if c := cmp.Compare(at(coreA, i), at(coreB, i)); c != 0 {
			return c > 0
		}
	}
	switch {
	case preA == preB:
		return false
	case preA == "" || preB == "":
		return preA == "" // a release comes after its candidates
	default:
		return preA > preB
	}
}

func splitVersion(v string) (core []int, pre string) {
	v, pre, _ = strings.Cut(strings.TrimPrefix(v, "v"), "-")
	for field := range strings.SplitSeq(v, ".") {
		n, err := strconv.Atoi(field)
		if err != nil {
			return nil, ""
		}
		core = append(core, n)
	}
	return core, pre
}

// at is a field, or nothing after the last one.
func at[T any](fields []T, i int) T {
	var none T
	if i < len(fields) {
		return fields[i]
	}
	return none
}
