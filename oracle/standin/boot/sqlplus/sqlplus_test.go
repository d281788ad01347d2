package sqlplus

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// fakeInstance notes what is run and fails on the word "bad".
type fakeInstance struct {
	ran    []string
	logons []Logon
}

func (f *fakeInstance) Connect(_ context.Context, as Logon) (Session, error) { //nolint:ireturn // Instance
	f.logons = append(f.logons, as)
	if as.Password == "wrong" {
		return nil, &sqldb.Error{Code: 1017, Message: "invalid credential or not authorized; logon denied"}
	}
	return fakeSession{f}, nil
}

func (f *fakeInstance) Startup(context.Context) error  { f.ran = append(f.ran, "STARTUP"); return nil }
func (f *fakeInstance) Shutdown(context.Context) error { return errors.New("no") }

type fakeSession struct{ f *fakeInstance }

func (s fakeSession) Run(_ context.Context, text string) (Result, error) {
	s.f.ran = append(s.f.ran, text)
	lower := strings.ToLower(text)
	switch {
	case strings.Contains(lower, "bad"):
		return Result{}, &sqldb.Error{Code: 942, Message: "table or view does not exist", Offset: strings.Index(lower, "bad")}
	case strings.HasPrefix(lower, "select none"):
		return Result{Columns: []Column{{Name: "X"}}}, nil
	case strings.HasPrefix(lower, "select"):
		return Result{
			Columns: []Column{{Name: "N", Right: true}, {Name: "TEXT"}}, Rows: [][]string{{"1", "one"}, {"22", ""}},
		}, nil
	case strings.HasPrefix(lower, "insert"):
		return Result{Count: 1}, nil
	case strings.HasPrefix(lower, "delete"):
		return Result{Count: 3}, nil
	}
	return Result{}, nil
}
func (fakeSession) Close() error { return nil }

func run(t *testing.T, stdin string, args ...string) (f *fakeInstance, status int, output string) {
	t.Helper()
	f = &fakeInstance{}
	var out bytes.Buffer
	if len(args) == 0 {
		args = []string{"-s", "/", "as", "sysdba"}
	}
	status = Run(t.Context(), f, Invocation{Args: args, Stdin: strings.NewReader(stdin), Stdout: &out, Dir: t.TempDir(), Banner: "FAKE"})
	return f, status, out.String()
}

const help942 = "ORA-00942: table or view does not exist\nHelp: https://docs.oracle.com/error-help/db/ora-00942/\n\n\n"

func TestWhatIsPrinted(t *testing.T) {
	for name, test := range map[string]struct {
		input, want string
		status      int
	}{
		"query":            {input: "select a from t;", want: "\n N TEXT\n-- ----\n 1 one\n22\n\n"},
		"plain query":      {input: "set heading off feedback off pagesize 0\nselect a from t;", want: " 1 one\n22\n"},
		"null":             {input: "set pages 0 feed off null (null)\nselect a from t;", want: " 1 one\n22 (null)\n"},
		"count":            {input: "set pages 0 feedback 1 colsep |\nselect a from t;", want: " 1|one\n22|\n2 rows selected.\n\n"},
		"no rows":          {input: "select none from t;", want: "\nno rows selected\n\n"},
		"insert":           {input: "insert into t values (1);", want: "\n1 row created.\n\n"},
		"delete":           {input: "delete t;", want: "\n3 rows deleted.\n\n"},
		"create":           {input: "create or replace view v as x;", want: "\nView created.\n\n"},
		"unique index":     {input: "create unique index i on t (n);", want: "\nIndex created.\n\n"},
		"materialized":     {input: "drop materialized view v;", want: "\nMaterialized view dropped.\n\n"},
		"pluggable":        {input: "alter pluggable database p open;", want: "\nPluggable database altered.\n\n"},
		"truncate":         {input: "truncate table t;", want: "\nTable truncated.\n\n"},
		"set role":         {input: "set role all;", want: "\nRole set.\n\n"},
		"grant":            {input: "grant a to b;", want: "\nGrant succeeded.\n\n"},
		"commit":           {input: "commit;", want: "\nCommit complete.\n\n"},
		"quiet":            {input: "set feedback off\ncommit;\nprompt x  y", want: "x  y\n"},
		"block":            {input: "begin\n  null;\nend;\n/\n", want: "\nPL/SQL procedure successfully completed.\n\n"},
		"execute":          {input: "exec p(1)", want: "\nPL/SQL procedure successfully completed.\n\n"},
		"error":            {input: "select *\n  from bad;", want: "  from bad\n       *\nERROR at line 2:\n" + help942},
		"error in session": {input: "alter session set bad = 1;", want: "ERROR:\n" + help942},
		"unknown":          {input: "frobnicate all", want: "SP2-0734: unknown command beginning \"frobnicate...\" - rest of line ignored.\n"},
		"no such option":   {input: "set frob on", want: "SP2-0158: unknown SET option \"frob\"\n"},
		"not in here":      {input: "describe t", want: "SP2-0042: unknown command \"describe\" - rest of line ignored. (not in the stand-in)\n"},
		"show":             {input: "show user\nshow errors\nshow con_name\nshow frob", want: "USER is \"SYS\"\nNo errors.\n\nCON_NAME\n------------------------------\nCDB$ROOT\nSP2-0158: unknown SHOW option \"frob\" (not in the stand-in)\n"},
		"comments":         {input: "-- a\nrem b;\n/* c\n d; */\nremark\nspool x\ncolumn n format a3\nprompt", want: "\n"},
		"empty buffer":     {input: "/", want: "SP2-0103: Nothing in SQL buffer to run.\n"},
		"no such file":     {input: "@nowhere", want: "SP2-0310: unable to open file \"nowhere\"\n"},
		"connected":        {input: "connect a/b", want: "Connected.\n"},
		"not connected":    {input: "connect a/wrong\ncommit;", want: "ERROR:\nORA-01017: invalid credential or not authorized; logon denied\nHelp: https://docs.oracle.com/error-help/db/ora-01017/\n\nWarning: You are no longer connected to ORACLE.\nSP2-0640: Not connected\n"},
		"startup":          {input: "startup", want: "ORACLE instance started.\nDatabase mounted.\nDatabase opened.\n"},
		"usage":            {input: "whenever", want: wheneverUsage + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, status, got := run(t, test.input); got != test.want || status != test.status {
				t.Errorf("status %d, printed\n%q\nwant\n%q", status, got, test.want)
			}
		})
	}
}

