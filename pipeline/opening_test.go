package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/git/gittest"
	"github.com/haddock-ci/pipeline/oracle"
	"github.com/haddock-ci/pipeline/registry"
)

// newOpening is a run in a repository with one file.
func newOpening(t *testing.T) *run {
	t.Helper()
	repo := gittest.New(t)
	if err := os.WriteFile(filepath.Join(repo.Dir, "app.txt"), []byte("app\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := standalone(Config{Dir: repo.Dir, Name: "orders"}, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.dir.Close() })
	return r
}

func opened(t *testing.T, r *run, owner command.Process) opening {
	t.Helper()
	if err := r.open(t.Context(), owner, registry.Database{}); err != nil {
		t.Fatal(err)
	}
	o, err := r.readOpening()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestABuildBeginsWithItsFirstDatabase(t *testing.T) {
	r := newOpening(t)
	maven, other := command.Process{PID: 7, Start: "a"}, command.Process{PID: 7, Start: "b"}
	first := opened(t, r, maven)
	if second := opened(t, r, maven); !second.Began.Equal(first.Began) {
		t.Error("a second database of the same Maven began the tests anew")
	}
	if o := opened(t, r, other); !o.Began.After(first.Began) {
		t.Error("another Maven goes on with the tests of the first")
	}
	again := opened(t, r, maven)
	if err := os.WriteFile(filepath.Join(r.cfg.Dir, "app.txt"), []byte("changed\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if o := opened(t, r, maven); !o.Began.After(again.Began) || o.Tree.Hash == again.Tree.Hash {
		t.Error("tests of other files count")
	}
	if one, two := opened(t, r, command.Process{}), opened(t, r, command.Process{}); two.Owner != nil || !two.Began.After(one.Began) {
		t.Error("databases without an owner belong together")
	}
}

func TestABuildKnowsWhichDatabaseHasAnswered(t *testing.T) {
	r := newOpening(t)
	db := oracle.Database{Image: "gvenzl/oracle-free:1", Digest: "sha256:1", StandIn: true}
	if err := r.answered(db); err != nil {
		t.Errorf("a database that an older version started: %v", err)
	}
	began := opened(t, r, command.Process{})
	if _, err := r.beginning(); err == nil || !is[*ReportsError](err) {
		t.Errorf("a database that has not answered: %v", err)
	}
	if err := r.answered(db); err != nil {
		t.Fatal(err)
	}
	o, err := r.beginning()
	if err != nil || !o.Began.Equal(began.Began) || o.Database != (registry.Database{Image: db.Image, Digest: db.Digest, StandIn: true}) {
		t.Errorf("got %+v, %v", o, err)
	}
}

func TestADamagedOpeningIsNoBeginning(t *testing.T) {
	r := newOpening(t)
	if _, err := r.beginning(); err == nil || !is[*ReportsError](err) {
		t.Errorf("without any: %v", err)
	}
	if err := os.WriteFile(r.dir.State(openingFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := r.beginning(); err == nil || !is[*UsageError](err) {
		t.Errorf("damaged: %v", err)
	}
	if joined, err := r.join(t.Context(), Lease{OfParent: true}); joined || err != nil {
		t.Errorf("a start joins a damaged opening: %v, %v", joined, err)
	}
}

func TestAStartWaitsForItsTurn(t *testing.T) {
	r := newOpening(t)
	r.cfg.Oracle.Timeout = time.Minute
	if _, err := inTurn(t.Context(), r.cfg, Settings{}, Lease{}); !errors.Is(err, ErrBusy) {
		t.Errorf("without an owner: %v", err)
	}
	time.AfterFunc(2*turnPoll, func() { _ = r.dir.Close() })
	second, err := inTurn(t.Context(), r.cfg, Settings{}, Lease{OfParent: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.dir.Close(); err != nil {
		t.Error(err)
	}
}
