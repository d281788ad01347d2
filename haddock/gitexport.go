package haddock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/internal/command"
)

// ExportHistory commits into a git repository what has happened since the last
// export: one commit for each change of production, at the time when it
// happened, of the one file <service>/<environment>.yaml. It returns how many
// commits it made. Lines are told from each other by their number, which
// stands in the commit's message.
func (s *Service) ExportHistory(ctx context.Context, repository string) (commits int, err error) {
	history, err := s.readHistory(ctx)
	if err != nil {
		return 0, err
	}
	return gitRepository{dir: repository, service: s.key.Service, env: s.key.Env, environ: s.Environ}.export(ctx, history)
}

func (g gitRepository) export(ctx context.Context, history History) (commits int, err error) {
	done, err := g.exported(ctx)
	if err != nil {
		return 0, err
	}
	if done > len(history) {
		return 0, fmt.Errorf("export the history: %s has seen %d lines and there are %d: it belongs to another environment", g.dir, done, len(history))
	}
	before := history[:done].production()
	for i := done; i < len(history); i++ {
		now := history[:i+1].production()
		if now == before {
			continue
		}
		before = now
		content := fmt.Sprintf("# by haddock history --git\nservice: %s\nenvironment: %s\n%s", g.service, g.env, now)
		if err := g.commit(ctx, content, history[i], g.env+": "+history.Sentence(history[i]), i+1); err != nil {
			return commits, err
		}
		commits++
	}
	return commits, nil
}

// production is what runs after these lines, as YAML; the same text means that
// nothing has changed for users.
func (h History) production() string {
	type part struct {
		facts   Facts
		doing   string
		percent int
	}
	parts := map[int]*part{}
	for _, line := range h {
		p := parts[line.Seq]
		switch {
		case line.Event == Begun:
			parts[line.Seq] = &part{}
			if line.Release != nil {
				parts[line.Seq].facts = *line.Release
			}
		case p == nil:
		case line.Event == Weighted:
			p.doing, p.percent = "live", line.Percent
			if base := parts[line.Base]; base != nil {
				base.percent = 100 - line.Percent
			}
		case line.Event == Draining:
			p.doing, p.percent = "draining", 0
		case line.Event == Aborted, line.Event == RolledBack:
			p.doing, p.percent = "draining", 0
			if base := parts[line.Base]; base != nil {
				base.doing, base.percent = "live", 100
			}
		case line.Event == Removed:
			delete(parts, line.Seq)
		}
	}
	var out strings.Builder
	out.WriteString("instances:\n")
	var seqs []int
	for seq, p := range parts {
		if p.doing != "" {
			seqs = append(seqs, seq)
		}
	}
	slices.Sort(seqs)
	slices.Reverse(seqs)
	for _, seq := range seqs {
		p := parts[seq]
		fmt.Fprintf(&out, "  - version: %q\n    image: %q\n    commit: %q\n    build: %q\n    state: %s\n    newSessions: %d\n",
			p.facts.Version, p.facts.Image, p.facts.Commit, p.facts.Build, p.doing, p.percent)
	}
	return out.String()
}

// A gitRepository is where the history is exported to.
type gitRepository struct {
	dir          string
	service, env string
	environ      []string
}

// file is the one that the export writes, in the repository.
func (g gitRepository) file() string { return filepath.Join(g.service, g.env+".yaml") }

const lineTrailer = "Haddock-Line: "

// exported is the number of the last line that is there.
func (g gitRepository) exported(ctx context.Context) (int, error) {
	if _, err := g.git(ctx, nil, "rev-parse", "--git-dir"); err != nil {
		return 0, fmt.Errorf("export the history: %s is no git repository: %w", g.dir, err)
	}
	// All branches and tags, so that a repository without any commit is no error.
	text, err := g.git(ctx, nil, "log", "--all", "-1", "--format=%B", "--", g.file())
	if err != nil {
		return 0, fmt.Errorf("export the history: %w", err)
	}
	found := regexp.MustCompile(`(?m)^` + lineTrailer + `(\d+)$`).FindStringSubmatch(text)
	if found == nil {
		return 0, nil
	}
	return strconv.Atoi(found[1])
}

func (g gitRepository) commit(ctx context.Context, content string, line Line, title string, number int) error {
	path := filepath.Join(g.dir, g.file())
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("export the history: %w", err)
	}
	if err := atomicfile.Write(path, []byte(content), 0o644); err != nil {
		return fmt.Errorf("export the history: %w", err)
	}
	at := line.Time.Format("2006-01-02T15:04:05Z07:00")
	dates := []string{"GIT_AUTHOR_DATE=" + at, "GIT_COMMITTER_DATE=" + at}
	message := fmt.Sprintf("%s\n\nBy %s.\n\n%s%d\n", title, line.By, lineTrailer, number)
	_, err := g.git(ctx, nil, "add", "--", g.file())
	if err == nil {
		_, err = g.git(ctx, dates, "commit", "-q", "-m", message, "--", g.file())
	}
	if err != nil {
		return fmt.Errorf("export the history: %w", err)
	}
	return nil
}

func (g gitRepository) git(ctx context.Context, env []string, args ...string) (string, error) {
	out, err := command.Command{Args: append([]string{"git"}, args...), Dir: g.dir, Env: slices.Concat(g.environ, env)}.Output(ctx)
	if exit, failed := errors.AsType[*command.ExitError](err); failed && len(exit.Tail) > 0 {
		err = fmt.Errorf("git %s: %s", args[0], exit.Tail[len(exit.Tail)-1])
	}
	return string(out), err
}
