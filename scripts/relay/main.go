// Command relay hands TCP connections on: relay <listen> <target>. On a Mac the
// demo runs it beside the engine, in Docker Desktop's virtual machine, so that
// the engine finds the demo's registry on its own loopback address.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: relay <listen> <target>")
		os.Exit(2)
	}
	fmt.Fprintln(os.Stderr, "relay:", run(context.Background(), os.Args[1], os.Args[2]))
	os.Exit(1)
}

// run hands on until it cannot listen any more, as when ctx ends.
func run(ctx context.Context, listen, target string) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = l.Close() })
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			if err := hand(ctx, c, target); err != nil {
				fmt.Fprintln(os.Stderr, "relay:", err)
			}
		}()
	}
}

// hand copies both ways until either side ends.
func hand(ctx context.Context, client net.Conn, target string) error {
	defer func() { _ = client.Close() }()
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", target)
	if err != nil {
		return err
	}
	ended := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{server, client}, {client, server}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1]) // either side may just go
			ended <- struct{}{}
		}()
	}
	<-ended
	return server.Close()
}
