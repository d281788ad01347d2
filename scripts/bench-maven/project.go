package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A project is a copy of examples/orders-maven under git.
type project struct{ dir string }

// newProject copies the example and edits it: old and new by file.
func (b *bench) newProject(ctx context.Context, name string, edits map[string][][2]string) (*project, error) {
	p := &project{dir: filepath.Join(b.dir, name)}
	const from = "examples/orders-maven"
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if slices.Contains([]string{"target", ".pipeline"}, d.Name()) {
			return filepath.SkipDir
		}
		rel, err := filepath.Rel(from, path)
		if err != nil || d.IsDir() {
			return errors.Join(err, os.MkdirAll(filepath.Join(p.dir, rel), 0o755))
		}
		text, err := os.ReadFile(path)
		return errors.Join(err, os.WriteFile(filepath.Join(p.dir, rel), text, 0o644))
	})
	if err != nil {
		return nil, err
	}
	for file, pairs := range edits {
		for _, pair := range pairs {
			if err := p.edit(file, pair[0], pair[1]); err != nil {
				return nil, err
			}
		}
	}
	return p, p.command(ctx, nil, "git", "init", "-q", "-b", "main")
}

func (p *project) edit(file, old, text string) error {
	path := filepath.Join(p.dir, file)
	data, err := os.ReadFile(path)
	if err == nil && !bytes.Contains(data, []byte(old)) {
		return fmt.Errorf("%s does not hold %q", file, old)
	}
	return errors.Join(err, os.WriteFile(path, bytes.Replace(data, []byte(old), []byte(text), 1), 0o644))
}

// contextFolder gives the plugin's image a context of its own: it cannot send
// one that holds its own output.
func (p *project) contextFolder() error {
	text, err := os.ReadFile(filepath.Join(p.dir, "Dockerfile"))
	dir := filepath.Join(p.dir, "image", "context")
	text = bytes.Replace(text, []byte("image/target/app"), []byte("app"), 1)
	return errors.Join(err, os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "Dockerfile"), text, 0o644),
		os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("/app/\n"), 0o644))
}

// timed changes a class, commits it, and times one way to the pushed image.
// What was written is on the disk by then.
func (p *project) timed(ctx context.Context, w *way, round int) (float64, error) {
	class := filepath.Join(p.dir, "web/src/main/java/shop/web/Round.java")
	text := fmt.Sprintf("package shop.web;\n\nfinal class Round {\n    static final String NAME = \"%s %d\";\n}\n", w.name, round)
	err := os.WriteFile(class, []byte(text), 0o644)
	if w.fresh {
		for _, target := range []string{"target", "domain/target", "web/target", "image/target"} {
			err = errors.Join(err, os.RemoveAll(filepath.Join(p.dir, target)))
		}
	}
	err = errors.Join(err, p.command(ctx, nil, "git", "add", "-A"),
		p.command(ctx, nil, "git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "-q", "-m", "round"),
		exec.CommandContext(ctx, "sync").Run())
	if err != nil {
		return 0, err
	}
	started := time.Now()
	err = w.run(ctx, round)
	return time.Since(started).Seconds(), err
}

// command runs a program in the project, with more environment.
func (p *project) command(ctx context.Context, env []string, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, out)
	}
	return nil
}

// steps are the seconds of a pipeline run's parts, by round. The tests' are
// those after the database had answered: their command begins before.
type steps struct{ compile, boot, test, build, push, overhead []float64 }

// read adds what the project's last run has told of itself.
func (s *steps) read(p *project, took []float64) error {
	text, err := os.ReadFile(filepath.Join(p.dir, ".pipeline/out/events.ndjson"))
	if err != nil {
		return err
	}
	by, began, ended := map[string]float64{}, map[string]time.Time{}, map[string]time.Time{}
	for line := range strings.Lines(string(text)) {
		var e struct {
			Kind, Step string
			Seconds    float64
			Time       time.Time
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return err
		}
		switch e.Kind {
		case "step-started":
			began[e.Step] = e.Time
		case "step-finished":
			by[e.Step], ended[e.Step] = e.Seconds, e.Time
		}
	}
	boot := by["oracle-start"] + by["oracle-wait"]
	from := began["test"]
	if answered := ended["oracle-wait"]; answered.After(from) {
		from = answered
	}
	test := ended["test"].Sub(from).Seconds()
	s.compile, s.boot, s.test = append(s.compile, by["compile"]), append(s.boot, boot), append(s.test, test)
	s.build, s.push = append(s.build, by["image-build"]), append(s.push, by["image-push"])
	work := max(boot, by["compile"]) + test + by["image-build"] + by["image-push"]
	s.overhead = append(s.overhead, took[len(took)-1]-work)
	return nil
}

// load is how busy the machine was during the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	one, _, _ := strings.Cut(string(text), " ")
	return one
}
