//go:build integration

package console

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"golang.org/x/term"

	"github.com/haddock-ci/pipeline/internal/events"
)

// sceneVariable makes this test's binary play a scene instead, in a terminal.
const sceneVariable = "CONSOLE_SCENE"

func TestMain(m *testing.M) {
	if name := os.Getenv(sceneVariable); name != "" {
		perform(name)
		return
	}
	os.Exit(m.Run())
}

// A scene is a moment of a run.
type scene struct {
	title string
	width int
	look  Look
	play  func(*stage)
}

func unicodeLook() Look { return Look{Mode: TTY, Unicode: true} }

func scenes() []scene {
	return []scene{
		{"The database boots while the project compiles", 80, unicodeLook(), booting},
		{"The first run pulls the database's image", 80, unicodeLook(), pulling},
		{"The tests run", 80, unicodeLook(), inTests},
		{"The image is built", 80, unicodeLook(), building},
		{"A green run is over", 80, unicodeLook(), func(s *stage) { building(s); s.green() }},
		{"A test has failed", 80, unicodeLook(), func(s *stage) { inTests(s); s.red() }},
		{"The same moment in 44 columns", 44, unicodeLook(), inTests},
		{"The same moment without UTF-8", 80, Look{Mode: TTY}, inTests},
	}
}

// A stage is where a scene is played: a screen with a clock of its own.
type stage struct {
	screen *screen
	now    time.Time
}

func (s *stage) emit(e events.Event) { e.Time = s.now; s.screen.take(e) }

func (s *stage) wait(d time.Duration) { s.now = s.now.Add(d) }

func (s *stage) in(step string) events.Sink { return events.Sink(s.emit).For(step) }

func (s *stage) start(step string) { s.emit(events.Event{Kind: events.StepStarted, Step: step}) }

func (s *stage) done(step string, took time.Duration, result string) {
	if result != "" {
		s.in(step).Emit(events.Event{Kind: events.Note, Text: result})
	}
	s.emit(events.Event{Kind: events.StepFinished, Step: step, Seconds: took.Seconds()})
}

func (s *stage) log(step string, lines ...string) {
	for _, line := range lines {
		s.emit(events.Event{Kind: events.LogLine, Step: step, Text: line})
	}
}

func (s *stage) prepare() {
	s.emit(events.Event{Kind: events.RunStarted, Fields: map[string]string{
		events.FieldSteps: "prepare,compile,oracle-start,oracle-wait,test,oracle-stop,proof,image-build,image-push",
	}})
	s.start("prepare")
	s.wait(400 * time.Millisecond)
	s.done("prepare", 400*time.Millisecond, "")
	s.start("compile")
	s.start("oracle-start")
}

func pulling(s *stage) {
	s.prepare()
	s.log("compile", "[INFO] Scanning for projects...", "[INFO] Building orders-domain 1.4.2-SNAPSHOT [1/3]")
	for _, done := range []int64{0, 96, 412} {
		s.in("oracle-start").Count(fmt.Sprintf("pulling gvenzl/oracle-free:23.26.0: %d of 980 MB", done),
			events.Count{Done: done * 1e6, Total: 980e6, Unit: events.UnitBytes})
		s.wait(8 * time.Second)
	}
}

func booting(s *stage) {
	s.prepare()
	s.wait(1600 * time.Millisecond)
	s.done("oracle-start", 1600*time.Millisecond, "")
	s.start("oracle-wait")
	s.log("compile", "[INFO] Building orders-domain 1.4.2-SNAPSHOT [1/3]", "[INFO] --- compiler:3.13.0:compile (default-compile) @ orders-domain ---",
		"[INFO] Compiling 214 source files with javac [debug release 17] to target/classes", "[INFO] Building orders-web 1.4.2-SNAPSHOT [2/3]")
	s.emit(events.Event{Kind: events.OraclePhase, Step: "oracle-wait", Text: "opening the database"})
	s.wait(9 * time.Second)
}

func inTests(s *stage) {
	booting(s)
	s.wait(4 * time.Second)
	s.done("oracle-wait", 13*time.Second, "")
	s.wait(2 * time.Second)
	s.done("compile", 16600*time.Millisecond, "")
	s.start("test")
	s.log("test", "[INFO] Running shop.orders.OrdersIT", "[INFO] Tests run: 54, Failures: 0, Errors: 0, Skipped: 1, Time elapsed: 9.104 s -- in shop.orders.OrdersIT",
		"[INFO] Running shop.orders.ProductsIT",
		"[ERROR] Tests run: 21, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 4.212 s <<< FAILURE! -- in shop.orders.ProductsIT", "[INFO] Running shop.web.OrderHandlerIT")
	s.in("test").Count("75 tests, 1 failed, shop.web.OrderHandlerIT", events.Count{Done: 75, Failed: 1, Unit: events.UnitTests})
	s.wait(21 * time.Second)
}

func building(s *stage) {
	inTests(s)
	s.done("test", 28*time.Second, "128 tests, 0 failed, 4 skipped")
	s.start("oracle-stop")
	s.done("oracle-stop", time.Second, "")
	s.start("proof")
	s.done("proof", 200*time.Millisecond, "")
	s.start("image-build")
	s.in("image-build").Count("[stage-1 3/5] RUN jlink --add-modules java.sql,java.net.http", events.Count{Done: 3, Total: 5, Unit: events.UnitSteps})
	s.wait(6 * time.Second)
}

func (s *stage) green() {
	s.done("image-build", 10800*time.Millisecond, "61.4 MB in 5 layers, 0.4 MB of it new since 1.4.2-41")
	s.start("image-push")
	s.done("image-push", 1900*time.Millisecond, "released registry.example.com/shop/orders:1.4.2-42")
	s.emit(events.Event{Kind: events.RunFinished})
	s.screen.end()
}

func (s *stage) red() {
	s.emit(events.Event{Kind: events.StepFinished, Step: "test", Seconds: 28.2, Error: "shop.orders.ProductsIT.findsAll: ORA-00942: table or view does not exist (and 1 more of 128 tests failed)"})
	s.start("oracle-stop")
	s.done("oracle-stop", time.Second, "")
	s.emit(events.Event{Kind: events.RunFinished, Error: "red"})
	s.screen.end()
}

// perform plays a scene in this terminal, draws anew when it is resized, and
// stays until it is told to end.
func perform(name string) {
	if name == "panic" || name == "stay" {
		misbehave(name)
	}
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	for _, one := range scenes() {
		if one.title != name {
			continue
		}
		size := func() (int, int) {
			width, height, err := term.GetSize(1)
			if err != nil {
				panic(err)
			}
			return width, height
		}
		s := &stage{screen: newScreen(os.Stdout, one.look, size), now: time.Date(2026, 11, 22, 20, 51, 2, 0, time.UTC)}
		one.play(s)
		ended := s.screen.ended
		for frame := 1; ; frame++ {
			if !ended {
				s.screen.tick(s.now)
			}
			fmt.Printf("\x1b]2;frame %d\x07", frame) // the terminal's title, by which the test knows
			<-resized
		}
	}
}

// misbehave is a run whose program ends without tidying up.
func misbehave(name string) {
	c := New(os.Stdout, unicodeLook(), func() (int, int) { return 80, 24 })
	c.Take(events.Event{Kind: events.StepStarted, Step: "test", Time: time.Now()})
	time.Sleep(3 * framePace)
	if name == "panic" {
		go func() { panic("a fault of ours") }()
	}
	select {}
}
