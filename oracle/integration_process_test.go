//go:build integration

package oracle

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"

	"github.com/haddock-ci/pipeline/internal/events"
)

// TestAnotherProcessTakesOver is `pipeline oracle start|wait|logs|stop`: what one
// process starts others find by the state file alone.
func TestAnotherProcessTakesOver(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "open 300ms")
	dir := t.TempDir()
	script := write(t, t.TempDir(), "01.sql", "CREATE TABLE once (id NUMBER);\n")
	cfg.Init = []string{script}
	first, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Save(dir, nil); err != nil {
		t.Fatal(err)
	}
	second, err := Open(t.Context(), dir, Config{Labels: cfg.Labels})
	if err != nil {
		t.Fatal(err)
	}
	db, err := second.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Save(dir, &db); err != nil {
		t.Fatal(err)
	}
	env, err := os.ReadFile(filepath.Join(dir, EnvFile))
	if err != nil || !strings.Contains(string(env), "ORACLE_USER=ORDERS\n") {
		t.Errorf("got %s, %v", env, err)
	}
	if err := os.Remove(script); err != nil { // nobody needs it any more
		t.Fatal(err)
	}
	third, err := Open(t.Context(), dir, Config{Labels: cfg.Labels})
	if err != nil {
		t.Fatal(err)
	}
	again, err := third.Wait(t.Context()) // without running the init scripts again
	if err != nil || again.URL(again.Schemas[0]) != db.URL(db.Schemas[0]) {
		t.Errorf("got %v, %v", again, err)
	}
	if got, err := third.Status(t.Context()); err != nil || got != "running; the database is ready by its log" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := third.Label(t.Context(), "pipeline.test"); err != nil || got != cfg.Labels["pipeline.test"] {
		t.Errorf("got %q, %v", got, err)
	}
	var log bytes.Buffer
	if err := third.Logs(t.Context(), &log, false); err != nil || !strings.Contains(log.String(), readyText) {
		t.Errorf("got %v, log\n%s", err, log.String())
	}
	if _, err := Open(t.Context(), dir, Config{Labels: map[string]string{"pipeline.test": "another"}}); !errors.Is(err, ErrNotOurs) {
		t.Errorf("another's labels: got %v", err)
	}
	if err := third.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if _, err := third.Status(t.Context()); !errors.Is(err, ErrGone) {
		t.Errorf("status after the stop: got %v", err)
	}
	if _, err := Open(t.Context(), dir, Config{Labels: cfg.Labels}); !errors.Is(err, ErrGone) {
		t.Errorf("after the stop: got %v", err)
	}
	second.Close()
	for _, c := range []*Container{first, second} {
		if err := c.Stop(context.Background()); err != nil {
			t.Errorf("stopped by another: %v", err)
		}
	}
}

// TestAnotherProcessHelpsItselfToo is the same with what only the first one
// could do once: a second container after a known flake, and a snapshot.
func TestAnotherProcessHelpsItselfToo(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"a flake":    "reset 100ms\nreset log ORA-04021: timeout occurred while waiting to lock object SYSTEM\nreset after 10ms exit 181",
		"a snapshot": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := project(t, "")
			cfg.Env["STANDIN_SCRIPT"] = script
			if name != "a snapshot" {
				cfg.Snapshot = ""
			}
			dir := t.TempDir()
			first, err := Start(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if err := first.Save(dir, nil); err != nil {
				t.Fatal(err)
			}
			first.Close()
			second, err := Open(t.Context(), dir, Config{Labels: cfg.Labels})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { second.Stop(context.Background()) })
			second.cfg.Events = func(e events.Event) {
				if e.Kind == events.Warning {
					second.cfg.Env["STANDIN_SCRIPT"] = "" // the second one has no such bad luck
				}
			}
			db, err := second.Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if (db.Snapshot != "") != (name == "a snapshot") || db.Container == first.ID() {
				t.Errorf("got %+v, the first was %s", db, first.ID())
			}
			holdsItsRows(t)(db)
			if err := second.Save(dir, &db); err != nil {
				t.Fatal(err)
			}
			third, err := Open(t.Context(), dir, Config{Labels: cfg.Labels})
			if err != nil {
				t.Fatal(err)
			}
			defer third.Close()
			if third.ID() != db.Container || third.own {
				t.Errorf("the third found %s, which it may replace: %t", third.ID(), third.own)
			}
		})
	}
}

