//go:build integration

package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/registry"
)

// release VERSION [argument...]: publishes a shop that is started with these
// arguments, as VERSION.json.
func (s *story) cmdRelease(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: release version [argument...]")
	}
	version := args[0]
	repository := s.reg.Host + "/" + s.key.Service
	ref, err := name.NewTag(repository + ":" + version)
	ts.Check(err)
	image, err := shopImage(s.shop, append([]string{"-version", version}, args[1:]...))
	ts.Check(err)
	ts.Check(remote.Write(ref, image))
	digest, err := image.Digest()
	ts.Check(err)
	made := registry.Release{
		Schema: registry.ReleaseSchema, Name: s.key.Service, Version: version, Repository: repository, Tag: version, Digest: digest.String(),
		Platform: "linux/amd64", Revision: strings.Repeat("a", 40), Created: time.Now().UTC(), CI: registry.CI{Build: "SHOP-" + version},
		Tests: registry.Tests{Total: 1, Tree: strings.Repeat("b", 40)}, Tested: true, Tool: "pipeline test",
	}
	ts.Check(made.Write(ts.MkAbs(version + ".json")))
}

// shopImage puts the example's program into an image from nothing.
func shopImage(program string, args []string) (v1.Image, error) {
	data, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		var layer bytes.Buffer
		w := tar.NewWriter(&layer)
		err := w.WriteHeader(&tar.Header{Name: "shop", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(data))})
		_, writeErr := w.Write(data)
		return io.NopCloser(&layer), errors.Join(err, writeErr, w.Close())
	})
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.Architecture, config.OS = "amd64", "linux"
	config.Config = v1.Config{Entrypoint: []string{"/shop"}, Cmd: args, User: "65534:65534"}
	return mutate.ConfigFile(image, config)
}

// haproxy kill|restart|reload|forget: what may happen to a HAProxy; forget
// restarts it without its server-state file.
func (s *story) cmdHAProxy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: haproxy kill|restart|reload|forget")
	}
	switch args[0] {
	case "kill":
		s.proxy.Kill()
	case "restart":
		s.proxy.Restart()
	case "reload":
		s.proxy.Reload()
	case "forget":
		s.proxy.Kill()
		ts.Check(os.WriteFile(filepath.Join(s.dir, "servers.state"), nil, 0o600))
		s.proxy.Restart()
	default:
		ts.Fatalf("haproxy %s: no such thing", args[0])
	}
}

// start NAME program...: starts the program in the background.
func (s *story) cmdStart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start name program...")
	}
	path := ""
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if at := filepath.Join(dir, args[1]); path == "" {
			if _, err := os.Stat(at); err == nil {
				path = at
			}
		}
	}
	cmd := exec.Command(path, args[2:]...)
	cmd.Args[0], cmd.Dir = args[1], ts.MkAbs(".")
	cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "GORACE=" + ts.Getenv("GORACE"), "USER=anna"}
	out, err := os.Create(ts.MkAbs(args[0] + ".out"))
	ts.Check(err)
	cmd.Stdout, cmd.Stderr = out, out
	ts.Check(cmd.Start())
	s.running[args[0]] = cmd
	ts.Defer(func() { _ = cmd.Process.Kill(); _ = out.Close() })
}

// ends NAME SIGNAL STATUS: sends the signal and wants this exit status.
func (s *story) cmdEnds(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	if neg || len(args) != 3 || s.running[args[0]] == nil || signals[args[1]] == 0 {
		ts.Fatalf("usage: ends name HUP|INT|QUIT|TERM|KILL status")
	}
	cmd := s.running[args[0]]
	ts.Check(cmd.Process.Signal(signals[args[1]]))
	_ = cmd.Wait()
	if got := strconv.Itoa(cmd.ProcessState.ExitCode()); got != args[2] {
		ts.Fatalf("exit status %s, want %s\n%s", got, args[2], ts.ReadFile(args[0]+".out"))
	}
}

// hold-lock HOST: takes the lock as a process of that machine would.
func (s *story) cmdHoldLock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold-lock host")
	}
	_, err := s.host.Lock(context.Background(), s.key, host.Owner{By: "ben", Doing: "deploy 7", Host: args[0]}, 0)
	ts.Check(err)
}
