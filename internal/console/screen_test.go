package console

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

// A fakeTerminal understands as much as a screen may use, and keeps the rest as
// a fault.
type fakeTerminal struct {
	t             *testing.T
	mu            sync.Mutex
	width, height int
	rows          []string // all there ever were; the last height of them are seen
	at            int
}

func (f *fakeTerminal) size() (int, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.width, f.height
}

func (f *fakeTerminal) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text := string(p)
	for text != "" {
		var n int
		switch {
		case text[0] == '\n':
			if f.at++; f.at == len(f.rows) {
				f.rows = append(f.rows, "")
			}
			n = 1
		case text[0] == '\r':
			n = 1
		case strings.HasPrefix(text, "\x1b[?2026"):
			n = len("\x1b[?2026h")
		case strings.HasPrefix(text, "\x1b[K"):
			n = 3
		case strings.HasPrefix(text, "\x1b[J"):
			f.rows, n = append(f.rows[:f.at:f.at], ""), 3
		case text[0] == 0x1b:
			var code byte
			var up int
			if n, _ := fmt.Sscanf(text[1:], "[%d%c", &up, &code); n != 2 || code != 'A' {
				f.t.Errorf("the screen writes %q", text[:min(12, len(text))])
				return len(p), nil
			}
			if f.at -= up; f.at < max(0, len(f.rows)-max(f.height, 2)) {
				f.t.Errorf("the screen goes %d rows up, above the upper edge", up)
				f.at = 0
			}
			n = len(fmt.Sprintf("\x1b[%dA", up))
		default:
			if n = strings.IndexAny(text, "\x1b\n\r"); n < 0 {
				n = len(text)
			}
			if f.rows[f.at] = text[:n]; text[0] == ' ' && columns(text[:n]) >= max(f.width, narrowest) {
				f.t.Errorf("%q is wider than %d", text[:n], f.width)
			}
		}
		text = text[n:]
	}
	return len(p), nil
}

func (f *fakeTerminal) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	for _, row := range f.rows[:len(f.rows)-1] {
		b.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	return b.String()
}

func newTerminal(t *testing.T, width, height int) *fakeTerminal {
	t.Helper()
	return &fakeTerminal{t: t, width: width, height: height, rows: []string{""}}
}

// play gives the console a run that is in the middle of its tests.
func play(sink events.Sink) {
	sink.Emit(events.Event{Kind: events.RunStarted, Fields: map[string]string{"steps": "prepare,compile,oracle-start,oracle-wait,test,oracle-stop,image-build"}})
	step := func(name string, took time.Duration, result string) {
		sink.Emit(events.Event{Kind: events.StepStarted, Step: name})
		time.Sleep(took)
		if result != "" {
			sink.Emit(events.Event{Kind: events.Note, Step: name, Text: result})
		}
		sink.Emit(events.Event{Kind: events.StepFinished, Step: name, Seconds: took.Seconds()})
	}
	step("prepare", 300*time.Millisecond, "")
	sink.Emit(events.Event{Kind: events.StepStarted, Step: "compile"})
	step("oracle-start", 2*time.Second, "")
	sink.For("oracle-wait").Warn("the database is the FAKE stand-in")
	step("oracle-wait", 12*time.Second, "")
	sink.Emit(events.Event{Kind: events.StepFinished, Step: "compile", Seconds: 14})
	sink.Emit(events.Event{Kind: events.StepStarted, Step: "test"})
	for i := range 30 {
		sink.Emit(events.Event{Kind: events.LogLine, Step: "test", Text: fmt.Sprintf("[INFO] line %d of the\ttests, 日本語", i)})
	}
	sink.For("test").Count("31 tests, 1 failed, shop.OrdersIT", events.Count{Done: 31, Failed: 1, Unit: events.UnitTests})
	time.Sleep(5 * time.Second)
}

func TestTheScreenShowsWhatEveryStepDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		terminal := newTerminal(t, 80, 24)
		c := New(terminal, Look{Mode: TTY, Unicode: true}, terminal.size)
		play(c.Take)
		got := strings.NewReplacer("⠋", "*", "⠙", "*", "⠹", "*", "⠸", "*", "⠼", "*", "⠴", "*", "⠦", "*", "⠧", "*", "⠇", "*", "⠏", "*").Replace(terminal.String())
		const want = `[oracle-wait] warning: the database is the FAKE stand-in
 ✓ prepare         0.3s
 ✓ compile          14s
 ✓ oracle-start      2s
 ✓ oracle-wait      12s
 * test              4s  31 tests, 1 failed, shop.OrdersIT
  │ [INFO] line 26 of the tests, 日本語
  │ [INFO] line 27 of the tests, 日本語
  │ [INFO] line 28 of the tests, 日本語
  │ [INFO] line 29 of the tests, 日本語
 · oracle-stop
 · image-build
`
		if got != want {
			t.Errorf("the screen is\n%s\nwant\n%s", got, want)
		}
		c.Take(events.Event{Kind: events.StepFinished, Step: "test", Seconds: 6.04, Error: "OrdersIT.places: ORA-00942: table or view does not exist, which is a long text", Time: time.Now()})
		c.Take(events.Event{Kind: events.RunFinished, Error: "red", Time: time.Now()})
		c.Close()
		lines := strings.SplitAfter(terminal.String(), "\n")
		if got, want := strings.Join(lines[5:9], ""), " ✗ test              6s  OrdersIT.places: ORA-00942: table or view does not ex…\n\nthe end of what test printed:\n│ [INFO] line 10 of the tests, 日本語\n"; got != want {
			t.Errorf("the end is\n%s\nwant\n%s", got, want)
		}
	})
}

