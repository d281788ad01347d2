package git

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
)

// ShortLength is fixed, because git's own short form grows with the clone it
// is asked in and a tag must not.
const ShortLength = 8

// A Status is what git knows about the project's folder at one moment.
type Status struct {
	Commit  string    // full hash of HEAD; empty before the first commit
	Short   string    // its first 8 digits
	Branch  string    // empty when HEAD is detached, as in most CI checkouts
	Tags    []string  // on HEAD
	Time    time.Time // of the commit
	Dirty   bool      // a file of the project is changed, or neither known nor ignored
	Shallow bool      // the clone lacks older commits, and perhaps their tags
}

// Read asks git about the project in dir. The error is ErrNone without
// git; one that git itself has is told with its remedy.
func Read(ctx context.Context, dir string) (Status, error) {
	// Side by side, because each question costs a process.
	about := in(dir).later(ctx, "rev-parse", "--is-inside-work-tree", "--is-shallow-repository")
	status := in(dir).later(ctx, "status", "--porcelain=v2", "--branch", "--no-ahead-behind", "--", ".", ":(exclude)"+ours)
	head := in(dir).later(ctx, "log", "-1", "--no-show-signature", "--decorate=full", "--format=%H %ct %D")

	said := <-about
	if said.err != nil {
		return Status{}, said.err
	}
	inside, shallow, _ := strings.Cut(strings.TrimSpace(said.text), "\n")
	if inside != "true" {
		return Status{}, ErrNone
	}
	s := Status{Shallow: shallow == "true"}
	if said = <-status; said.err != nil {
		return Status{}, said.err
	}
	if begun := s.readStatus(said.text); !begun {
		return s, context.Cause(ctx) // no commit yet
	}
	if said = <-head; said.err != nil {
		return s, said.err
	}
	return s, s.readHead(said.text)
}

// readStatus reads git's answer about the work tree; begun is false before the
// first commit.
func (s *Status) readStatus(text string) (begun bool) {
	begun = true
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		header, isHeader := strings.CutPrefix(line, "# ")
		switch key, value, _ := strings.Cut(header, " "); {
		case !isHeader:
			s.Dirty = true
		case key == "branch.head" && value != "(detached)":
			s.Branch = value
		case key == "branch.oid":
			begun = value != "(initial)"
		}
	}
	return begun
}

// readHead reads git's answer about the newest commit.
func (s *Status) readHead(text string) error {
	commit, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	seconds, names, _ := strings.Cut(rest, " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || len(commit) < ShortLength {
		return fmt.Errorf("ask git for the commit: it answered %q", text)
	}
	s.Commit, s.Short, s.Time = commit, commit[:ShortLength], time.Unix(unix, 0).UTC()
	for name := range strings.SplitSeq(names, ", ") {
		if tag, ok := strings.CutPrefix(name, "tag: refs/tags/"); ok {
			s.Tags = append(s.Tags, tag)
		}
	}
	slices.Sort(s.Tags)
	return nil
}

// Final tells whether HEAD carries the git tag v<version>, which is what
// allows the tags <version>, <minor>, <major> and latest.
func (s Status) Final(version string) bool {
	return !s.Dirty && slices.Contains(s.Tags, "v"+version)
}

// Revision is the commit that explains the whole tree; empty when none does.
func (s Status) Revision() string {
	if s.Dirty {
		return ""
	}
	return s.Commit
}

// NamesTree tells whether the commit, or else the number of the build, says
// which files were built.
func (s Status) NamesTree(build string) bool { return !s.Dirty && (build != "" || s.Commit != "") }

// Head is the full hash of HEAD; empty without git or before the first commit.
// The only error is the cause of ctx's end.
func Head(ctx context.Context, dir string) (string, error) {
	commit, err := in(dir).line(ctx, "rev-parse", "--verify", "-q", "HEAD")
	if err == nil {
		return commit, nil
	}
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	return "", nil
}

// CommitTime is when the revision was committed.
func CommitTime(ctx context.Context, dir, revision string) (time.Time, error) {
	seconds, err := in(dir).line(ctx, "log", "-1", "--no-show-signature", "--format=%ct", revision)
	if err != nil {
		return time.Time{}, err
	}
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask git for the commit's time: it answered %q", seconds)
	}
	return time.Unix(unix, 0).UTC(), nil
}

// NearestVersion gives the version of the nearest tag v<digit>...; ok is false
// when no such tag can be reached.
func NearestVersion(ctx context.Context, dir string) (version string, ok bool, err error) {
	tag, err := in(dir).line(ctx, "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*")
	if err == nil {
		return strings.TrimPrefix(tag, "v"), true, nil
	}
	if failed, is := errors.AsType[*command.ExitError](err); is && failed.Code == 128 && !errors.Is(err, ErrNone) {
		for _, text := range []string{"No names found", "No tags can describe", "no tag exactly matches", "Not a valid object name HEAD"} {
			if strings.Contains(strings.Join(failed.Tail, "\n"), text) {
				return "", false, nil
			}
		}
	}
	return "", false, err
}

// SourceURL is where the project's commits can be fetched, without the login
// that CI systems like to write there; empty when git names no place.
func SourceURL(ctx context.Context, dir string) string {
	text, err := in(dir).line(ctx, "config", "--get", "remote.origin.url")
	if err != nil {
		return ""
	}
	at, err := url.Parse(text)
	if err != nil || at.Scheme == "" || at.Host == "" {
		return "" // a path, or host:path, whose user part cannot be told from a secret
	}
	at.User, at.RawQuery, at.Fragment = nil, "", ""
	return at.String()
}
