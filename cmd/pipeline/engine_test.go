//go:build integration

package main

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/engine"
)

// standIn is built by `make standin-image`.
const standIn = "oracle-standin:latest"

// TestStoriesOnAnEngine runs the stories of testdata/engine. Each is a project
// of its own, under a key of its own that all it makes carries, with a registry
// of its own; so they run side by side, and beside other suites.
func TestStoriesOnAnEngine(t *testing.T) {
	if _, err := newClient().Ping(t.Context(), client.PingOptions{}); err != nil {
		t.Fatalf("these stories need a Docker engine: %v", err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "engine"), UpdateScripts: os.Getenv("UPDATE") != "", RequireExplicitExec: true,
		Setup: setUpStory,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": cmdStatus, "start": cmdStart, "signal": cmdSignal, "ends": cmdEnds, "await": cmdAwait,
			"nothing-left": cmdNothingLeft, "no-database": cmdNoDatabase, "no-image": cmdNoImage, "hides": cmdHides, "normal": cmdNormal,
			"play": cmdPlay, "engine": cmdEngine, "registry": cmdRegistry, "tag-image": cmdTagImage,
			"commit": cmdCommit, "as-nobody": cmdAsNobody, "mounted": cmdMounted, "shell-program": cmdShellProgram,
			"json-lines": cmdJSONLines, "verify-digest": cmdVerifyDigest, "mode": cmdMode, "kill-containers": cmdKillContainers, "kill-everything": cmdKillEverything,
		},
	})
}

// A story is what one script has beside its folder.
type story struct {
	key      string // the CI system's key for its builds
	played   string // name of the database image that `play` makes
	registry *storyRegistry
	running  map[string]*process
	docker   *client.Client
	proxy    *proxy // the way to the engine, when it can be cut
}

func storyOf(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

type storyKey struct{}

func newClient() *client.Client {
	docker, err := client.New(client.FromEnv)
	if err != nil {
		panic(err)
	}
	return docker
}

// setUpStory fills in the names that a story uses, as @NAME@ in its files and
// $NAME in its lines.
func setUpStory(env *testscript.Env) error {
	s := &story{key: "STORY-" + rand.Text()[:12], running: map[string]*process{}, docker: newClient()}
	s.played = "pipeline-story/" + strings.ToLower(s.key) + ":1"
	s.registry = startRegistry()
	env.Values[storyKey{}] = s
	temp, err := os.MkdirTemp("", "pipeline-story-")
	if err != nil {
		return err
	}
	env.Defer(func() { s.tidy(); _ = os.RemoveAll(temp) })
	taken, reserved, err := ports(env.Defer)
	if err != nil {
		return err
	}
	names := map[string]string{
		"KEY": s.key, "STANDIN": standIn, "PLAYED": s.played, "REGISTRY": s.registry.address(),
		"TAKEN": taken, "NOBODY": "127.0.0.1:" + reserved,
	}
	for name, value := range names {
		env.Setenv(name, value)
	}
	for name, value := range map[string]string{
		"STORY": s.key, "TMPDIR": temp, "HOME": temp, "GORACE": "atexit_sleep_ms=0",
		"bamboo_planKey": "STORY", "bamboo_buildResultKey": s.key, "bamboo_buildNumber": "7",
		"bamboo_planRepository_branchName": "main",
		"GIT_AUTHOR_NAME":                  "story", "GIT_AUTHOR_EMAIL": "story@example.com", "GIT_COMMITTER_NAME": "story",
		"GIT_COMMITTER_EMAIL": "story@example.com", "GIT_CONFIG_NOSYSTEM": "1",
	} {
		env.Setenv(name, value)
	}
	for _, name := range []string{"DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"} {
		if value := os.Getenv(name); value != "" {
			env.Setenv(name, value)
		}
	}
	env.Setenv("GOCOVERDIR", coverDir())
	if err := furnish(env.WorkDir); err != nil {
		return err
	}
	return fillIn(env.WorkDir, names)
}

// furnish gives the story the files of testdata/project that it does not bring
// itself.
func furnish(dir string) error {
	return filepath.WalkDir(filepath.Join("testdata", "project"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		to := filepath.Join(dir, strings.Replace(entry.Name(), "gitignore", ".gitignore", 1))
		if _, err := os.Lstat(to); err == nil {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o644)
	})
}

// fillIn replaces @NAME@ in the story's files.
func fillIn(dir string, names map[string]string) error {
	pairs := make([]string, 0, 2*len(names))
	for name, value := range names {
		pairs = append(pairs, "@"+name+"@", value)
	}
	replacer := strings.NewReplacer(pairs...)
	return filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, []byte(replacer.Replace(string(text))), 0o644)
	})
}

// ports finds a port on which somebody listens, and one that is bound, so that
// nobody else gets it, but refuses connections.
func ports(atEnd func(func())) (taken, reserved string, err error) {
	var names []string
	for _, listens := range []bool{true, false} {
		socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			return "", "", err
		}
		atEnd(func() { _ = syscall.Close(socket) })
		if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			return "", "", err
		}
		if listens {
			err = syscall.Listen(socket, 1)
		}
		address, nameErr := syscall.Getsockname(socket)
		if err != nil || nameErr != nil {
			return "", "", err
		}
		names = append(names, strconv.Itoa(address.(*syscall.SockaddrInet4).Port))
	}
	return names[0], names[1], nil
}

// containers are those that the story's builds have made and not removed.
func (s *story) containers() ([]container.Summary, error) {
	list, err := s.docker.ContainerList(context.Background(), client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", engine.LabelCIKey+"="+s.key),
	})
	return list.Items, err
}

// images are the names and ids of images that the story's builds have made.
func (s *story) images() ([]string, error) {
	var found []string
	for _, label := range []string{"pipeline.build=" + s.key, "pipeline.story=" + s.key} {
		list, err := s.docker.ImageList(context.Background(), client.ImageListOptions{Filters: make(client.Filters).Add("label", label)})
		if err != nil {
			return nil, err
		}
		for _, image := range list.Items {
			found = append(found, image.ID)
		}
	}
	return found, nil
}

// tidy removes what a failed story has left; a green one has proved that there
// is nothing but its images.
func (s *story) tidy() {
	command.KillMarked("STORY=" + s.key)
	s.registry.close()
	if left, err := s.containers(); err == nil {
		for _, c := range left {
			_, _ = s.docker.ContainerRemove(context.Background(), c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		}
	}
	if left, err := s.images(); err == nil {
		for _, id := range left {
			_, _ = s.docker.ImageRemove(context.Background(), id, client.ImageRemoveOptions{Force: true, PruneChildren: true})
		}
	}
	_ = s.docker.Close()
}

// within polls until done reports true, or the time is up.
func within(limit time.Duration, done func() bool) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); ; <-tick.C {
		if done() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}
