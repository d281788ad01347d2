package oracle

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
)

// docker is the engine that testcontainers-go has found.
type docker struct {
	api  client.APIClient
	host string // where testcontainers-go would look for published ports; may be wrong
}

func connect(ctx context.Context) (*docker, error) {
	provider, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(tclog.NewNoopLogger()))
	if err != nil {
		return nil, fmt.Errorf("reach docker engine: %w", err)
	}
	if _, err := provider.Client().Ping(ctx, client.PingOptions{}); err != nil {
		return nil, fmt.Errorf("reach docker engine: %w", err)
	}
	host, err := provider.DaemonHost(ctx)
	if err != nil {
		host = "" // only one of several candidates
	}
	return &docker{api: provider.Client(), host: host}, nil
}

// remoteHost returns the engine's host name when it is another machine.
func (d *docker) remoteHost() string {
	endpoint, err := url.Parse(d.api.DaemonHost())
	if err != nil || endpoint.Scheme == "unix" || endpoint.Scheme == "npipe" {
		return ""
	}
	switch host := endpoint.Hostname(); host {
	case "localhost", "127.0.0.1", "::1":
		return ""
	default:
		return host
	}
}

func (d *docker) inspect(ctx context.Context, id string) (container.InspectResponse, error) {
	result, err := d.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if errdefs.IsNotFound(err) {
		return container.InspectResponse{}, fmt.Errorf("inspect container: %w", ErrGone)
	}
	if err != nil {
		return container.InspectResponse{}, fmt.Errorf("inspect container: %w", err)
	}
	return result.Container, nil
}

// remove takes the container and its anonymous volumes away, running or not.
// It is fine when somebody else has done so or is doing so.
func (d *docker) remove(ctx context.Context, id string) error {
	_, err := d.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err == nil || errdefs.IsNotFound(err) {
		return nil
	}
	if errdefs.IsConflict(err) && strings.Contains(err.Error(), "already in progress") {
		return nil
	}
	return fmt.Errorf("remove container: %w", err)
}

// labelled returns the ids of all containers with this label and value.
func (d *docker) labelled(ctx context.Context, label, value string) ([]string, error) {
	list, err := d.api.ContainerList(ctx, client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", label+"="+value),
	})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	ids := make([]string, 0, len(list.Items))
	for _, item := range list.Items {
		ids = append(ids, item.ID)
	}
	return ids, nil
}

// exec runs a program in the container with this input and returns what it
// wrote, both streams in one, and its exit status. Secrets belong into stdin:
// everybody on the engine's host can read a program's arguments.
func (d *docker) exec(ctx context.Context, id string, command []string, stdin io.Reader) (string, int, error) {
	created, err := d.api.ExecCreate(ctx, id, client.ExecCreateOptions{
		Cmd: command, AttachStdin: stdin != nil, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return "", 0, fmt.Errorf("run %s in the container: %w", command[0], err)
	}
	stream, err := d.api.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	if err != nil {
		return "", 0, fmt.Errorf("run %s in the container: %w", command[0], err)
	}
	defer stream.Close()
	defer context.AfterFunc(ctx, stream.Close)() // the stream itself knows no context
	if stdin != nil {
		go func() {
			_, _ = io.Copy(stream.Conn, stdin) // a program that has ended reads no more; its status says why
			_ = stream.CloseWrite()
		}()
	}
	var output bytes.Buffer
	if _, err := stdcopy.StdCopy(&output, &output, stream.Reader); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return output.String(), 0, fmt.Errorf("run %s in the container: %w", command[0], err)
	}
	done, err := d.api.ExecInspect(ctx, created.ID, client.ExecInspectOptions{})
	if err != nil {
		return output.String(), 0, fmt.Errorf("run %s in the container: %w", command[0], err)
	}
	return output.String(), done.ExitCode, nil
}

// upload puts the scripts into the container, readable for every user of it.
func (d *docker) upload(ctx context.Context, id string, scripts []script) error {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	made := make(map[string]bool)
	for _, s := range scripts {
		for _, dir := range []string{initRoot, path.Dir(s.path)} {
			if !made[dir] {
				made[dir] = true
				if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir[1:] + "/", Mode: 0o755}); err != nil {
					return err
				}
			}
		}
		if err := w.WriteHeader(&tar.Header{Name: s.path[1:], Mode: 0o644, Size: int64(len(s.text))}); err != nil {
			return err
		}
		if _, err := w.Write(s.text); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	_, err := d.api.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: "/", Content: &archive})
	return err
}

// explainStart puts the reason's name on an error of create or start.
func explainStart(err error, port int) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "no space left on device"):
		return fmt.Errorf("%w: %s", ErrDiskFull, engineText(err))
	case strings.Contains(text, "port is already allocated"), strings.Contains(text, "address already in use"):
		return fmt.Errorf("%w: %d", ErrPortTaken, port)
	}
	return err
}

// engineText is what the engine itself said, without what every layer on the
// way has put before it.
func engineText(err error) string {
	const said = "Error response from daemon: "
	text := err.Error()
	if i := strings.LastIndex(text, said); i >= 0 {
		text = text[i+len(said):]
	}
	return text
}

// gone tells whether the error says that the container does not exist.
func gone(err error) bool { return errors.Is(err, ErrGone) || errdefs.IsNotFound(err) }
