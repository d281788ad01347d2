//go:build integration

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/rogpeppe/go-internal/testscript"
)

// play LINE...: makes the database image $PLAYED, a stand-in that follows this
// script.
func cmdPlay(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: play line...")
	}
	s, ctx := storyOf(ts), context.Background()
	label := map[string]string{"pipeline.story": s.key}
	made, err := s.docker.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config: &container.Config{Image: standIn, Env: []string{"STANDIN_SCRIPT=" + strings.Join(args, "\n")}, Labels: label},
	})
	ts.Check(err)
	_, err = s.docker.ContainerCommit(ctx, made.ID, client.ContainerCommitOptions{Reference: s.played})
	_, removeErr := s.docker.ContainerRemove(ctx, made.ID, client.ContainerRemoveOptions{Force: true})
	ts.Check(err)
	ts.Check(removeErr)
}

// commit: commits all files of the story's folder, in a repository of its own.
func cmdCommit(ts *testscript.TestScript, neg bool, _ []string) {
	if neg {
		ts.Fatalf("usage: commit")
	}
	for _, line := range []string{"init -q -b main", "add -A", "commit -q -m story"} {
		ts.Check(ts.Exec("git", strings.Fields(line)...))
	}
}

// tag-image IMAGE TAG: gives an image of the engine a name as the story's
// builds give it, and pushes it there by hand.
func cmdTagImage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tag-image image tag")
	}
	ref := storyOf(ts).registry.address() + "/" + args[1]
	ts.Check(ts.Exec("docker", "tag", args[0], ref))
	ts.Check(ts.Exec("docker", "push", "-q", ref))
	ts.Check(ts.Exec("docker", "rmi", ref))
}

// no-image: the story's builds have left no image in the engine.
func cmdNoImage(ts *testscript.TestScript, neg bool, _ []string) {
	s := storyOf(ts)
	list, err := s.docker.ImageList(context.Background(), client.ImageListOptions{
		Filters: make(client.Filters).Add("label", "pipeline.build="+s.key),
	})
	ts.Check(err)
	if (len(list.Items) > 0) != neg {
		ts.Fatalf("the engine has %d images of this story", len(list.Items))
	}
}

// mode FILE PERM: the file has exactly these permission bits.
func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode file perm")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

// shellSource is the program that plays /bin/sh in images made from nothing.
const shellSource = `package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	line := strings.Join(os.Args, " ")
	fmt.Println("running", line)
	if _, file, found := strings.Cut(line, "show "); found {
		text, err := os.ReadFile(file)
		fmt.Printf("it says %s %v\n", text, err)
	}
	if strings.Contains(line, "hang") {
		time.Sleep(10 * time.Minute)
	}
	if strings.Contains(line, "fail") {
		fmt.Println("this cannot work")
		os.Exit(37)
	}
}
`

// shellProgram compiles it once for all stories.
var shellProgram = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "pipeline-shell-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(shellSource), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", "sh", "main.go")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compile a shell: %w\n%s", err, out)
	}
	return os.ReadFile(filepath.Join(dir, "sh"))
})

// shell-program FILE: puts a static shell there.
func cmdShellProgram(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: shell-program file")
	}
	binary, err := shellProgram()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), binary, 0o755))
}