func TestAScreenFitsEveryTerminal(t *testing.T) {
	for _, size := range [][2]int{{200, 60}, {80, 24}, {40, 10}, {30, 5}, {20, 3}, {8, 2}, {0, 0}} {
		for _, look := range []Look{{Mode: TTY, Unicode: true}, {Mode: TTY}, {Mode: TTY, Verbose: true}} {
			synctest.Test(t, func(t *testing.T) {
				terminal := newTerminal(t, size[0], size[1])
				c := New(terminal, look, terminal.size)
				play(c.Take)
				if rows := strings.Count(terminal.String(), "\n"); !look.Verbose && rows > max(3, size[1]) {
					t.Errorf("%v: the screen takes %d rows:\n%s", size, rows, terminal)
				}
				if !strings.Contains(terminal.String(), "test") {
					t.Errorf("%v: what runs is not on the screen:\n%s", size, terminal)
				}
				c.Close()
				if text := terminal.String(); !look.Unicode && strings.ContainsFunc(text, func(r rune) bool { return r > 126 }) {
					t.Errorf("%v: a terminal without UTF-8 gets:\n%s", size, text)
				}
			})
		}
	}
}

func TestANarrowerTerminalIsDrawnAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		terminal := newTerminal(t, 80, 24)
		c := New(terminal, Look{Mode: TTY}, terminal.size)
		play(c.Take)
		terminal.mu.Lock()
		var broken []string // as terminals do it
		for _, row := range terminal.rows {
			for ; len(row) > 40; row = row[40:] {
				broken = append(broken, row[:40])
			}
			broken = append(broken, row)
		}
		terminal.rows, terminal.at, terminal.width = broken, len(broken)-1, 40
		terminal.mu.Unlock()
		time.Sleep(time.Second)
		c.Close()
		if got := strings.Count(terminal.String(), "oracle-start"); got != 1 {
			t.Errorf("a part of the old frame is still there:\n%s", terminal)
		}
		if !strings.HasPrefix(terminal.String(), "[oracle-wait] warning") {
			t.Errorf("what stood above is gone:\n%s", terminal)
		}
	})
}

func TestATerminalMadeSmallAndTallAgainShowsOneFrame(t *testing.T) {
	for name, heights := range map[string][]int{
		"once": {4, 24}, "in steps": {9, 4, 7, 12, 24}, "twice": {5, 24, 3, 30}, "not all the way": {4, 8}, "smaller while it grows": {4, 8, 6, 24},
	} {
		for _, warned := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				terminal := newTerminal(t, 80, 24)
				c := New(terminal, Look{Mode: TTY}, terminal.size)
				play(c.Take)
				for i, height := range heights {
					terminal.mu.Lock()
					terminal.height = height
					terminal.mu.Unlock()
					time.Sleep(time.Second)
					if warned {
						events.Sink(c.Take).Warn(fmt.Sprintf("number %d", i))
						time.Sleep(time.Second)
					}
				}
				c.Close()
				lines := strings.Split(strings.TrimSuffix(terminal.String(), "\n"), "\n")
				text := strings.Join(lines[max(0, len(lines)+1-heights[len(heights)-1]):], "\n")
				if n := strings.Count(text, " test "); n != 1 {
					t.Errorf("%s: %d frames:\n%s", name, n, text)
				}
				if heights[len(heights)-1] < 24 {
					return
				}
				if n := strings.Count(text, "oracle-start"); n != 1 || !strings.HasPrefix(terminal.String(), "[oracle-wait] warning") {
					t.Errorf("%s: old frames, or what stood above is gone:\n%s", name, terminal)
				}
				for i := range heights {
					if n := strings.Count(terminal.String(), fmt.Sprintf("warning: number %d\n", i)); warned && n != 1 {
						t.Errorf("%s: warning %d is there %d times:\n%s", name, i, n, terminal)
					}
				}
			})
		}
	}
}

func TestPulledBytesAreDrawnWithTheTimeThatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		terminal := newTerminal(t, 80, 24)
		c := New(terminal, Look{Mode: TTY}, terminal.size)
		c.Take(events.Event{Kind: events.StepStarted, Step: "oracle-start", Time: time.Now()})
		for i := range 11 {
			events.Sink(c.Take).For("oracle-start").Count(fmt.Sprintf("pulling x: %d of 1000 MB", 50*i),
				events.Count{Done: int64(50e6 * i), Total: 1000e6, Unit: events.UnitBytes})
			time.Sleep(time.Second)
		}
		if got, want := terminal.String()[3:], "oracle-start     10s  ######......  50%, 11s left  pulling x: 500 of 1000 MB\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		c.Close()
	})
}

func TestWhatChildrenPrintCannotMoveTheCursor(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[2J\x1b[1;31mred\x1b[0m":             "red",
		"\x1b]0;title\x07text\x1b]8;;u\x1b\\link": "textlink",
		"10%\r20%\r100%\r\n":                      "100%",
		"a\tb\x00\x07\x7f\u202ec":                 "a bc",
		"\xff\xfe":                                "??",
		"\x1b":                                    "",
		"naïve 日本":                                "naïve 日本",
	} {
		if got := clean(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}
