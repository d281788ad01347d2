//go:build integration

package oracle

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
)

const goodScript = "CREATE TABLE shops (id NUMBER PRIMARY KEY, name VARCHAR2(20));\nINSERT INTO shops VALUES (1, 'ham & eggs');\n"

func TestInitScriptsRunAsTheFirstSchema(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "")
	dir := t.TempDir()
	cfg.Init = []string{
		write(t, dir, "01-tables.sql", goodScript),
		write(t, dir, "02-rows.sql.gz", packed(t, "INSERT INTO shops VALUES (2, 'two');\n-- calls its neighbour\n@@03-more.sql\n")),
		write(t, dir, "03-more.sql", "INSERT INTO shops SELECT MAX(id) + 1,\n\n'more' FROM shops;\nEXIT\n"),
	}
	var log bytes.Buffer
	cfg.Log = &log
	c := started(t, cfg)
	db, err := c.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ask(t, db, db.Schemas[0], "SELECT TO_CHAR(COUNT(*)) FROM shops"); err != nil || got != "4" {
		t.Errorf("got %q rows, %v", got, err)
	}
	if got, err := ask(t, db, db.Schemas[0], "SELECT name FROM shops WHERE id = 1"); err != nil || got != "ham & eggs" {
		t.Errorf("got %q, %v", got, err)
	}
	if strings.Contains(log.String(), endOfScript) {
		t.Errorf("what we ask of sqlplus is in the log:\n%s", log.String())
	}
	for _, s := range append(db.Secrets(), c.in.system.Reveal()) {
		if strings.Contains(log.String(), s) {
			t.Errorf("a password is in the log:\n%s", log.String())
		}
	}
}

func TestInitScriptsThatFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  InitError
		says  string
	}{
		"missing table": {
			files: map[string]string{"01.sql": goodScript, "02.sql": "INSERT INTO shops VALUES (2, 'two');\n\nINSERT INTO nowhere VALUES (2);\nINSERT INTO shops VALUES (3, 'three');\n"},
			want:  InitError{File: "02.sql", Line: 3, Statement: "INSERT INTO nowhere VALUES (2)"}, says: "ORA-00942",
		},
		"packed": {
			files: map[string]string{"01.sql.gz": "\x00packed:CREATE TABLE x (id NUMBER);\nCREATE TABLE x (id NUMBER);\nSELECT nope FROM x;\n"},
			want:  InitError{File: "01.sql.gz", Statement: "CREATE TABLE x (id NUMBER)"}, says: "ORA-00955",
		},
		"word that sqlplus does not know": {
			files: map[string]string{"01.sql": "FROBNICATE shops;\n"}, want: InitError{File: "01.sql"}, says: "SP2-0",
		},
		"block that is not closed": {
			files: map[string]string{"01.sql": goodScript + "BEGIN\n  INSERT INTO shops VALUES (2, 'two');\nEND;\n"},
			want:  InitError{File: "01.sql"}, says: "it ends inside a statement",
		},
		"statement that is not closed": {
			files: map[string]string{"01.sql": goodScript + "INSERT INTO shops VALUES (2, 'two')\n"},
			want:  InitError{File: "01.sql"}, says: "ORA-",
		},
		"statement that is not closed before a blank line": {
			files: map[string]string{"01.sql": goodScript + "INSERT INTO shops VALUES (2, 'two')\n\nINSERT INTO shops VALUES (3, 'three');\n"},
			want:  InitError{File: "01.sql", Line: 5, Statement: "INSERT INTO shops VALUES (3, 'three')"}, says: "ORA-00933",
		},
		"missing neighbour": {
			files: map[string]string{"01.sql": "@@missing.sql\n"}, want: InitError{File: "01.sql"}, says: "SP2-0310",
		},
		"shell script in an image without a shell": {
			files: map[string]string{"01.sh": "exit 3\n"}, want: InitError{File: "01.sh"}, says: "bash",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := play(t, "")
			dir := t.TempDir()
			for _, file := range []string{"01.sql", "01.sql.gz", "01.sh", "02.sql"} {
				text, ok := c.files[file]
				if !ok {
					continue
				}
				if plain, isPacked := strings.CutPrefix(text, "\x00packed:"); isPacked {
					text = packed(t, plain)
				}
				cfg.Init = append(cfg.Init, write(t, dir, file, text))
			}
			_, err := started(t, cfg).Wait(t.Context())
			e, ok := errors.AsType[*InitError](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if filepath.Base(e.File) != c.want.File || e.Line != c.want.Line || e.Statement != c.want.Statement || e.InImage {
				t.Errorf("got %+v", e)
			}
			if !strings.Contains(e.Error(), c.says) || strings.Contains(e.Error(), "\n") {
				t.Errorf("got %q, want %q in one sentence", e, c.says)
			}
		})
	}
}

func TestInitScriptsKeepToTheTimeout(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "")
	cfg.Timeout = 4 * time.Second
	cfg.Init = []string{write(t, t.TempDir(), "01.sql", "BEGIN DBMS_SESSION.SLEEP(60); END;\n/\n")}
	_, err := started(t, cfg).Wait(t.Context())
	if e, ok := errors.AsType[*NotReadyError](err); !ok || e.Reason != Timeout || e.Phase != Initialising || !strings.Contains(e.Error(), "01.sql") {
		t.Errorf("got %v", err)
	}
}

// TestRow5OfSurprisesErrorsThatTheImageSwallows: the image runs a script, prints
// its error and says READY.
func TestRow5OfSurprisesErrorsThatTheImageSwallows(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "")
	c, err := start(t.Context(), cfg, []testcontainers.ContainerCustomizer{
		testcontainers.WithFiles(testcontainers.ContainerFile{
			Reader:            strings.NewReader("CREATE TABLE good (id NUMBER);\nINSERT INTO nowhere VALUES (1);\nINSERT INTO good VALUES (1);\n"),
			ContainerFilePath: "/container-entrypoint-initdb.d/01.sql", FileMode: 0o644,
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop(context.Background()) })
	_, err = c.Wait(t.Context())
	e, ok := errors.AsType[*InitError](err)
	if !ok || !e.InImage || e.File != "/container-entrypoint-initdb.d/01.sql" || !strings.Contains(e.Message, "ORA-00942") {
		t.Errorf("got %v", err)
	}
	if ok && e.Statement != "INSERT INTO nowhere VALUES (1)" {
		t.Errorf("statement: %q", e.Statement)
	}
}
