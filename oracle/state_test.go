package oracle

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func kept() *Container {
	return &Container{
		cfg: Config{
			Image: "gvenzl/oracle-free:23", Service: "FREEPDB1", Timeout: time.Minute, Schemas: []string{"orders", "bill-ing"},
		},
		in: &instance{
			id: "0123456789abcdef", started: time.Date(2026, 11, 22, 1, 2, 3, 4, time.UTC), system: NewPassword("manager3"),
			snapshot: "pipeline.invalid/snapshot/orders:12", restored: true,
		},
		schemas: shop().Schemas, image: databaseImage{digest: "sha256:12", standIn: true},
	}
}

func TestSavedDatabaseIsRestored(t *testing.T) {
	for name, ready := range map[string]bool{"while booting": false, "once ready": true} {
		t.Run(name, func(t *testing.T) {
			dir, c := t.TempDir(), kept()
			script := write(t, dir, "a:b/01.sql", "")
			c.cfg.Init, c.cfg.InitSys, c.cfg.Shards = []string{script}, []string{script}, 2
			var db *Database
			if ready {
				shop := shop()
				db = &shop
			}
			if err := c.Save(dir, db); err != nil {
				t.Fatal(err)
			}
			saved, err := readProperties(filepath.Join(dir, PropertiesFile))
			if err != nil {
				t.Fatal(err)
			}
			got, err := restored(saved, Config{})
			if err != nil {
				t.Fatal(err)
			}
			if got.in.id != c.in.id || !got.in.started.Equal(c.in.started) || got.image != c.image || got.in.answered != ready ||
				got.in.snapshot != c.in.snapshot || !got.in.restored {
				t.Errorf("got %+v", got)
			}
			if !reflect.DeepEqual(got.schemas, c.schemas) || got.in.system.Reveal() != "manager3" {
				t.Error("the users are not the same")
			}
			if got.cfg.Timeout != time.Minute || got.cfg.Service != "FREEPDB1" || !reflect.DeepEqual(got.cfg.Init, []string{script}) ||
				!reflect.DeepEqual(got.cfg.InitSys, []string{script}) || got.cfg.Shards != 2 {
				t.Errorf("got %+v", got.cfg)
			}
		})
	}
}

func TestStateFilesAreTheirOwnersAlone(t *testing.T) {
	dir, db := t.TempDir(), shop()
	if err := kept().Save(dir, &db); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{PropertiesFile, EnvFile} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v", name, info.Mode())
		}
	}
	env, err := os.ReadFile(filepath.Join(dir, EnvFile))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(env), strings.Join(db.Env(), "\n")+"\n"; got != want {
		t.Errorf("got\n%s", got)
	}
	for range 2 {
		if err := Forget(dir); err != nil {
			t.Errorf("forget: %v", err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOpenWithoutState(t *testing.T) {
	if _, err := Open(t.Context(), t.TempDir(), Config{}); !errors.Is(err, ErrNoState) {
		t.Errorf("got %v", err)
	}
}

func TestOpenWithSpoiltState(t *testing.T) {
	for name, text := range map[string]string{
		"names no container": "oracle.service=X\n",
		"oracle.started":     "oracle.container=1\noracle.started=yesterday\n",
		"oracle.timeout":     "oracle.container=1\noracle.started=2026-11-22T01:02:03Z\noracle.timeout=long\n",
		"no image":           "oracle.container=1\noracle.started=2026-11-22T01:02:03Z\noracle.timeout=1m\n",
	} {
		dir := t.TempDir()
		write(t, dir, PropertiesFile, text)
		if _, err := Open(t.Context(), dir, Config{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestPropertiesSurviveOddValues(t *testing.T) {
	var p properties
	values := map[string]string{"a": `C:\db\n`, "b": "two\nlines", "c": "x=y:z", "d": "", "e": strings.Repeat("long", 50_000)}
	for key, value := range values {
		p.set(key, value)
	}
	file := write(t, t.TempDir(), "x.properties", "# comment\n"+p.String())
	got, err := readProperties(file)
	if err != nil || !reflect.DeepEqual(got, values) {
		t.Errorf("got %q, %v", got, err)
	}
}
