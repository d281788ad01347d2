//go:build integration

package oracle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
)

// The rows are those of the design notes on Oracle in tests: 5.1 tells what a
// client meets in each phase of a boot, 5.2 what each error code means.

// brisk plays a script with a wait that tries often.
func brisk(t *testing.T, lines ...string) Config {
	t.Helper()
	cfg, _ := play(t, strings.Join(lines, "\n"))
	cfg.Schemas, cfg.settings.interval, cfg.settings.grace = []string{"orders"}, 20*time.Millisecond, 20*time.Second
	return cfg
}

// inTurn makes each connection get the next of these answers, then the last one
// for ever, when there is one.
func inTurn(phase, verb, last string, answers ...any) []string {
	var lines []string
	for _, a := range answers {
		lines = append(lines, fmt.Sprintf("%s %s %v first 1", phase, verb, a))
	}
	if last != "" {
		lines = append(lines, phase+" "+verb+" "+last+" for ever")
	}
	return lines
}

// TestRows51 lives through each phase. Who asks before READY meets the phase's
// answers and then one that is fatal, so that a ready database proves that
// nobody has asked.
func TestRows51(t *testing.T) {
	t.Parallel()
	const fatalCode = "12506"
	for name, lines := range map[string][]string{
		"row 1, no listener":            append(inTurn("init", "answer", fatalCode, "refused", "close"), "init 150ms"),
		"row 2, listener, no instance":  append(inTurn("listener", "answer", fatalCode, 12514, 12505), "listener 150ms"),
		"row 3, nomount and mount":      append(inTurn("mount", "answer", fatalCode, 12528, 1033, 1034, 27101, 12526, 12527), "mount 150ms"),
		"row 4, the pluggable opens":    append(inTurn("open", "answer", fatalCode, 12514, 1033, 1109, 12521, 12523), "open 150ms"),
		"row 5, open, before READY":     append(inTurn("reset", "login", "28000", 1017, 1045, 12516, 12519, 12520), "reset 150ms"),
		"row 6, scripts that restart":   append(inTurn("setup", "answer", fatalCode, 1089, 1090, 1092, 3113, 3114, 3135, 12537, 12528), "setup 150ms"),
		"row 7, after READY":            inTurn("ready", "answer", "", 12514, 12516, 12518, 12519, 12520),
		"row 7, after READY, the login": inTurn("ready", "login", "", 18, 20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := started(t, brisk(t, lines...)).Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got, err := ask(t, db, db.Schemas[0], "SELECT USER FROM DUAL"); err != nil || got != "ORDERS" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// TestRow6OfSurprisesScriptsThatRestartTheDatabase has the image itself do it,
// while the listener answers.
func TestRow6OfSurprisesScriptsThatRestartTheDatabase(t *testing.T) {
	t.Parallel()
	cfg := brisk(t, "reset login 1017 for ever", "setup login 28000 for ever", "setup 100ms")
	c, err := start(t.Context(), cfg, []testcontainers.ContainerCustomizer{testcontainers.WithFiles(testcontainers.ContainerFile{
		Reader:            strings.NewReader("SHUTDOWN IMMEDIATE\nSTARTUP\n"),
		ContainerFilePath: "/container-entrypoint-initdb.d/01.sql", FileMode: 0o644,
	})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop(context.Background()) })
	if _, err := c.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestRow7OfSurprisesTheUsersAreOursAndComeLate plays an image whose own user
// would come before its pluggable database is open, which ends the container.
func TestRow7OfSurprisesTheUsersAreOursAndComeLate(t *testing.T) {
	t.Parallel()
	theirs := brisk(t, "user log CONTAINER: Creating app user for default pluggable database.", "user log ORA-01109: database not open", "user exit 85")
	theirs.settings.silence = time.Minute
	theirs.Env["APP_USER"], theirs.Env["APP_USER_PASSWORD"] = "orders", randomPassword().Reveal()
	_, err := started(t, theirs).Wait(t.Context())
	if e, ok := errors.AsType[*NotReadyError](err); !ok || e.Code != 1109 {
		t.Fatalf("with the image's own user: got %v", err)
	}
	ours := brisk(t, "open 300ms", "open answer 1109 for ever service FREEPDB1")
	db, err := started(t, ours).Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ask(t, db, db.Schemas[0], "SELECT USER FROM DUAL"); err != nil || got != "ORDERS" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestRow8OfSurprisesReadyDoesNotProveRegistration(t *testing.T) {
	t.Parallel()
	t.Run("registered when asked", func(t *testing.T) {
		t.Parallel()
		if _, err := started(t, brisk(t, "ready answer 12514 until registered")).Wait(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("never", func(t *testing.T) {
		t.Parallel()
		cfg := brisk(t, "ready answer 12514 for ever service FREEPDB1")
		cfg.settings.grace = time.Second
		_, err := started(t, cfg).Wait(t.Context())
		if e, ok := errors.AsType[*NotReadyError](err); !ok || e.Reason != WrongService || len(e.Services) != 1 || e.Services[0] != "FREE" {
			t.Errorf("got %v", err)
		}
	})
}

func TestRows52Row1TriedAgain(t *testing.T) {
	t.Parallel()
	codes := []any{
		1033, 1034, 1035, 1089, 1090, 1092, 1109, 3113, 3114, 3135, 12170, 12505, 12514, 12516, 12518, 12519, 12520, 12521,
		12523, 12526, 12527, 12528, 12535, 12537, 12541, 12547, 12564, 12571, 27101, 28547, "close", "barerefuse", "shortrefuse",
	}
	cfg := brisk(t, append([]string{"ready answer refused for 200ms"}, inTurn("ready", "answer", "", codes...)...)...)
	if _, err := started(t, cfg).Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRows52Row2AnUnknownServiceIsFatalAfterTheGrace(t *testing.T) {
	t.Parallel()
	for _, code := range []int{12505, 12514} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			cfg := brisk(t, fmt.Sprintf("ready answer %d for ever", code))
			cfg.settings.grace = 700 * time.Millisecond
			_, err := started(t, cfg).Wait(t.Context())
			if e, ok := errors.AsType[*NotReadyError](err); !ok || e.Reason != WrongService || e.Code != code {
				t.Errorf("got %v", err)
			}
		})
	}
}

// refusals waits once for each code, on one database that answers with them one
// after the other, and then once more, with success.
func refusals(t *testing.T, want Reason, before []string, verb string, codes ...any) {
	t.Helper()
	c := started(t, brisk(t, append(before, inTurn("ready", verb, "", codes...)...)...))
	for _, code := range codes {
		_, err := c.Wait(t.Context())
		if e, ok := errors.AsType[*NotReadyError](err); !ok || e.Reason != want || e.Code != code {
			t.Fatalf("%v: got %v", code, err)
		}
	}
	if _, err := c.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRows52Row3FatalOnceReady(t *testing.T) {
	t.Parallel()
	refusals(t, WrongPassword, []string{"reset 100ms", "reset login 1017 for ever"}, "login", 1017, 1045, 942)
}

func TestRows52Row4AlwaysFatal(t *testing.T) {
	t.Parallel()
	t.Run("at the login", func(t *testing.T) {
		t.Parallel()
		refusals(t, Refused, nil, "login", 1005, 1031, 28000, 28001, 28009, 28030, 28040, 28041)
	})
	t.Run("at the listener", func(t *testing.T) {
		t.Parallel()
		refusals(t, Refused, nil, "answer", 12506, 12545, 12650, 12660)
	})
}

func TestRows52Row5FatalInTheLog(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"ORA-00600: internal error code", "ORA-04031: unable to allocate memory", "tar: write error: No space left on device",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			c := started(t, brisk(t, "open 20s", "open log "+text))
			began := time.Now()
			_, err := c.Wait(t.Context())
			if e, ok := errors.AsType[*NotReadyError](err); !ok || e.Reason != StartupFailed || !strings.Contains(e.Error(), text) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("told after %s", took)
			}
		})
	}
}

func TestRows52Row6AFullDatabaseIsNotHammered(t *testing.T) {
	t.Parallel()
	cfg := brisk(t, append(inTurn("ready", "answer", "", 12516, 12519, 12520), inTurn("ready", "login", "", 18, 20)...)...)
	cfg.settings.interval = 200 * time.Millisecond
	c := started(t, cfg)
	<-c.now().log.ready
	began := time.Now()
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 5*2*cfg.settings.interval {
		t.Errorf("five refusals in %s", took)
	}
}

// A database that accepts and is silent gets a thousand probes that are
// cancelled. What the worst of them took is measured by TestBenchCancelledProbes.
func TestRow9OfSurprisesCancelledProbesLeaveNothing(t *testing.T) {
	if worst := probesThatAreCancelled(t); worst > probeTimeout/2 {
		t.Errorf("a cancel took %s: it has waited for the probe's own end", worst)
	}
}

// probesThatAreCancelled returns the longest of a thousand cancels, and fails
// the test when one of them has left something.
func probesThatAreCancelled(t *testing.T) time.Duration {
	t.Helper()
	c := started(t, brisk(t, "ready answer silent for ever"))
	<-c.now().log.ready
	in := c.now()
	address := in.addresses.list(t.Context())[0]
	l := login{address: address, service: "FREEPDB1", user: "SYSTEM", password: in.system}
	goroutines, sockets := runtime.NumGoroutine(), openSockets(t)
	worst := cancelled(t, l, 1000)
	eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+2 }, "goroutines stay")
	eventually(t, func() bool { return openSockets(t) <= sockets+2 }, "sockets stay open")
	return worst
}

// openSockets counts this process's.
func openSockets(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}
