//go:build integration

package oracle

import (
	"errors"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/internal/events"
)

// The containers of these tests fail as images are known to fail now and then.
func TestKnownFlakesAreTriedOnceMore(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"hangs after the grants":       "user log Grant succeeded.\nuser hang",
		"1109 while creating the user": "user 200ms\nuser log CONTAINER: Creating app user for default pluggable database.\nuser after 50ms log ORA-01109: database not open\nuser after 60ms exit 85",
		"a lock at the passwords":      "reset 100ms\nreset log ORA-04021: timeout occurred while waiting to lock object SYSTEM\nreset after 10ms exit 181",
		"no password for a lock":       "reset 100ms\nreset log ORA-04021: timeout occurred while waiting to lock object SYSTEM\nready login 1017 for ever user SYSTEM",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, heard := play(t, script)
			cfg.settings.heartbeat, cfg.settings.silence = cfg.settings.interval, 2*cfg.settings.interval
			cfg.Events = func(e events.Event) {
				heard.sink(e)
				if e.Kind == events.Warning && strings.Contains(e.Text, "once") {
					cfg.Env["STANDIN_SCRIPT"] = "" // the second one has no such bad luck
				}
			}
			c := started(t, cfg)
			first := c.ID()
			db, err := c.Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if db.Container == first || len(containers(t, cfg)) != 1 {
				t.Errorf("containers: %v, the first was %s", containers(t, cfg), first)
			}
			if got, err := ask(t, db, db.Schemas[1], "SELECT USER FROM DUAL"); err != nil || got != "BILLING" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestAFlakeThatComesTwiceIsAnError(t *testing.T) {
	t.Parallel()
	cfg, heard := play(t, "reset 100ms\nreset log ORA-04021: timeout occurred\nreset after 10ms exit 181")
	_, err := started(t, cfg).Wait(t.Context())
	if e, ok := errors.AsType[*NotReadyError](err); !ok || e.Reason != Exited || e.Code != 4021 {
		t.Errorf("got %v", err)
	}
	if got := heard.texts(events.Warning); len(got) != 2 || !strings.Contains(got[1], "made anew, once") {
		t.Errorf("warnings: %q", got)
	}
}

func TestInitScriptsOfSYSAndOfEachShard(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "")
	dir := t.TempDir()
	cfg.Schemas, cfg.Shards = []string{"orders"}, 3
	cfg.InitSys = []string{write(t, dir, "admin/01.sql", "CREATE ROLE shop_reader;\nGRANT shop_reader TO ORDERS_1, ORDERS_2, ORDERS_3;\n")}
	cfg.Init = []string{write(t, dir, "init/01.sql", goodScript)}
	db, err := started(t, cfg).Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(db.Schemas) != 3 {
		t.Fatalf("got %v", db.Schemas)
	}
	for i, s := range db.Schemas {
		if want := []string{"ORDERS_1", "ORDERS_2", "ORDERS_3"}[i]; s.User != want {
			t.Errorf("shard %d is %s", i, s.User)
		}
		if got, err := ask(t, db, s, "SELECT name FROM shops WHERE id = 1"); err != nil || got != "ham & eggs" {
			t.Errorf("%s: got %q, %v", s.User, got, err)
		}
	}
	if env := strings.Join(db.Env(), "\n"); !strings.Contains(env, "ORACLE_ORDERS_3_USER=ORDERS_3") || !strings.Contains(env, "ORACLE_USER=ORDERS_1") {
		t.Errorf("environment without a shard")
	}
}
