package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/internal/ci"
	"github.com/haddock-ci/pipeline/internal/git"
)

func TestInitScriptsAreUnfoldedInOrder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"db/b/20.sh", "db/b/10.sql.gz", "db/a.sql", "db/readme.md", "last.sql", "empty/readme.md"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		init []string
		want string
		err  string
	}{
		"none":          {nil, "", ""},
		"file":          {[]string{"last.sql"}, "last.sql", ""},
		"as named":      {[]string{"last.sql", "db"}, "last.sql db/a.sql db/b/10.sql.gz db/b/20.sh", ""},
		"empty folder":  {[]string{"db", "empty"}, "", "oracle.init: empty holds no .sql, .sql.gz or .sh file"},
		"no script":     {[]string{"db/readme.md"}, "", "oracle.init: db/readme.md holds no .sql, .sql.gz or .sh file"},
		"not there yet": {[]string{"nowhere"}, "", "no such file or directory"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Config{Dir: dir, Oracle: OracleConfig{Init: tt.init}}.initScripts()
			if !strings.Contains(errorText(err), tt.err) || (err == nil) != (tt.err == "") {
				t.Fatalf("got %v, want %q", err, tt.err)
			}
			if _, usage := errors.AsType[*UsageError](err); err != nil && !usage {
				t.Errorf("%T is no usage error", err)
			}
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], dir+"/")
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDeployIsRefusedForWhatNobodyCanBuildAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		git  git.Status
		ci   ci.Build
		want string
	}{
		"clean branch": {git.Status{}, ci.Build{Vendor: ci.Bamboo}, ""},
		"dirty":        {git.Status{Dirty: true}, ci.Build{}, "not committed"},
		"pull request": {git.Status{}, ci.Build{PullRequest: true}, "pull request"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := newRun(t, Config{})
			r.set.CI = tt.ci
			if got := errorText(r.mayDeploy(tt.git)); !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRunIDsCarryTheCIKeyAndAreNeverTheSame(t *testing.T) {
	var ids []string
	for _, key := range []string{"SHOP-ORDERS-42", "SHOP-ORDERS-42", "", ""} {
		id := newRunID(key)
		if !strings.HasPrefix(id, key) {
			t.Errorf("%q does not begin with %q", id, key)
		}
		if slices.Contains(ids, id) {
			t.Errorf("%q twice", id)
		}
		ids = append(ids, id)
	}
	if !strings.HasPrefix(ids[2], "local-") {
		t.Errorf("at home it is %q", ids[2])
	}
}

func TestTheLastVariableOfANameCounts(t *testing.T) {
	r, _ := newRun(t, Config{}, "A=1", "B=2", "A=3", "AA=4")
	if value, ok := r.lookup("A"); value != "3" || !ok {
		t.Errorf("got %q, %v", value, ok)
	}
	if _, ok := r.lookup("C"); ok {
		t.Error("C is there")
	}
}

func TestOnlyACleanTreeIsExplainedByItsCommit(t *testing.T) {
	if got := (git.Status{Commit: "c0ffee"}).Revision(); got != "c0ffee" {
		t.Errorf("clean: %q", got)
	}
	if got := (git.Status{Commit: "c0ffee", Dirty: true}).Revision(); got != "" {
		t.Errorf("dirty: %q", got)
	}
}
