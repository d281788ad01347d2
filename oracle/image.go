package oracle

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/haddock-ci/pipeline/internal/events"
)

const standInLabel = "pipeline.stand-in"

// A databaseImage is an image that the engine has.
type databaseImage struct {
	id      string // the engine's
	digest  string
	standIn bool
}

// ensureImage pulls the image unless the engine has it, and tells how far the
// pull is.
func (d *docker) ensureImage(ctx context.Context, ref string, sink events.Sink) (databaseImage, error) {
	image, err := d.imageNamed(ctx, ref)
	if err == nil || !errdefs.IsNotFound(err) {
		return image, err
	}
	if err := d.pull(ctx, ref, sink); err != nil {
		return databaseImage{}, err
	}
	return d.imageNamed(ctx, ref)
}

func (d *docker) imageNamed(ctx context.Context, ref string) (databaseImage, error) {
	found, err := d.api.ImageInspect(ctx, ref)
	if err != nil {
		return databaseImage{}, fmt.Errorf("look up image %s: %w", ref, err)
	}
	image := databaseImage{id: found.ID, digest: found.ID}
	if len(found.RepoDigests) > 0 {
		_, image.digest, _ = strings.Cut(found.RepoDigests[0], "@")
	}
	if found.Config != nil {
		image.standIn = found.Config.Labels[standInLabel] == "true"
	}
	return image, nil
}

func (d *docker) pull(ctx context.Context, ref string, sink events.Sink) error {
	options := client.ImagePullOptions{}
	// Without credentials public images can still be pulled, so that a failure
	// here is told by the registry's answer, if at all.
	if _, login, err := testcontainers.DockerImageAuth(ctx, ref); err == nil {
		if encoded, err := authconfig.Encode(login); err == nil {
			options.RegistryAuth = encoded
		}
	}
	sink.Progress("pulling " + ref)
	started := time.Now()
	stream, err := d.api.ImagePull(ctx, ref, options)
	if err != nil {
		return explainPull(ctx, ref, err)
	}
	progress := pullProgress{ref: ref, sink: sink, layers: make(map[string][2]int64), told: started}
	for message, err := range stream.JSONMessages(ctx) {
		if err == nil && message.Error != nil {
			err = errors.New(message.Error.Message)
		}
		if err != nil {
			return explainPull(ctx, ref, err)
		}
		if message.Progress != nil {
			progress.add(message.ID, message.Progress.Current, message.Progress.Total)
		}
	}
	sink.Progress(fmt.Sprintf("pulled %s in %s", ref, time.Since(started).Round(100*time.Millisecond)))
	return nil
}

// pullProgress adds up the layers and tells the sum every second.
type pullProgress struct {
	ref    string
	sink   events.Sink
	layers map[string][2]int64
	told   time.Time
}

func (p *pullProgress) add(layer string, current, total int64) {
	p.layers[layer] = [2]int64{current, total}
	if time.Since(p.told) < time.Second {
		return
	}
	p.told = time.Now()
	var done, all int64
	for _, l := range p.layers {
		done, all = done+l[0], all+l[1]
	}
	const megabyte = 1000 * 1000
	p.sink.Count(fmt.Sprintf("pulling %s: %d of %d MB", p.ref, done/megabyte, all/megabyte),
		events.Count{Done: done, Total: all, Unit: events.UnitBytes})
}

// explainPull puts the reason's name on what engine and registry say. They have
// no codes for it once the pull streams, only texts.
func explainPull(ctx context.Context, ref string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("pull image %s: %w", ref, context.Cause(ctx))
	}
	text := strings.ToLower(err.Error())
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	reason := ErrImageUnreachable
	switch {
	case has("no space left on device"):
		reason = ErrDiskFull
	case has("repository does not exist", "manifest unknown", "not found", "name unknown", "manifest for"):
		reason = ErrImageUnknown
	case has("denied", "unauthorized", "authentication required", "no basic auth credentials", "forbidden"):
		reason = ErrImageAccess
	case has("invalid reference"):
		reason = ErrImageUnknown
	}
	return fmt.Errorf("pull image %s, which this engine does not have: %w: %s", ref, reason, engineText(err))
}

// defaultService is the pluggable database that an image brings, by its name.
func defaultService(image string) string {
	name := strings.ToLower(image)
	switch {
	case strings.Contains(name, "oracle-xe:11"), strings.Contains(name, "oracle-xe-11g"):
		return "XE"
	case strings.Contains(name, "oracle-xe"), strings.Contains(name, "database/express"):
		return "XEPDB1"
	default:
		return "FREEPDB1"
	}
}

// passwordEnv returns the environment that gives an image the password of SYS
// and SYSTEM. An image whose name says nothing gets both, as does the stand-in,
// which plays either kind: each ignores the other's.
func passwordEnv(image string, password Password) map[string]string {
	const gvenzl, oracles = "ORACLE_PASSWORD", "ORACLE_PWD"
	name := strings.ToLower(image)
	switch {
	case strings.Contains(name, "gvenzl/"):
		return map[string]string{gvenzl: password.Reveal()}
	case strings.Contains(name, "database/free"), strings.Contains(name, "database/express"):
		return map[string]string{oracles: password.Reveal()}
	default:
		return map[string]string{gvenzl: password.Reveal(), oracles: password.Reveal()}
	}
}