// TestAnotherProcessHasTheWholeTimeout is about containers that are older than
// the timeout when somebody waits for them, as one that was kept.
func TestAnotherProcessHasTheWholeTimeout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script  string
		timeout time.Duration
		says    string
	}{
		"and gets what has long been ready": {"", 20 * time.Second, ""},
		"and gets what is late":             {"open 4s", 20 * time.Second, ""},
		"and no more":                       {"open hang", 2 * time.Second, "still opening the database when the 2s of this wait were up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := play(t, c.script)
			first := started(t, cfg)
			first.in.started = first.in.started.Add(-time.Hour)
			dir := t.TempDir()
			if err := first.Save(dir, nil); err != nil {
				t.Fatal(err)
			}
			if c.script == "" {
				<-first.in.log.ready
			}
			second, err := Open(t.Context(), dir, Config{Labels: cfg.Labels, Timeout: c.timeout})
			if err != nil {
				t.Fatal(err)
			}
			defer second.Close()
			began := time.Now()
			_, err = second.Wait(t.Context())
			if c.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e, ok := errors.AsType[*NotReadyError](err)
			if !ok || e.Reason != Timeout || !strings.Contains(e.Error(), c.says) || e.After < time.Hour {
				t.Errorf("got %v", err)
			}
			if took := time.Since(began); took < c.timeout {
				t.Errorf("gave up after %s", took)
			}
		})
	}
}

func TestFollowedLogsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "")
	c := started(t, cfg)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	time.AfterFunc(500*time.Millisecond, func() { cancel(stop) })
	if err := c.Logs(ctx, &bytes.Buffer{}, true); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func TestRunIsATestcontainersModule(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "")
	c, err := Run(t.Context(), standIn,
		WithSchemas("shop"),
		WithInitScripts(write(t, t.TempDir(), "01.sql", goodScript)),
		WithTimeout(30*time.Second),
		testcontainers.WithLabels(cfg.Labels),
		testcontainers.WithEnv(map[string]string{"STANDIN_SCRIPT": "open 100ms"}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Terminate(context.Background())
	db := c.Database()
	if !strings.HasPrefix(c.ConnectionString(), "oracle://SHOP:") || c.JDBCURL() != db.JDBCURL() {
		t.Errorf("got %s", c.JDBCURL())
	}
	if got, err := ask(t, db, db.Schemas[0], "SELECT USER FROM DUAL"); err != nil || got != "SHOP" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestRunLeavesNothingBehindWhenItFails(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "")
	_, err := Run(t.Context(), standIn, testcontainers.WithLabels(cfg.Labels),
		testcontainers.WithEnv(map[string]string{"STANDIN_SCRIPT": "open 1s\nopen fail"}))
	if e, ok := errors.AsType[*NotReadyError](err); !ok || e.Reason != StartupFailed {
		t.Errorf("got %v", err)
	}
	if left := containers(t, cfg); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestForReadyIsAWaitStrategy(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "")
	for name, c := range map[string]struct {
		script string
		wait   *ReadyStrategy
		want   Reason
	}{
		"ready":         {"open 200ms", ForReady(), ""},
		"wrong service": {"ready answer 12528 for ever", ForReady().WithService("OTHER").WithStartupTimeout(3 * time.Second), Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			ctr, err := testcontainers.Run(t.Context(), standIn,
				testcontainers.WithLabels(cfg.Labels),
				testcontainers.WithExposedPorts("1521/tcp"),
				testcontainers.WithEnv(map[string]string{"ORACLE_PASSWORD": "tiger", "STANDIN_SCRIPT": c.script}),
				testcontainers.WithWaitStrategyAndDeadline(time.Minute, c.wait))
			defer testcontainers.TerminateContainer(ctr)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if e, ok := errors.AsType[*NotReadyError](err); !ok || e.Reason != c.want {
				t.Errorf("got %v", err)
			}
		})
	}
}
