package oracle

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// readLog feeds a recorded log to a bootLog and returns the phases in order.
func readLog(t *testing.T, name string) (*bootLog, []Phase) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "logs", name))
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(data), "\n")
	composed := strings.HasPrefix(name, "composed-")
	if composed != strings.HasPrefix(head, "# composed: ") || !composed && !strings.HasPrefix(head, "# from ") {
		t.Fatalf("%s: its head does not say where it comes from: %q", name, head)
	}
	b := &bootLog{phase: Created}
	var phases []Phase
	for line := range strings.SplitSeq(body, "\n") {
		if b.read(line) {
			phases = append(phases, b.phase)
		}
	}
	return b, phases
}

func TestBootLogTellsThePhasesOfRecordedLogs(t *testing.T) {
	for name, want := range map[string]struct {
		phases  []Phase
		ready   bool
		failure string
		code    int
	}{
		"gvenzl-xe-21-bind-mount.log":  {phases: []Phase{Starting, Unpacking, Instance}},
		"gvenzl-free-23-faststart.log": {phases: []Phase{Starting, Instance}},
		"gvenzl-xe-11-ready-with-errors-behind.log": {
			phases: []Phase{Ready}, ready: true, // and none of the errors behind it
		},
		"gvenzl-xe-11-scripts.log": {phases: []Phase{Users, Scripts}},
		"gvenzl-xe-swallowed.log":  {phases: []Phase{Scripts}, code: 1917},
		"gvenzl-free-app-user-too-early.log": {
			phases: []Phase{Users}, failure: "ORA-01109: database not open", code: 1109,
		},
		"oracle-xe-18-not-successful.log": {failure: "DATABASE SETUP WAS NOT SUCCESSFUL!"},
		"oracle-free-idle-instance.log":   {phases: []Phase{Starting, Instance}, code: 1034},
		"oracle-free-created.log":         {phases: []Phase{Creating}},
		"oracle-free-ready.log":           {phases: []Phase{Ready}, ready: true},
		"composed-gvenzl-free-whole-boot.log": {
			phases: []Phase{Starting, Unpacking, Instance, Mounted, Opened, Passwords, Pluggables, Users, Scripts, Ready}, ready: true,
		},
		"composed-gvenzl-startup-failed.log": {
			phases: []Phase{Starting, Instance}, failure: `ORA-00443: background process "GEN1" did not start`, code: 443,
		},
		"composed-disk-full.log": {
			phases:  []Phase{Starting, Unpacking},
			failure: "ERROR: E_FAIL : /opt/oracle/oradata/FREE/system01.dbf : No space left on device",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, phases := readLog(t, name)
			if !slices.Equal(phases, want.phases) {
				t.Errorf("phases: got %q, want %q", phases, want.phases)
			}
			if b.ready != want.ready || b.failure != want.failure || b.code != want.code {
				t.Errorf("got ready %v, failure %q, code %d, want %v, %q, %d", b.ready, b.failure, b.code, want.ready, want.failure, want.code)
			}
		})
	}
}

func TestEveryRecordedLogIsUsed(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "logs", "*.log"))
	if err != nil || len(files) == 0 {
		t.Fatalf("logs: %v, %v", files, err)
	}
	source, err := os.ReadFile("phase_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.Contains(string(source), filepath.Base(file)) {
			t.Errorf("%s is tested by nothing", file)
		}
	}
}

func TestBootLogFindsWhatTheImageSwallows(t *testing.T) {
	b, _ := readLog(t, "gvenzl-xe-swallowed.log")
	if len(b.bad) != 1 {
		t.Fatalf("got %d errors, want 1: %v", len(b.bad), b.bad)
	}
	got := *b.bad[0]
	want := InitError{
		File: "/container-entrypoint-initdb.d/03-create-tables.sql", Line: 0, Statement: "CREATE VIEW TEST02.V_DUMMY AS SELECT * FROM dual",
		Message: "ORA-01917: user or role 'TEST02' does not exist", InImage: true,
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestBootLogCountsOneErrorOnce(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  []string
	}{
		"call stack": {
			lines: []string{"ERROR at line 1:", "ORA-20001: no such shop", `ORA-06512: at "SYS.X", line 3`, "ORA-06512: at line 1"},
			want:  []string{"ORA-20001: no such shop"},
		},
		"compiler": {
			lines: []string{"ERROR at line 3:", "ORA-06550: line 3, column 5:", "PLS-00201: identifier 'NOPE' must be declared"},
			want:  []string{"ORA-06550: line 3, column 5:"},
		},
		"two statements": {
			lines: []string{"ERROR at line 1:", "ORA-00942: no", "", "ERROR at line 1:", "ORA-00955: taken"},
			want:  []string{"ORA-00942: no", "ORA-00955: taken"},
		},
		"sqlplus itself":  {lines: []string{`SP2-0734: unknown command beginning "CREAT" - rest of line ignored.`}, want: []string{`SP2-0734: unknown command beginning "CREAT" - rest of line ignored.`}},
		"text about one":  {lines: []string{"if you see ORA-00942 below, all is well", "1 row created."}},
		"fatal elsewhere": {lines: []string{"nothing", "Table created."}},
	} {
		t.Run(name, func(t *testing.T) {
			b := &bootLog{}
			b.read("CONTAINER: running /container-entrypoint-initdb.d/a.sql ...")
			for _, line := range c.lines {
				b.read(line)
			}
			b.read("CONTAINER: DONE: running /container-entrypoint-initdb.d/a.sql")
			var got []string
			for _, e := range b.bad {
				got = append(got, e.Message)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestErrorsOutsideScriptsAreNotTheirs(t *testing.T) {
	b := &bootLog{}
	b.read("CONTAINER: running /container-entrypoint-initdb.d/a.sql ...")
	b.read("CONTAINER: DONE: running /container-entrypoint-initdb.d/a.sql")
	b.read("ORA-01034: ORACLE not available")
	if len(b.bad) != 0 || b.failure != "" || b.code != 1034 {
		t.Errorf("got errors %v, failure %q, code %d", b.bad, b.failure, b.code)
	}
}
