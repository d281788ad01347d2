package host_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
)

func checkRun(t *testing.T, h *host.Host) {
	t.Helper()
	out, err := h.Run(t.Context(), `read -r x; echo "it's $x"`, []byte("here\n"))
	if err != nil || string(out) != "it's here\n" {
		t.Errorf("script: %q, %v", out, err)
	}
	_, err = h.Run(t.Context(), "echo a >&2; echo no such thing >&2; exit 7", nil)
	if failed, ok := errors.AsType[*host.ScriptError](err); !ok || failed.Status != 7 || !strings.HasSuffix(err.Error(), "exit status 7: a; no such thing") {
		t.Errorf("a script that fails: %v", err)
	}
	why := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(why) })
	if _, err := h.Run(ctx, "exec sleep 5", nil); !errors.Is(err, why) {
		t.Errorf("err = %v, want %v", err, why)
	}
}

// checkFiles checks what the state directory promises, over any way to it.
func checkFiles(t *testing.T, h *host.Host, dir string) {
	t.Helper()
	ctx := t.Context()
	if _, err := h.ReadFile(ctx, "servers.state"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), dir+"/servers.state") {
		t.Errorf("err = %v, want that it is not there", err)
	}
	long := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	for _, data := range [][]byte{long, []byte("1\n"), nil} {
		if err := h.WriteFile(ctx, "servers.state", data); err != nil {
			t.Fatal(err)
		}
		if back, err := h.ReadFile(ctx, "servers.state"); err != nil || !bytes.Equal(back, data) {
			t.Errorf("%d bytes became %d, %v", len(data), len(back), err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "servers.state")); err != nil || info.Mode().Perm() != 0o664 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for _, line := range []string{`{"a": 1}`, `{"b": 2}`} {
		if err := h.AppendLine(ctx, "history.jsonl", line); err != nil {
			t.Fatal(err)
		}
	}
	if data, err := h.ReadFile(ctx, "history.jsonl"); err != nil || string(data) != "{\"a\": 1}\n{\"b\": 2}\n" {
		t.Errorf("history %q, %v", data, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cut"), []byte("whole\nhal"), 0o664); err != nil {
		t.Fatal(err)
	}
	if err := h.AppendLine(ctx, "cut", "next"); err != nil {
		t.Error(err)
	}
	if data, err := h.ReadFile(ctx, "cut"); err != nil || string(data) != "whole\nhal\nnext\n" {
		t.Errorf("after a line that was cut: %q, %v", data, err)
	}
	for _, name := range []string{"", ".", "..", "../x", "a/b", "/etc/passwd", ".hidden", "a\nb", "a b", "$(id)", "a;b", strings.Repeat("a", 300)} {
		_, err := h.ReadFile(ctx, name)
		for _, err := range []error{err, h.WriteFile(ctx, name, nil), h.AppendLine(ctx, name, "x")} {
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("name %q: %v", name, err)
			}
		}
	}
	for _, line := range []string{"a\nb", "a\rb", strings.Repeat("x", 40_000)} {
		if err := h.AppendLine(ctx, "history.jsonl", line); err == nil {
			t.Errorf("a line of %d bytes was taken", len(line))
		}
	}
	old, fresh := filepath.Join(dir, ".servers.state.tmp-old"), filepath.Join(dir, ".servers.state.tmp-fresh")
	writeFile(t, old, nil)
	writeFile(t, fresh, nil)
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(h.WriteFile(ctx, "servers.state", nil), os.Remove(fresh)); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFilesOfThisMachine(t *testing.T) {
	dir := t.TempDir()
	h, err := host.Connect(t.Context(), host.Target{Engine: "unix://" + serveEngine(t), StateDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	checkFiles(t, h, dir)
	checkRun(t, h)
	if h.LocatorHost() != "this machine" {
		t.Errorf("locator's host is %s", h.LocatorHost())
	}
	if _, err := h.DialLocator(t.Context()); err == nil {
		t.Error("a locator answers that is not there")
	}
}
