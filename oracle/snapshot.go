package oracle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// The labels of a snapshot.
const (
	projectLabel = "pipeline.snapshot"
	keyLabel     = "pipeline.snapshot-key"
)

const (
	snapshotRegistry = "pipeline.invalid/snapshot/" // .invalid is reserved to lead nowhere
	snapshotsKept    = 2
	stopGrace        = 2 * time.Minute // for a shutdown that leaves nothing to recover
	commitTimeout    = 10 * time.Minute
)

// keyFormat changes when a database of the same parts would become another one
// by a change of this package.
const keyFormat = 2

// snapshotKey is the key of the database that this container makes.
func (c *Container) snapshotKey() (string, error) {
	scripts, err := c.readInit()
	if err != nil {
		return "", err
	}
	parts := struct {
		Format         int
		Project        string // each has its own, so that none waits for another's or loses it
		Image, Service string
		Schemas        []string
		Shards         int
		Init           [][3]string
		Env            map[string]string
		Command        [][]string
	}{
		Format: keyFormat, Project: c.cfg.Snapshot, Image: c.image.id, Service: c.cfg.Service,
		Shards: c.cfg.Shards, Env: maps.Clone(c.cfg.Env),
	}
	for _, s := range c.schemas {
		parts.Schemas = append(parts.Schemas, s.User)
	}
	for _, s := range scripts {
		sum := sha256.Sum256(s.text)
		parts.Init = append(parts.Init, [3]string{s.path, fmt.Sprint(s.sys), hex.EncodeToString(sum[:])})
	}
	theirs := testcontainers.GenericContainerRequest{}
	for _, opt := range c.theirs {
		if err := opt.Customize(&theirs); err != nil {
			return "", err
		}
	}
	if len(theirs.Files) > 0 {
		return "", errors.New("files that another option brings into the container cannot be part of a snapshot's key; use WithInitScripts")
	}
	if parts.Env == nil {
		parts.Env = map[string]string{}
	}
	maps.Copy(parts.Env, theirs.Env)
	parts.Command = [][]string{theirs.Entrypoint, theirs.Cmd}
	text, err := json.Marshal(parts)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// findSnapshot returns the name of the snapshot to start from; empty when there
// is none.
func (c *Container) findSnapshot(ctx context.Context) (string, error) {
	if c.cfg.Snapshot == "" {
		return "", nil
	}
	key, err := c.snapshotKey()
	if err != nil {
		return "", fmt.Errorf("key of the snapshot: %w", err)
	}
	c.key = key
	name := c.snapshotName()
	found, err := c.docker.hasSnapshot(ctx, name, key)
	if err != nil || !found {
		return "", err
	}
	c.cfg.Events.Progress("starting from the snapshot " + name)
	return name, nil
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

func (c *Container) snapshotName() string {
	project := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(c.cfg.Snapshot), "-"), "-")
	if project == "" {
		project = "project"
	}
	return snapshotRegistry + project + ":" + c.key[:12]
}

// hasSnapshot tells whether the engine has the snapshot with this name and key.
func (d *docker) hasSnapshot(ctx context.Context, name, key string) (bool, error) {
	found, err := d.api.ImageInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up snapshot: %w", err)
	}
	return found.Config != nil && found.Config.Labels[keyLabel] == key, nil
}

// dropSnapshot removes a snapshot, or at least its name while another run uses
// it.
func (d *docker) dropSnapshot(ctx context.Context, name string) error {
	_, err := d.api.ImageRemove(ctx, name, client.ImageRemoveOptions{Force: true, PruneChildren: true})
	if err == nil || errdefs.IsNotFound(err) {
		return nil
	}
	return fmt.Errorf("remove snapshot %s: %w", name, err)
}

// pruneSnapshots removes all but the newest of a project. One that is in use
// stays until the next time.
func (d *docker) pruneSnapshots(ctx context.Context, project string) error {
	list, err := d.api.ImageList(ctx, client.ImageListOptions{Filters: make(client.Filters).Add("label", projectLabel+"="+project)})
	if err != nil {
		return fmt.Errorf("list snapshots: %w", err)
	}
	made := make(map[string]time.Time, len(list.Items))
	ids := make([]string, 0, len(list.Items))
	for _, item := range list.Items {
		image, err := d.api.ImageInspect(ctx, item.ID)
		if err != nil || image.Config == nil || image.Config.Labels[keyLabel] == "" {
			continue // another run has removed it, or it is none of ours
		}
		made[item.ID], _ = time.Parse(time.RFC3339Nano, image.Created) // else it counts as the oldest
		ids = append(ids, item.ID)
	}
	slices.SortFunc(ids, func(a, b string) int { return made[b].Compare(made[a]) })
	var errs []error
	for _, id := range ids[min(snapshotsKept, len(ids)):] {
		_, err := d.api.ImageRemove(ctx, id, client.ImageRemoveOptions{PruneChildren: true})
		if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
			errs = append(errs, fmt.Errorf("remove old snapshot: %w", err))
		}
	}
	return errors.Join(errs...)
}
