package engine

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Info is what the engine has to work with.
type Info struct {
	Name          string // of the machine it runs on
	System        string // such as Debian GNU/Linux 12
	CPUs          int
	Memory        int64 // bytes
	StorageDriver string
	RootDir       string // where it keeps images and containers
	Containers    int
	Images        int
	Time          time.Time // by its clock; zero when it does not say
	Warnings      []string
}

// Info asks the engine what it has to work with.
func (e *Engine) Info(ctx context.Context) (Info, error) {
	i, err := e.api.Info(ctx)
	if err != nil {
		return Info{}, fmt.Errorf("ask docker engine for its resources: %w", e.explained(ctx, err))
	}
	now, _ := time.Parse(time.RFC3339Nano, i.SystemTime) // zero is fine
	return Info{
		Time: now, Name: i.Name, System: i.OperatingSystem, CPUs: i.NCPU, Memory: i.MemTotal, StorageDriver: i.Driver,
		RootDir: i.DockerRootDir, Containers: i.Containers, Images: i.Images, Warnings: i.Warnings,
	}, nil
}

// FreeDisk is the room left where the engine keeps images and containers. It
// is not known for an engine elsewhere, nor for one in a virtual machine.
func (e *Engine) FreeDisk(ctx context.Context) (bytes uint64, known bool, err error) {
	info, err := e.Info(ctx)
	if err != nil {
		return 0, false, err
	}
	if !e.IsLocal() {
		return 0, false, nil
	}
	var fs unix.Statfs_t
	if unix.Statfs(info.RootDir, &fs) != nil {
		return 0, false, nil //nolint:nilerr // the folder is inside a virtual machine, which is no fault
	}
	return fs.Bavail * uint64(fs.Bsize), true, nil
}

// BindAddress is the address to publish ports on, of the engine's own host:
// 127.0.0.1 for a local engine, so that nobody else gets in.
func (e *Engine) BindAddress(ctx context.Context) (string, error) {
	host := e.HostAddress()
	if net.ParseIP(host) != nil {
		return host, nil
	}
	ips, err := net.DefaultResolver.LookupIP(ctx, "ip4", host)
	if err != nil {
		return "", fmt.Errorf("find the address of docker engine %s: %w", host, err)
	}
	return ips[0].String(), nil
}

// A ContainerImage is the image that a container really runs.
type ContainerImage struct {
	ID     string // sha256:... of its configuration
	Name   string // as the container names it
	Digest string // of its manifest; empty when it was built or loaded here
	Labels map[string]string
}

// ImageOf tells which image a container runs.
func (e *Engine) ImageOf(ctx context.Context, id string) (ContainerImage, error) {
	c, err := e.Inspect(ctx, id)
	if err != nil {
		return ContainerImage{}, err
	}
	i, err := e.api.ImageInspect(ctx, c.ImageID)
	if err != nil {
		return ContainerImage{}, fmt.Errorf("inspect image of container %s: %w", short(id), e.explained(ctx, err))
	}
	out := ContainerImage{ID: i.ID, Name: c.Image, Digest: digestOf(c.Image, i.RepoDigests)}
	if i.Config != nil {
		out.Labels = i.Config.Labels
	}
	return out, nil
}

// digestOf prefers the digest under the name that the container used: an image
// may have been pulled from several places.
func digestOf(name string, repoDigests []string) string {
	repo, digest, pinned := strings.Cut(name, "@")
	if pinned {
		return digest
	}
	if i := strings.LastIndex(repo, ":"); i > strings.LastIndex(repo, "/") {
		repo = repo[:i]
	}
	for _, entry := range repoDigests {
		at, digest, _ := strings.Cut(entry, "@")
		if at == repo {
			return digest
		}
	}
	if len(repoDigests) > 0 {
		_, digest, _ = strings.Cut(repoDigests[0], "@")
		return digest
	}
	return ""
}