func TestWhatIsRun(t *testing.T) {
	for name, test := range map[string]struct {
		input string
		want  []string // without the COMMIT at the end
	}{
		"several lines":          {"select a\n  from t\n where x = 1;\n", []string{"select a\n  from t\n where x = 1"}},
		"slash":                  {"insert into t\nvalues (1)\n/\n", []string{"insert into t\nvalues (1)"}},
		"slash runs again":       {"delete t;\n/\n", []string{"delete t", "delete t"}},
		"block keeps semicolons": {"begin\n  a;\n\n  b;\nend;\n/\n", []string{"begin\n  a;\n\n  b;\nend;"}},
		"procedure":              {"create or replace\nprocedure p as\nbegin null; end;\n/\n", []string{"create or replace\nprocedure p as\nbegin null; end;"}},
		"type":                   {"create type t as object (n number);\n/\n", []string{"create type t as object (n number);"}},
		"blank line gives up":    {"select a\n\nfrom t;\ndelete t;\n", []string{"delete t"}},
		"blank lines allowed":    {"set sqlblanklines on\nselect a\n\nfrom t;\n", []string{"select a\n\nfrom t"}},
		"dot":                    {"select a\n.\n", nil},
		"cut off":                {"select a\nfrom t", nil},
		"semicolon in comment":   {"select /* a;\n b; */ c from t;\n", []string{"select /* a;\n b; */ c from t"}},
		"execute":                {"execute p;\n", []string{"BEGIN p; END;"}},
		"define":                 {"define x = 'T1'\nset verify off\nselect a from &x..b;\n", []string{"select a from T1.b"}},
		"define off":             {"set define off\nselect '&x' from t;\n", []string{"select '&x' from t"}},
		"asks":                   {"set verify off\nselect '&x' from t;\nanswer\ndelete t;\n", []string{"select 'answer' from t", "delete t"}},
		"remembers":              {"set verify off\nselect '&&x', '&x' from t;\nv\nselect '&x' from t;\n", []string{"select 'v', 'v' from t", "select 'v' from t"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, _, output := run(t, test.input)
			if got := f.ran[:max(len(f.ran)-1, 0)]; !slices.Equal(got, test.want) {
				t.Errorf("ran %q\nwant %q\nprinted %s", got, test.want, output)
			}
			if last := f.ran[len(f.ran)-1]; last != "COMMIT" {
				t.Errorf("the end ran %q", last)
			}
		})
	}
}

