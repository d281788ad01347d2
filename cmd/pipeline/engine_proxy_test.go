//go:build integration

package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// A proxy is a way to the engine that can be cut.
type proxy struct {
	socket   string
	mu       sync.Mutex
	listener net.Listener
	open     []net.Conn
}

// engine up|down: from the first "up" on the story's programs reach the engine
// by a way of their own, which "down" cuts: as if the engine had died.
func cmdEngine(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	switch {
	case !neg && len(args) == 1 && args[0] == "up":
		if s.proxy == nil {
			dir, err := os.MkdirTemp("", "engine-")
			ts.Check(err)
			s.proxy = &proxy{socket: filepath.Join(dir, "docker.sock")}
			ts.Setenv("DOCKER_HOST", "unix://"+s.proxy.socket)
			ts.Defer(func() { s.proxy.cut(); _ = os.RemoveAll(dir) })
		}
		ts.Check(s.proxy.listen())
	case !neg && len(args) == 1 && args[0] == "down" && s.proxy != nil:
		s.proxy.cut()
	default:
		ts.Fatalf("usage: engine up|down")
	}
}

func (p *proxy) listen() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	listener, err := net.Listen("unix", p.socket)
	if err != nil {
		return err
	}
	p.listener = listener
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go p.pass(conn)
		}
	}()
	return nil
}

// pass copies both ways until either side ends.
func (p *proxy) pass(conn net.Conn) {
	defer conn.Close()
	engine, err := net.Dial("unix", "/var/run/docker.sock")
	if err != nil {
		return
	}
	defer engine.Close()
	p.mu.Lock()
	p.open = append(p.open, conn, engine)
	p.mu.Unlock()
	go func() {
		_, _ = io.Copy(engine, conn)
		_ = engine.(*net.UnixConn).CloseWrite()
	}()
	_, _ = io.Copy(conn, engine)
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.listener.Close()
	for _, conn := range p.open {
		_ = conn.Close()
	}
	p.open = nil
}
