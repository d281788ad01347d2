package oracle

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/haddock-ci/pipeline/internal/redact"
)

// Bounds of a diagnosis: it is read by people, and kept by a CI server.
const (
	diagnosedLines = "20000"
	diagnosedBytes = 8 << 20
)

// A Finding is one part of a diagnosis: its text, or why there is none.
type Finding struct {
	Name  string // fit for a file, such as inspect.json
	About string // what it is, in a few words
	Text  []byte
	Err   error
}

// errNotReady is why nobody was asked.
var errNotReady = errors.New("the database was not ready by its log")

// Diagnose asks engine and container, all at once, for what helps to understand
// why the database, or what uses it, has failed. It changes nothing, ends with
// ctx at the latest, and masks the database's passwords. What cannot be had, as
// of a container that is gone, is a Finding with an error.
func (c *Container) Diagnose(ctx context.Context) []Finding {
	in := c.now()
	parts := []struct {
		name, about string
		find        func(context.Context, *instance) ([]byte, error)
	}{
		{"container.log", "the container's log with the engine's times, its last " + diagnosedLines + " lines", c.diagnoseLog},
		{"inspect.json", "the container as the engine describes it, secrets masked", c.diagnoseInspect},
		{"memory.txt", "what the container uses", c.diagnoseMemory},
		{"disk.txt", "the file systems that the container sees", c.diagnoseTool("df", "-h")},
		{"listener.txt", "the services that the listener offers", c.diagnoseTool("lsnrctl", "services")},
		{"users.txt", "the database's users", c.diagnoseUsers},
	}
	mask := redact.New(c.Secrets()...)
	found := make(chan Finding, len(parts))
	findings := make([]Finding, 0, len(parts))
	for _, part := range parts {
		findings = append(findings, Finding{Name: part.name, About: part.about, Err: errNoAnswer})
		go func() {
			text, err := part.find(ctx, in)
			if err != nil {
				err = errors.New(mask.String(err.Error()))
			}
			found <- Finding{Name: part.name, Text: []byte(mask.String(string(text))), Err: err}
		}()
	}
	for range parts {
		select {
		case <-ctx.Done(): // whoever has not answered yet is not waited for
			return findings
		case f := <-found:
			for i := range findings {
				if findings[i].Name == f.Name {
					findings[i].Text, findings[i].Err = f.Text, f.Err
				}
			}
		}
	}
	return findings
}

// Secrets returns every password of the database that must not be shown, for a
// redactor. Wait may make new ones, as it may replace the container.
func (c *Container) Secrets() []string {
	secrets := []string{c.now().system.Reveal()}
	for _, s := range c.schemas {
		secrets = append(secrets, s.Password.Reveal())
	}
	return secrets
}

func (c *Container) diagnoseLog(ctx context.Context, in *instance) ([]byte, error) {
	stream, err := c.docker.api.ContainerLogs(ctx, in.id, client.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Timestamps: true, Tail: diagnosedLines,
	})
	if err != nil {
		return nil, fmt.Errorf("read the container's log: %w", err)
	}
	defer func() { _ = stream.Close() }()
	log := &lastBytes{limit: diagnosedBytes}
	_, err = stdcopy.StdCopy(log, log, stream)
	return log.Bytes(), err
}

// lastBytes keeps the end of what is written.
type lastBytes struct {
	bytes.Buffer
	limit int
}

func (b *lastBytes) Write(p []byte) (int, error) {
	n, err := b.Buffer.Write(p)
	if b.Len() > 2*b.limit {
		b.cut()
	}
	return n, err
}

// Bytes is the end, from a line's beginning on.
func (b *lastBytes) Bytes() []byte {
	b.cut()
	return b.Buffer.Bytes()
}

func (b *lastBytes) cut() {
	if b.Len() > b.limit {
		b.Next(b.Len() - b.limit)
		_, _ = b.ReadBytes('\n') // what is left of a line; without an end it is one long line
	}
}

// secretName is how variables are called whose values are nobody's business.
var secretName = regexp.MustCompile(`(?i)pass|pwd|secret|token|credential|key`)

func (c *Container) diagnoseInspect(ctx context.Context, in *instance) ([]byte, error) {
	found, err := c.docker.inspect(ctx, in.id)
	if err != nil {
		return nil, err
	}
	if found.Config != nil {
		for i, entry := range found.Config.Env {
			if name, value, _ := strings.Cut(entry, "="); value != "" && secretName.MatchString(name) {
				found.Config.Env[i] = name + "=" + redact.Mask
			}
		}
	}
	return json.MarshalIndent(found, "", "  ")
}

func (c *Container) diagnoseMemory(ctx context.Context, in *instance) ([]byte, error) {
	found, err := c.docker.inspect(ctx, in.id)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if s := found.State; s != nil {
		fmt.Fprintf(&b, "state      %s, exit status %d, out of memory: %t %s\n", s.Status, s.ExitCode, s.OOMKilled, s.Error)
	}
	result, err := c.docker.api.ContainerStats(ctx, in.id, client.ContainerStatsOptions{})
	if err != nil {
		return b.Bytes(), fmt.Errorf("ask for the container's use of memory: %w", err)
	}
	defer func() { _ = result.Body.Close() }()
	var stats container.StatsResponse
	if err := json.NewDecoder(result.Body).Decode(&stats); err != nil {
		return b.Bytes(), fmt.Errorf("ask for the container's use of memory: %w", err)
	}
	fmt.Fprintf(&b, "memory     %d MiB of %d MiB, at most %d MiB\n", stats.MemoryStats.Usage>>20, stats.MemoryStats.Limit>>20, stats.MemoryStats.MaxUsage>>20)
	fmt.Fprintf(&b, "processes  %d\n", stats.PidsStats.Current)
	return b.Bytes(), nil
}

// diagnoseTool runs a program of the image that only reads.
func (c *Container) diagnoseTool(command ...string) func(context.Context, *instance) ([]byte, error) {
	return func(ctx context.Context, in *instance) ([]byte, error) {
		output, status, err := c.docker.exec(ctx, in.id, command, nil)
		if err == nil && (status == 126 || status == 127) {
			return nil, fmt.Errorf("the image has no %s", command[0])
		}
		return []byte(output), err
	}
}

func (c *Container) diagnoseUsers(ctx context.Context, in *instance) ([]byte, error) {
	select {
	case <-in.log.ready:
	default:
		return nil, errNotReady
	}
	var b bytes.Buffer
	err := c.as(ctx, "SYSTEM", in.system, func(ctx context.Context, system *sql.Conn) error {
		rows, err := system.QueryContext(ctx, "SELECT username, account_status, created FROM dba_users ORDER BY created, username")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var name, status string
			var created time.Time
			if err := rows.Scan(&name, &status, &created); err != nil {
				return err
			}
			fmt.Fprintf(&b, "%-30s %-20s %s\n", name, status, created.Format(time.DateTime))
		}
		return rows.Err()
	})
	return b.Bytes(), err
}