func TestExitStatus(t *testing.T) {
	for name, test := range map[string]struct {
		input  string
		status int
		last   string
	}{
		"end of input":       {"delete t;\n", 0, "COMMIT"},
		"errors are ignored": {"select bad;\ndelete t;\n", 0, "COMMIT"},
		"whenever failure":   {"whenever sqlerror exit failure rollback\nselect bad;\ndelete t;\n", 1, "ROLLBACK"},
		"whenever code":      {"WHENEVER SQLERROR EXIT SQL.SQLCODE\nselect bad;\n", 942 & 255, "COMMIT"},
		"whenever number":    {"whenever sqlerror exit 77\nselect bad;\n", 77, "COMMIT"},
		"whenever continue":  {"whenever sqlerror exit 77\nwhenever sqlerror continue rollback\nselect bad;\n", 0, "COMMIT"},
		"os error":           {"whenever oserror exit\n@nowhere\n", 1, "COMMIT"},
		"os error ignored":   {"whenever sqlerror exit 9\n@nowhere\n", 0, "COMMIT"},
		"failed connect":     {"whenever sqlerror exit 9\nconnect a/wrong\n", 9, "COMMIT"},
		"exit":               {"exit\ndelete t;\n", 0, "COMMIT"},
		"exit code":          {"exit 300 rollback;\n", 44, "ROLLBACK"},
		"quit warning":       {"quit warning\n", 2, "COMMIT"},
		"exit variable":      {"define rc = 6\nexit rc\n", 6, "COMMIT"},
		"failed shutdown":    {"whenever sqlerror exit 3\nshutdown immediate\n", 3, "COMMIT"},
	} {
		t.Run(name, func(t *testing.T) {
			f, status, output := run(t, test.input)
			if status != test.status || len(f.ran) == 0 || f.ran[len(f.ran)-1] != test.last {
				t.Errorf("status %d, want %d; ran %q; printed %s", status, test.status, f.ran, output)
			}
			if status != 0 && slices.Contains(f.ran, "delete t") {
				t.Error("went on after the exit")
			}
		})
	}
}

func TestLogon(t *testing.T) {
	for text, want := range map[string]Logon{
		"/ as sysdba":                                  {User: "SYS", OS: true},
		"/ AS SYSDBA":                                  {User: "SYS", OS: true},
		"system/pw@//localhost:1521/FREEPDB1":          {User: "SYSTEM", Password: "pw", Service: "FREEPDB1"},
		`app/"p@ss/wo rd"@//6f0d3c:1521/FREEPDB1`:      {User: "APP", Password: "p@ss/wo rd", Service: "FREEPDB1"},
		"app/pw@localhost/FREE":                        {User: "APP", Password: "pw", Service: "FREE"},
		"app/pw@FREEPDB1":                              {User: "APP", Password: "pw", Service: "FREEPDB1"},
		"app/pw":                                       {User: "APP", Password: "pw"},
		`"Mixed"/pw`:                                   {User: "Mixed", Password: "pw"},
		"sys/pw@//h/FREE as sysdba":                    {User: "SYS", Password: "pw", Service: "FREE"},
		"app/pw@//localhost:1521/FREEPDB1:dedicated/i": {User: "APP", Password: "pw", Service: "i"},
	} {
		if got, err := parseLogon(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, code := range map[string]int{"app": 1005, "app@FREE": 1005, "": 1005, "sys/pw": 28009, "app/pw as boss": 0} {
		_, err := parseLogon(text)
		var e *sqldb.Error
		if err == nil || errors.As(err, &e) != (code != 0) || code != 0 && e.Code != code {
			t.Errorf("%q: %v, want ORA code %d", text, err, code)
		}
	}
}

func TestArguments(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.sql":     "set verify off\n@@sub/b one\nselect '&1' from t;\nprompt end of a\n",
		"sub/b.sql": "@@c.sql\nprompt b got &1\nselect '&1' from t;\n",
		"sub/c.sql": "prompt c",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, status, output := run(t, "prompt from stdin\nexit 4\n", "-S", "/", "as", "sysdba", "@"+filepath.Join(dir, "a"), "two")
	if want := "c\nb got &1\n"; status != 4 || !strings.HasPrefix(output, want) || !strings.HasSuffix(output, "end of a\nfrom stdin\n") {
		t.Errorf("status %d, printed %s", status, output)
	}
	if want := []string{"select 'one' from t", "select 'two' from t", "COMMIT"}; !slices.Equal(f.ran, want) {
		t.Errorf("ran %q", f.ran)
	}
	if _, status, output := run(t, "", "-L", "a/wrong"); status != 1 || !strings.Contains(output, "SP2-0751") {
		t.Errorf("wrong password: %d, %s", status, output)
	}
	if f, status, output := run(t, "prompt x\n", "/nolog"); status != 0 || len(f.logons) != 0 || !strings.Contains(output, "FAKE") {
		t.Errorf("/nolog: %d, %s", status, output)
	}
	if _, status, output := run(t, "", "-frob"); status != 1 || !strings.Contains(output, "SP2-0306") {
		t.Errorf("unknown option: %d, %s", status, output)
	}
	if _, status, output := run(t, "", "-v"); status != 0 || !strings.Contains(output, "FAKE") {
		t.Errorf("version: %d, %s", status, output)
	}
}

func FuzzRun(f *testing.F) {
	f.Add("select &x from t;\n/\nset a b\nwhenever sqlerror exit 1\nbegin\n/\n")
	f.Add("connect a/\"b\n@\n@@\n!ls\nexit x y\ndefine\nset\nshow\n<<a>>\n/*")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "@") || strings.Contains(strings.ToLower(text), "sta") {
			return // it would open files
		}
		run(t, text)
	})
}
