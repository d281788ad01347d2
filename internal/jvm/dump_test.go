package jvm

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/haddock-ci/pipeline/internal/command"
)

// listen makes this process behave like a JVM: a QUIT beside the request makes
// it listen, and it answers each question with the answer. A real JVM is asked
// in cmd/pipeline/maven.
func listen(t *testing.T, answer string) {
	t.Helper()
	quits := make(chan os.Signal, 1)
	signal.Notify(quits, syscall.SIGQUIT)
	t.Cleanup(func() { signal.Stop(quits) })
	go func() {
		<-quits
		if _, err := os.Stat(own(".attach_pid")); err != nil {
			t.Errorf("QUIT without a request: %v", err)
		}
		l, err := net.Listen("unix", own(".java_pid"))
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(func() { _ = l.Close() })
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			words := bufio.NewReader(conn)
			for _, want := range []string{"1", "threaddump", "", "", ""} {
				if got, err := words.ReadString(0); err != nil || got != want+"\x00" {
					t.Errorf("word %q, %v; want %q", got, err, want)
				}
			}
			_, _ = conn.Write([]byte(answer))
			_ = conn.Close()
		}
	}()
}

func own(name string) string { return filepath.Join(tempDir(), name+strconv.Itoa(os.Getpid())) }

func self(t *testing.T) command.Process {
	t.Helper()
	p, err := command.Self()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wantNoRequest(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(own(".attach_pid")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the request was left behind: %v", err)
	}
}

func TestThreadDumpIsWhatTheJVMAnswers(t *testing.T) {
	listen(t, "0\nFull thread dump\n\tat shop.Orders\n")
	for range 2 { // the second finds the socket there
		got, err := ThreadDump(t.Context(), self(t))
		if want := "Full thread dump\n\tat shop.Orders\n"; err != nil || string(got) != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
		wantNoRequest(t)
	}
}

func TestThreadDumpTellsARefusal(t *testing.T) {
	listen(t, "100\nnot now\n")
	_, err := ThreadDump(t.Context(), self(t))
	if err == nil || !strings.Contains(err.Error(), `does not tell its threads: status "100": not now`) {
		t.Errorf("got %v", err)
	}
}

func TestThreadDumpGivesUpWhenNobodyListens(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	quits := make(chan os.Signal, 1)
	signal.Notify(quits, syscall.SIGQUIT)
	defer signal.Stop(quits)
	go func() { <-quits; cancel() }()
	if _, err := ThreadDump(ctx, self(t)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that there is no socket", err)
	}
	wantNoRequest(t)
}

func TestThreadDumpNoticesTheEnd(t *testing.T) {
	_, err := ThreadDump(t.Context(), command.Process{PID: os.Getpid(), Start: self(t).Start + "9"})
	if err == nil || !strings.Contains(err.Error(), "it has ended") {
		t.Errorf("got %v", err)
	}
	wantNoRequest(t)
}
