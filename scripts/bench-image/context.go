package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/haddock-ci/pipeline/internal/engine"
)

// context measures what a large build context costs: the bytes that a fresh
// clone sends, counted on the socket, and the memory that the client needs.
func (b *bench) context(ctx context.Context) error {
	const file = 100 << 20
	p, err := b.newProject(ctx, "context", "", map[string]string{"Dockerfile": "FROM scratch\nCOPY . /context\n"})
	if err != nil {
		return err
	}
	for i := range 5 {
		if err := p.write(fmt.Sprintf("target/large%d", i), p.random(file)); err != nil {
			return err
		}
	}
	for i := range 3000 {
		if err := p.write(fmt.Sprintf("target/small/%d", i), p.random(100)); err != nil {
			return err
		}
	}
	sent, _, err := p.build(ctx, "first")
	if err != nil {
		return err
	}
	fmt.Printf("context: the first build sends %.0f MB\n", float64(sent)/1e6)
	if err := p.write("target/small/7", []byte("changed")); err != nil {
		return err
	}
	if err := p.touch(); err != nil {
		return err
	}
	if sent, _, err = p.build(ctx, "second"); err != nil {
		return err
	}
	b.result("fresh-clone-sends", float64(sent)/1e6, "MB", 1)
	for i := range 15 { // 2 GB with the five from before; holes read as zeros
		name := filepath.Join(p.dir, "target", fmt.Sprintf("hole%d", i))
		if err := p.write(fmt.Sprintf("target/hole%d", i), nil); err != nil {
			return err
		}
		if err := os.Truncate(name, file); err != nil {
			return err
		}
	}
	sent, memory, err := p.build(ctx, "third")
	if err != nil {
		return err
	}
	fmt.Printf("context: the 2 GB build sends %.0f MB\n", float64(sent)/1e6)
	b.result("client-memory", float64(memory)/1e6, "MB", 64)
	return nil
}

// build builds the project through a counting socket and returns the bytes that
// were sent and the client's largest memory. The image is removed.
func (p *project) build(ctx context.Context, revision string) (sent, memory int64, err error) {
	if err := p.commit(ctx, revision); err != nil {
		return 0, 0, err
	}
	count, err := countSocket(ctx, filepath.Join(p.bench.dir, revision+".sock"))
	if err != nil {
		return 0, 0, err
	}
	defer count.Close()
	memory, err = p.pipeline(ctx, []string{"DOCKER_HOST=unix://" + count.Addr().String()}, "image", "build", "--allow-untested")
	if err != nil {
		return 0, 0, err
	}
	return count.sent.Load(), memory, p.removeImages(ctx)
}

// removeImages removes what was built under the project's name.
func (p *project) removeImages(ctx context.Context) error {
	out, err := output(ctx, "docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", p.bench.repository("context"))
	if err != nil {
		return err
	}
	for ref := range strings.FieldsSeq(out) {
		if err := docker(ctx, "rmi", ref); err != nil {
			return err
		}
	}
	return nil
}

// counter is a socket before the engine's.
type counter struct {
	net.Listener

	sent atomic.Int64 // to the engine
}

func countSocket(ctx context.Context, path string) (*counter, error) {
	env := func(name string) string { return os.Getenv(name) }
	at, err := engine.FindEndpoint(env)
	if err != nil {
		return nil, err
	}
	socket, ok := strings.CutPrefix(at.Host, "unix://")
	if !ok {
		return nil, fmt.Errorf("the bench needs a local engine, not %s", at.Host)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	c := &counter{Listener: listener}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go c.relay(ctx, client, socket)
		}
	}()
	return c, nil
}

func (c *counter) relay(ctx context.Context, client net.Conn, socket string) {
	defer client.Close()
	server, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(client, server) // its end is seen by the client
		_ = client.Close()
	}()
	_, _ = io.Copy(io.MultiWriter(server, count{&c.sent}), client)
}

type count struct{ total *atomic.Int64 }

func (c count) Write(p []byte) (int, error) {
	c.total.Add(int64(len(p)))
	return len(p), nil
}
