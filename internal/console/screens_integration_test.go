//go:build integration

package console

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/ci"
	"github.com/haddock-ci/pipeline/internal/events"
)

const screensPage = "../../docs/screens.md"

// A tmux is a real terminal with one window.
type tmux struct {
	t    *testing.T
	name string
}

func newTmux(t *testing.T, width, height int, command string, env ...string) tmux {
	t.Helper()
	terminal := tmux{t, fmt.Sprintf("pipeline-%d-%d", os.Getpid(), time.Now().UnixNano())}
	t.Cleanup(func() { _ = exec.Command("tmux", "-L", terminal.name, "kill-server").Run() })
	args := []string{"-f", "/dev/null", "new-session", "-d", "-s", "s", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height)}
	for _, pair := range env {
		args = append(args, "-e", pair)
	}
	terminal.do(append(args, command)...)
	return terminal
}

func (m tmux) do(args ...string) string {
	m.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-u", "-L", m.name}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TMUX=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		m.t.Fatalf("tmux %s: %v: %s (scripts/browser.sh installs tmux)", args[0], err, out)
	}
	return string(out)
}

// text is what the terminal shows now.
func (m tmux) text() string {
	var b strings.Builder
	for line := range strings.Lines(m.do("capture-pane", "-p", "-t", "s")) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// shown is what the terminal shows once the scene has drawn so many frames, and
// the terminal has made of them what it does.
func (m tmux) shown(frame int) string {
	m.t.Helper()
	title, last := "", ""
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		title = strings.TrimSpace(m.do("display-message", "-p", "-t", "s", "#{pane_title}"))
		var drawn int
		if _, err := fmt.Sscanf(title, "frame %d", &drawn); err != nil || drawn < frame {
			continue
		}
		now := m.text()
		if now == last {
			return now
		}
		last = now
	}
	m.t.Fatalf("the terminal has not shown frame %d, but %q:\n%s", frame, title, m.text())
	return ""
}

// says waits until the terminal shows the text.
func (m tmux) says(text string) {
	m.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(m.text(), text); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("the terminal never shows %q:\n%s", text, m.text())
		}
	}
}

func binary(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestScreensAreThoseOnThePage plays every scene in a real terminal and
// compares with docs/screens.md; UPDATE=1 writes that page.
func TestScreensAreThoseOnThePage(t *testing.T) {
	var page strings.Builder
	page.WriteString("# What a run looks like\n\nThese are captures of a real terminal, made by a test that compares them with this page\n(`make screens` writes it anew).\n")
	for _, one := range scenes() {
		terminal := newTmux(t, one.width, 24, binary(t), sceneVariable+"="+one.title)
		fmt.Fprintf(&page, "\n## %s\n\n```text\n%s```\n", one.title, terminal.shown(1))
	}
	page.WriteString("\n## The same run in CI\n\nLines with time and step, none of them ever taken back; where the CI system can fold, a stage is a group.\n\n```text\n" + plainRun() + "```\n")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(screensPage, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(screensPage)
	if err != nil {
		t.Fatal(err)
	}
	if page.String() != string(want) {
		t.Errorf("%s is out of date; the screens are\n%s", filepath.Base(screensPage), page.String())
	}
}

// plainRun is the failed run as lines.
func plainRun() string {
	var b strings.Builder
	lines := newLines(&b, Look{Mode: Plain, Vendor: ci.GitHub})
	at := time.Date(2026, 11, 22, 20, 51, 2, 0, time.UTC)
	for _, e := range []events.Event{
		{Kind: events.RunStarted, Fields: map[string]string{"project": "orders", "stages": "itest,image", "runId": "1187-1-build-5f0c21aa", "tool": "pipeline 0.3.0"}},
		{Kind: events.StepStarted, Step: "prepare"},
		{Kind: events.StepFinished, Step: "prepare", Seconds: 0.4},
		{Kind: events.StepStarted, Step: "oracle-start", Fields: map[string]string{"stage": "itest"}},
		{Kind: events.StepFinished, Step: "oracle-start", Seconds: 1.6},
		{Kind: events.StepStarted, Step: "oracle-wait", Fields: map[string]string{"stage": "itest"}},
		{Kind: events.OraclePhase, Step: "oracle-wait", Text: "opening the database"},
		{Kind: events.OraclePhase, Step: "oracle-wait", Text: "answering"},
		{Kind: events.StepFinished, Step: "oracle-wait", Seconds: 13},
		{Kind: events.StepStarted, Step: "test", Fields: map[string]string{"stage": "itest"}},
		{Kind: events.LogLine, Step: "test", Text: "[ERROR] Tests run: 21, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 4.212 s <<< FAILURE! -- in shop.orders.ProductsIT"},
		{Kind: events.TestResult, Step: "test", Text: "128 tests, 1 failed, 4 skipped"},
		{Kind: events.StepFinished, Step: "test", Seconds: 28.2, Error: "shop.orders.ProductsIT.findsAll: ORA-00942: table or view does not exist"},
		{Kind: events.StepStarted, Step: "oracle-stop", Fields: map[string]string{"stage": "itest"}},
		{Kind: events.StepFinished, Step: "oracle-stop", Seconds: 1},
		{Kind: events.RunFinished, Seconds: 44.4, Error: "red"},
	} {
		if e.Kind == events.StepFinished {
			at = at.Add(time.Duration(e.Seconds * float64(time.Second)))
		}
		e.Time = at
		lines.take(e)
	}
	lines.end()
	return b.String()
}

func TestAResizedTerminalKeepsOneFrame(t *testing.T) {
	terminal := newTmux(t, 80, 24, binary(t), sceneVariable+"=The tests run")
	terminal.shown(1)
	for n, size := range [][2]string{{"50", "24"}, {"34", "22"}, {"120", "22"}, {"120", "5"}, {"120", "9"}, {"120", "24"}, {"60", "3"}, {"60", "30"}} {
		terminal.do("resize-window", "-t", "s", "-x", size[0], "-y", size[1])
		if text := terminal.shown(n + 2); strings.Count(text, "oracle-wait") > 1 || strings.Count(text, " test ") != 1 {
			t.Errorf("%v: more than one frame:\n%s", size, text)
		}
	}
	if all := terminal.do("capture-pane", "-p", "-S", "-", "-t", "s"); strings.Count(all, "oracle-wait") != 1 {
		t.Errorf("an old frame is left above the terminal:\n%s", all)
	}
}

func TestTheTerminalIsUsableHoweverTheProgramEnds(t *testing.T) {
	for _, how := range []string{"panic", "KILL", "TERM"} {
		name := how
		if how != "panic" {
			name = "stay"
		}
		command := fmt.Sprintf("%s=%s %s; echo ended", sceneVariable, name, binary(t))
		if how != "panic" {
			command = fmt.Sprintf("%s=%s %s & sleep 1; kill -%s $!; wait; echo ended", sceneVariable, name, binary(t), how)
		}
		terminal := newTmux(t, 80, 24, "sh -c '"+command+"; exec cat'")
		terminal.says("ended")
		if got := strings.TrimSpace(terminal.do("display-message", "-p", "-t", "s", "#{cursor_flag} #{wrap_flag} #{alternate_on}")); got != "1 1 0" {
			t.Errorf("%s: cursor, wrap, alternate screen are %q, want 1 1 0", how, got)
		}
	}
}
