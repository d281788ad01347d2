package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A project is a git repository with a pipeline.yaml.
type project struct {
	bench *bench
	dir   string
	noise *rand.ChaCha8
}

// newProject makes a project with these files; image is the section of
// pipeline.yaml, but for the repository.
func (b *bench) newProject(ctx context.Context, name, image string, files map[string]string) (*project, error) {
	p := &project{bench: b, dir: filepath.Join(b.dir, name), noise: rand.NewChaCha8([32]byte{1})}
	for path, text := range files {
		if err := p.write(path, []byte(text)); err != nil {
			return nil, err
		}
	}
	config := fmt.Sprintf("name: %s\nversion: 1.0.0\nimage:\n  repository: %s\n%s", name, b.repository(name), image)
	err := errors.Join(p.write("pipeline.yaml", []byte(config)), p.write(".gitignore", []byte("target/\n")))
	if err != nil {
		return nil, err
	}
	return p, p.git(ctx, "init", "-q")
}

func (b *bench) repository(name string) string { return b.registry + "/bench/" + name }

func (p *project) write(name string, data []byte) error {
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644))
}

// random makes content that does not compress, the same in every project.
func (p *project) random(size int) []byte {
	data := make([]byte, size)
	_, _ = p.noise.Read(data) // never fails
	return data
}

func (p *project) git(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "user.name=bench", "-c", "user.email=bench@example.com"}, args...)...)
	cmd.Dir = p.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w: %s", args[0], err, out)
	}
	return nil
}

// commit makes a new revision, which gives the next image a tag of its own.
func (p *project) commit(ctx context.Context, text string) error {
	return errors.Join(p.write("revision", []byte(text)), p.git(ctx, "add", "."), p.git(ctx, "commit", "-qm", text))
}

// pipeline runs the measured program and returns the most memory it had.
func (p *project) pipeline(ctx context.Context, env []string, args ...string) (memory int64, err error) {
	cmd := exec.CommandContext(ctx, p.bench.program, args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), append(env, "XDG_CACHE_HOME="+filepath.Join(p.bench.dir, "cache"))...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended, peak := make(chan struct{}), make(chan int64)
	go func() { peak <- watchMemory(cmd.Process.Pid, ended) }()
	err = cmd.Wait()
	close(ended)
	memory = <-peak
	if err != nil {
		return 0, fmt.Errorf("pipeline %s: %w\n%s", strings.Join(args, " "), err, out.Bytes())
	}
	return memory, nil
}

// watchMemory reads a process's peak until it has ended. The kernel's own
// account at the end would not do: it counts the memory of us, its parent.
func watchMemory(pid int, ended <-chan struct{}) (peak int64) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return peak
		case <-tick.C:
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			continue
		}
		if kilobytes, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
			peak = max(peak, kilobytes<<10)
		}
	}
}

// touch gives every file a new time, as a fresh clone does.
func (p *project) touch() error {
	now := time.Now()
	return filepath.WalkDir(p.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(path, "/.git/") {
			return err
		}
		return os.Chtimes(path, now, now)
	})
}

// classes and libraries of a Java service of middling size.
const (
	libraries   = 60
	librarySize = 1 << 20
	classes     = 200
	classSize   = 4 << 10
)

// fillJava writes what Maven leaves: classes and libraries, or all in one jar.
func (p *project) fillJava(fat bool, round string) error {
	p.noise = rand.NewChaCha8([32]byte{2})
	var packed bytes.Buffer
	jar := zip.NewWriter(&packed)
	add := func(folder, inJar, name string, data []byte) error {
		if !fat {
			return p.write("target/"+folder+"/"+name, data)
		}
		w, err := jar.CreateHeader(&zip.FileHeader{Name: inJar + "/" + name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}
	for i := range libraries {
		if err := add("dependency", "BOOT-INF/lib", fmt.Sprintf("library%d-1.0.jar", i), p.random(librarySize)); err != nil {
			return err
		}
	}
	for i := range classes {
		data := p.random(classSize)
		if i == 0 {
			copy(data, round)
		}
		if err := add("classes", "BOOT-INF/classes", fmt.Sprintf("com/example/Class%d.class", i), data); err != nil {
			return err
		}
	}
	if err := jar.Close(); err != nil || !fat {
		return err
	}
	return p.write("target/app.jar", packed.Bytes())
}
