package oracle

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestScriptsAreReadAndUnpacked(t *testing.T) {
	dir := t.TempDir()
	scripts, err := readScripts([]string{
		write(t, dir, "a/01.sql", "one"), write(t, dir, "a/02.sql.gz", packed(t, "two")), write(t, dir, "b/01.sh", "three"),
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !scripts[0].sys || scripts[1].sys || scripts[2].sys {
		t.Error("the first alone is SYS's")
	}
	for i, want := range []struct{ path, text string }{
		{"/tmp/pipeline-init/0/01.sql", "one"}, {"/tmp/pipeline-init/0/02.sql", "two"}, {"/tmp/pipeline-init/1/01.sh", "three"},
	} {
		if scripts[i].path != want.path || string(scripts[i].text) != want.text {
			t.Errorf("got %s %q, want %s %q", scripts[i].path, scripts[i].text, want.path, want.text)
		}
	}
	whole := packed(t, strings.Repeat("much text ", 1000))
	for name, text := range map[string]string{"none.sql.gz": "plain text", "half.sql.gz": whole[:len(whole)/2]} {
		if _, err := readScripts([]string{write(t, dir, name, text)}, 0); err == nil || !strings.Contains(err.Error(), "unpack") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestInitIsCheckedBeforeAnythingStarts(t *testing.T) {
	dir := t.TempDir()
	good := write(t, dir, "01.sql", "")
	folder := filepath.Join(dir, "folder.sql")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := checkInit([]string{good, write(t, dir, "2.sh", ""), write(t, dir, "3.sql.gz", "")}); err != nil {
		t.Errorf("got %v", err)
	}
	for file, want := range map[string]string{
		"relative.sql":                    "not an absolute path",
		write(t, dir, "readme.txt", ""):   "neither .sql nor",
		filepath.Join(dir, "missing.sql"): "no such file",
		folder:                            "not a file",
	} {
		err := checkInit([]string{file, good})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", file, err, want)
		}
	}
	if _, err := Start(t.Context(), Config{Image: "x", Init: []string{"relative.sql"}}); err == nil || !strings.Contains(err.Error(), "relative.sql") {
		t.Errorf("Start: got %v", err)
	}
}

func TestSQLErrorsHavePlaceAndStatement(t *testing.T) {
	const text = "CREATE TABLE t (id NUMBER);\nINSERT INTO nowhere\n  VALUES (2, 'two');\nCOMMIT;\nCOMMIT;\n"
	for name, c := range map[string]struct {
		output string
		want   InitError
	}{
		"all went well": {output: "\nTable created.\n\nORA-nothing\nnothing about ORA-00942: here\n"},
		"statement": {
			"\nTable created.\n\nINSERT INTO nowhere\n            *\nERROR at line 1:\nORA-00942: table or view does not exist\nHelp: https://docs.oracle.com/error-help/db/ora-00942/\n",
			InitError{Line: 2, Statement: "INSERT INTO nowhere", Message: "ORA-00942: table or view does not exist"},
		},
		"line of a statement": {
			"  VALUES (2, 'two')\n           *\nERROR at line 2:\r\nORA-00913: too many values\r\n",
			InitError{Line: 3, Statement: "VALUES (2, 'two')", Message: "ORA-00913: too many values"},
		},
		"statement that stands there twice": {
			"COMMIT\n*\nERROR at line 1:\nORA-02091: transaction rolled back\n",
			InitError{Statement: "COMMIT", Message: "ORA-02091: transaction rolled back"},
		},
		"sqlplus": {
			"SP2-0310: unable to open file \"x.sql\"\n", InitError{Message: "SP2-0310: unable to open file \"x.sql\""},
		},
		"login": {
			"ERROR:\nORA-01017: invalid credential or not authorized; logon denied\n\n\nSP2-0640: Not connected\n",
			InitError{Message: "ORA-01017: invalid credential or not authorized; logon denied"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := findSQLError(c.output, script{file: "db/01.sql", text: []byte(text)})
			if c.want == (InitError{}) {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			c.want.File = "db/01.sql"
			if got, ok := errors.AsType[*InitError](err); !ok || *got != c.want {
				t.Errorf("got  %+v\nwant %+v", err, c.want)
			}
		})
	}
}

func TestThePasswordGoesInByStandardInput(t *testing.T) {
	c := &Container{cfg: Config{Service: "FREEPDB1"}}
	in := &instance{hostname: "0da4b400f7a4", system: NewPassword("manager3")}
	for connect, sys := range map[string]bool{
		"CONNECT ORDERS/\"first1\"@//0da4b400f7a4:1521/FREEPDB1\n":          false,
		"CONNECT SYS/\"manager3\"@//0da4b400f7a4:1521/FREEPDB1 AS SYSDBA\n": true,
	} {
		want := "WHENEVER OSERROR EXIT FAILURE ROLLBACK\nWHENEVER SQLERROR EXIT FAILURE ROLLBACK\nSET DEFINE OFF\nSET SQLBLANKLINES ON\n" +
			connect + "@/tmp/x.sql\nPROMPT pipeline: end of the script\nCOMMIT;\nEXIT SUCCESS\n"
		if got := c.sqlplusInput(in, script{path: "/tmp/x.sql", sys: sys}, shop().Schemas[0]); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestLastWords(t *testing.T) {
	for output, want := range map[string]string{"": "", "\n \n": "", "a\nb \n\n": ": b"} {
		if got := lastWords(output); got != want {
			t.Errorf("%q: got %q, want %q", output, got, want)
		}
	}
}
