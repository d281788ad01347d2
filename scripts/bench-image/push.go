package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/registry"
)

// openRepository is what every run does first.
func openRepository(ctx context.Context, name string) (*registry.Repository, error) {
	keys, err := registry.NewKeychain(registry.Credentials{Lookup: os.Getenv})
	if err != nil {
		return nil, err
	}
	return registry.Open(ctx, name, false, keys)
}

// preflight times the check before the first minute is spent, with a
// repository that was never used.
func (b *bench) preflight(ctx context.Context) error {
	var took []float64
	for range rounds {
		one, err := seconds(func() error {
			r, err := openRepository(ctx, b.repository("preflight"))
			if err == nil {
				_, err = r.Preflight(ctx, registry.Push{Tag: "1.0.0-1"})
			}
			return err
		})
		if err != nil {
			return err
		}
		took = append(took, one*1000)
	}
	b.result("preflight", median(took), "ms", 100)
	return nil
}

// repush compares a push of what the registry has, under a new tag, with
// docker's own; each is a process.
func (b *bench) repush(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := docker(ctx, "pull", "-q", b.baseName()); err != nil {
		return err
	}
	image, err := output(ctx, "docker", "image", "inspect", "--format", "{{.Id}}", b.baseName())
	if err != nil {
		return err
	}
	var ours, theirs []float64
	for round := range rounds + 1 {
		ref := fmt.Sprintf("%s:docker-%d", b.repository("repush"), round)
		if err := docker(ctx, "tag", image, ref); err != nil {
			return err
		}
		one, err := seconds(func() error { return docker(ctx, "push", "-q", ref) })
		two, err2 := seconds(func() error {
			return exec.CommandContext(ctx, self, "-registry", b.registry, "-push", image, "-tag", fmt.Sprintf("pipeline-%d", round)).Run()
		})
		if err := errors.Join(err, err2, docker(ctx, "rmi", ref)); err != nil {
			return err
		}
		if round > 0 {
			theirs, ours = append(theirs, one), append(ours, two)
		}
	}
	fmt.Printf("repush: docker %.3f s, pipeline %.3f s\n", median(theirs), median(ours))
	b.result("repush-unchanged", ratio(ours, theirs), "of-docker-push", 1.5)
	return docker(ctx, "rmi", b.baseName())
}

func docker(ctx context.Context, args ...string) error {
	_, err := output(ctx, "docker", args...)
	return err
}

func output(ctx context.Context, program string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", program, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// pushOnce is the whole of our push: engine and login side by side, as a run
// asks for them, then look, push, proof.
func pushOnce(ctx context.Context, host, image, tag string) (err error) {
	var eng *engine.Engine
	var r *registry.Repository
	var asked errgroup.Group
	asked.Go(func() (err error) { eng, err = engine.Connect(ctx); return err })
	asked.Go(func() (err error) { r, err = openRepository(ctx, host+"/bench/repush"); return err })
	if err := asked.Wait(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	_, err = r.Push(ctx, eng, registry.Push{ImageID: image, Tag: tag})
	return err
}
