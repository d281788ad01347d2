//go:build integration

package oracle

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"

	"github.com/haddock-ci/pipeline/internal/events"
)

// standIn is built by `make standin-image`.
const standIn = "oracle-standin:latest"

func TestMain(m *testing.M) {
	os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true") // no registry to get its image from is needed for these tests
	flag.Parse()
	flag.Set("test.parallel", "10") // they wait more than they work
	os.Exit(m.Run())
}

// heard collects events.
type heard struct {
	mu   sync.Mutex
	list []events.Event
}

func (h *heard) sink(e events.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, e)
}

func (h *heard) texts(kind events.Kind) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var texts []string
	for _, e := range h.list {
		if e.Kind == kind {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

// play is a configuration for a stand-in that follows the script. When the test
// ends no container of it may be left.
func play(t *testing.T, script string) (Config, *heard) {
	t.Helper()
	h := &heard{}
	cfg := Config{
		Image: standIn, Schemas: []string{"orders", "billing"}, Timeout: 30 * time.Second,
		Labels: map[string]string{"pipeline.test": randomPassword().Reveal()},
		Events: h.sink, Env: map[string]string{"STANDIN_SCRIPT": script},
	}
	cfg.settings = settings{grace: 2 * time.Second, interval: 500 * time.Millisecond, heartbeat: time.Second}
	t.Cleanup(func() {
		if left := containers(t, cfg); len(left) > 0 {
			t.Errorf("left behind: %v", left)
			docker, err := connect(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range left {
				docker.remove(context.Background(), id)
			}
		}
	})
	return cfg, h
}

func containers(t *testing.T, cfg Config) []string {
	t.Helper()
	docker, err := connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	ids, err := docker.labelled(context.Background(), "pipeline.test", cfg.Labels["pipeline.test"])
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// started starts the database and stops it with the test.
func started(t *testing.T, cfg Config) *Container {
	t.Helper()
	c, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// ask runs one query as the schema's user on a connection from outside.
func ask(t *testing.T, db Database, s Schema, query string) (string, error) {
	t.Helper()
	pool, err := sql.Open("oracle", db.URL(s))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var answer string
	err = pool.QueryRowContext(t.Context(), query).Scan(&answer)
	return answer, err
}

func TestDatabaseAnswersAsEachSchema(t *testing.T) {
	t.Parallel()
	cfg, heard := play(t, "")
	var log bytes.Buffer
	cfg.Log = &log
	c, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	db, err := c.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if db.Service != "FREEPDB1" || !db.StandIn || db.Container != c.ID() || !strings.HasPrefix(db.Digest, "sha256:") || db.Image != standIn {
		t.Errorf("got %+v", db)
	}
	for _, s := range db.Schemas {
		if got, err := ask(t, db, s, "SELECT USER FROM DUAL"); err != nil || got != s.User {
			t.Errorf("%s: got %q, %v", s.Name, got, err)
		}
	}
	if err := c.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(context.Background()); err != nil {
		t.Errorf("second stop: %v", err)
	}
	if left := containers(t, cfg); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if got := heard.texts(events.Warning); len(got) != 1 || !strings.Contains(got[0], "FAKE") {
		t.Errorf("warnings: %q", got)
	}
	want := []string{string(Starting), string(Unpacking), string(Instance), string(Mounted), string(Opened), string(Passwords), string(Ready), string(Answering)}
	if got := heard.texts(events.OraclePhase); !slices.Equal(got, want) {
		t.Errorf("phases: got %q, want %q", got, want)
	}
	if text := log.String(); !strings.Contains(text, "CONTAINER: starting up...") || !strings.Contains(text, readyText) {
		t.Errorf("the log's copy is not whole:\n%s", text)
	}
}

func TestDatabasesThatNeverGetReady(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script  string
		service string
		timeout time.Duration
		want    NotReadyError // Reason, Code and more are compared
		says    string
	}{
		"5.2 row 5, exits at boot": {
			script: "mount 300ms\nmount after 50ms exit 3", want: NotReadyError{Reason: Exited, ExitCode: 3},
			says: "the container exited with status 3 while mounting the database",
		},
		"5.2 row 5, fails to start": {
			script: "open 300ms\nopen after 50ms fail", want: NotReadyError{Reason: StartupFailed}, says: failedText,
		},
		"5.2 row 5, fails and goes on running, as Oracle's own": {
			script: "flavour oracle\nopen 300ms\nopen after 50ms fail", want: NotReadyError{Reason: StartupFailed}, says: noSetupText,
		},
		"5.2 row 5, says a fatal code": {
			script: "open 10s\nopen log ORA-27102: out of memory", want: NotReadyError{Reason: StartupFailed, Code: 27102}, says: "ORA-27102",
		},
		"never says READY": {
			script: "no-ready", timeout: 1500 * time.Millisecond, want: NotReadyError{Reason: Timeout}, says: "still setting its passwords",
		},
		"hangs while booting": {
			script: "open hang", timeout: 1500 * time.Millisecond, want: NotReadyError{Reason: Timeout}, says: "its log ends with",
		},
		"has another service": {
			script: "", service: "FREEPDB2", want: NotReadyError{Reason: WrongService, Code: 12514}, says: "did you mean FREEPDB1?",
		},
		"has another password": {
			script: "ready login 1017 for ever", want: NotReadyError{Reason: WrongPassword, Code: 1017}, says: "refuses the password",
		},
		"refuses the schema's user alone": {
			script: "ready login 1045 for ever user ORDERS", want: NotReadyError{Reason: WrongPassword, Code: 1045}, says: "log in as ORDERS",
		},
		"stays blocked": {
			script: "ready answer 12528 for ever", timeout: 2 * time.Second, want: NotReadyError{Reason: Timeout, Code: 12528}, says: "no login succeeded",
		},
		"is silent": {
			script: "ready answer silent for ever", timeout: 2 * time.Second, want: NotReadyError{Reason: Timeout}, says: "no login succeeded",
		},
		"sends what the driver panics on": {
			script: "ready answer shortrefuse for ever", timeout: 2 * time.Second, want: NotReadyError{Reason: Timeout}, says: errDriverPanic.Error(),
		},
		"closes each connection": {
			script: "ready answer close for ever", timeout: 2 * time.Second, want: NotReadyError{Reason: Timeout}, says: "no login succeeded",
		},
		"dies after READY": {
			script: "ready answer 12528 for ever\nready after 700ms exit 9", want: NotReadyError{Reason: Exited, ExitCode: 9}, says: "status 9",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := play(t, c.script)
			cfg.Service, cfg.Timeout = c.service, max(c.timeout, 0)
			if cfg.Timeout == 0 {
				cfg.Timeout = 30 * time.Second
			}
			db := started(t, cfg)
			_, err := db.Wait(t.Context())
			e, ok := errors.AsType[*NotReadyError](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if e.Reason != c.want.Reason || e.ExitCode != c.want.ExitCode || c.want.Code != 0 && e.Code != c.want.Code {
				t.Errorf("got reason %q, status %d, code %d: %v", e.Reason, e.ExitCode, e.Code, e)
			}
			if !strings.Contains(e.Error(), c.says) || strings.Contains(e.Error(), "\n") {
				t.Errorf("got %q, want %q in one sentence", e, c.says)
			}
			if len(e.Lines) == 0 {
				t.Error("no log lines")
			}
		})
	}
}

// TestDatabasesThatHeal is about more than one refused login; those are rows of
// 5.2.
func TestDatabasesThatHeal(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"is blocked for a while":             "ready answer 12528 for 1s",
		"restarts its listener":              "ready answer refused for 800ms",
		"is slow":                            "uncompress 400ms\nopen 400ms\nreset 400ms\nsetup 400ms",
		"answers too early, without schemas": "reset 1s\nreset login 1017 for ever",
		"is Oracle's own":                    "flavour oracle",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := play(t, script)
			db, err := started(t, cfg).Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got, err := ask(t, db, db.Schemas[1], "SELECT USER FROM DUAL"); err != nil || got != "BILLING" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestStartLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	t.Run("unknown image", func(t *testing.T) {
		cfg, _ := play(t, "")
		cfg.Image = "127.0.0.1:1/oracle-standin-that-does-not-exist:1"
		_, err := Start(t.Context(), cfg)
		if !errors.Is(err, ErrImageUnreachable) && !errors.Is(err, ErrImageUnknown) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("port taken", func(t *testing.T) {
		cfg, _ := play(t, "")
		db, err := started(t, cfg).Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		other, _ := play(t, "")
		other.Port = db.Port
		if _, err := Start(t.Context(), other); !errors.Is(err, ErrPortTaken) || !strings.Contains(err.Error(), fmt.Sprint(db.Port)) {
			t.Errorf("got %v", err)
		}
		if left := containers(t, other); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	t.Run("name taken", func(t *testing.T) {
		cfg, _ := play(t, "")
		name := []testcontainers.ContainerCustomizer{testcontainers.WithName("oracle-test-" + strings.ToLower(cfg.Labels["pipeline.test"]))}
		c, err := start(t.Context(), cfg, name)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Stop(context.Background())
		other, _ := play(t, "")
		if _, err := start(t.Context(), other, name); err == nil || !strings.Contains(err.Error(), "oracle-test-") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("bad schema", func(t *testing.T) {
		cfg, _ := play(t, "")
		cfg.Schemas = []string{"system"}
		if _, err := Start(t.Context(), cfg); err == nil {
			t.Error("got no error")
		}
	})
	stop := errors.New("quit signal received")
	for _, after := range []time.Duration{0, 20 * time.Millisecond, 60 * time.Millisecond, 120 * time.Millisecond, 200 * time.Millisecond} {
		t.Run("interrupted after "+after.String(), func(t *testing.T) {
			cfg, _ := play(t, "")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(after, func() { cancel(stop) })
			c, err := Start(ctx, cfg)
			if err == nil { // it was quicker
				if err := c.Stop(context.Background()); err != nil {
					t.Error(err)
				}
			} else if !errors.Is(err, stop) {
				t.Errorf("got %v", err)
			}
			// An engine that is busy for longer than the interrupt may take is
			// cleaned behind its back.
			eventually(t, func() bool { return len(containers(t, cfg)) == 0 }, "a container is left behind")
		})
	}
}

func TestAnInterruptedWaitSaysSo(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{"while booting": "open 20s", "while logging in": "ready answer silent for ever"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := play(t, script)
			c := started(t, cfg)
			stop := errors.New("terminated signal received")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(700*time.Millisecond, func() { cancel(stop) })
			began := time.Now()
			_, err := c.Wait(ctx)
			if _, timeout := errors.AsType[*NotReadyError](err); !errors.Is(err, stop) || timeout {
				t.Errorf("got %v", err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}
