package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/oracle/standin"
	"github.com/haddock-ci/pipeline/oracle/standin/boot"
	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// serve lives a container's life and returns its exit status.
func serve(o options) int {
	script, err := readScript()
	if err != nil {
		fmt.Fprintf(os.Stderr, "oracle-standin: %v\n", err)
		return 2
	}
	e := &endpoint{port: o.port}
	life := boot.New(boot.Config{
		Script: script, Version: version, Stdout: os.Stdout, Getenv: os.Getenv,
		Root: o.root, State: o.state, Endpoint: e, Open: e.openDatabase, Start: start,
	})
	e.life = life
	e.server = standin.NewServer(standin.Config{Service: e.answer, Login: life.Login})

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tools, err := serveTools(ctx, life, socketPath(o.state))
	if err != nil {
		fmt.Fprintf(os.Stderr, "oracle-standin: %v\n", err)
		return 1
	}
	status := life.Run(ctx, stopRequests(ctx))
	cancel()
	<-tools
	return status
}

// stopRequests delivers a value for each TERM and INT.
func stopRequests(ctx context.Context) <-chan struct{} {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	stop := make(chan struct{}, 4)
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-signals:
				select {
				case stop <- struct{}{}:
				default: // several are waiting already
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return stop
}

// serveTools answers the tools on a unix socket; the channel is closed when it
// no longer does.
func serveTools(ctx context.Context, life *boot.Life, path string) (<-chan struct{}, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove old socket: %w", err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen for tools: %w", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = life.ServeTools(ctx, listener) // without tools the database still serves
	}()
	return done, nil
}

// endpoint is the TNS listener, which the life opens and closes.
type endpoint struct {
	port   int
	life   *boot.Life
	server *standin.Server
	stop   context.CancelFunc
	ended  chan struct{}
}

// Open starts to listen, later on the same port as the first time.
func (e *endpoint) Open(ctx context.Context) (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort("", strconv.Itoa(e.port)))
	if err != nil {
		return 0, fmt.Errorf("listen: %w", err)
	}
	if address, ok := listener.Addr().(*net.TCPAddr); ok {
		e.port = address.Port
	}
	ctx, e.stop = context.WithCancel(ctx)
	e.ended = make(chan struct{})
	go func() {
		defer close(e.ended)
		_ = e.server.Serve(ctx, listener) // ends when Close says so
	}()
	return e.port, nil
}

// Close ends the listener and its sessions.
func (e *endpoint) Close() error {
	e.stop()
	<-e.ended
	return nil
}

// Disconnect ends all sessions.
func (e *endpoint) Disconnect() { e.server.Disconnect() }

func (e *endpoint) openDatabase(_ context.Context, dir string) (boot.Database, error) { //nolint:ireturn // boot.Config
	if err := os.MkdirAll(filepath.Dir(dir), 0o750); err != nil {
		return nil, fmt.Errorf("make %s: %w", filepath.Dir(dir), err)
	}
	db, err := sqldb.Open(dir)
	if err != nil {
		return nil, err
	}
	db.OnRegister(e.life.Register)
	e.server.Attach(db)
	return boot.Engine{DB: db}, nil
}

func (e *endpoint) answer(t standin.Target) standin.Answer {
	if t.Command != "" {
		return e.server.Lookup(t)
	}
	answer := e.life.Connect(boot.Target{Service: t.Service, SID: t.SID})
	act := map[boot.Act]standin.Act{
		boot.Accept: standin.Accept, boot.Refuse: standin.Refuse, boot.Close: standin.Close, boot.NoListener: standin.Close,
		boot.Silent: standin.Silent, boot.ShortRefuse: standin.ShortRefuse, boot.BareRefuse: standin.BareRefuse,
	}[answer.Act]
	return standin.Answer{Act: act, Code: answer.Code}
}

// start runs an init script's program.
func start(ctx context.Context, argv []string, out io.Writer) (int, error) {
	err := command.Command{Args: argv, Stdout: out, Stderr: out}.Run(ctx)
	if exit, ok := errors.AsType[*command.ExitError](err); ok {
		return exit.Code, nil
	}
	return 0, err
}
