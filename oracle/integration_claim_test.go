//go:build integration

package oracle

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/haddock-ci/pipeline/internal/events"
)

func TestTwoRunsAtOnceMakeOneSnapshot(t *testing.T) {
	t.Parallel()
	cfg, heard := project(t, "setup 500ms")
	var wg sync.WaitGroup
	dbs := make([]Database, 3)
	for i := range dbs {
		wg.Go(func() {
			c, err := Start(t.Context(), cfg)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Stop(context.Background())
			if dbs[i], err = c.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	made := 0
	for _, text := range heard.texts(events.Note) {
		if strings.HasPrefix(text, "made the snapshot") {
			made++
		}
	}
	if made != 1 || len(snapshots(t, cfg)) != 1 {
		t.Errorf("%d made, %d there; said %q", made, len(snapshots(t, cfg)), heard.texts(events.StepProgress))
	}
}

// TestADatabaseThatHasAnsweredStaysAsItIs: however often and by how many it is
// waited for, scripts are run once, and its data is never thrown away for a
// snapshot.
func TestADatabaseThatHasAnsweredStaysAsItIs(t *testing.T) {
	t.Parallel()
	cfg, heard := project(t, "")
	other := started(t, cfg)
	if whyNot, err := other.claim(t.Context()); err != nil || whyNot != "" {
		t.Fatalf("got %q, %v", whyNot, err)
	}
	c := started(t, cfg)
	first := c.ID()
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if _, err := c.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if err := other.Stop(context.Background()); err != nil { // from now on it could be a snapshot
		t.Fatal(err)
	}
	db, err := c.Wait(t.Context())
	if err != nil || db.Container != first || db.Snapshot != "" || c.Database().Container != first {
		t.Fatalf("got %+v, %v", db, err)
	}
	holdsItsRows(t)(db)
	if notes := heard.texts(events.Note); len(notes) > 0 {
		t.Errorf("said %q", notes)
	}
}

// TestADatabaseThatNobodyWaitsForHoldsUpNoSnapshot starts one as
// `pipeline oracle start --no-wait` does; the second run makes the snapshot, and
// the first, waited for in the end, stays as it is.
func TestADatabaseThatNobodyWaitsForHoldsUpNoSnapshot(t *testing.T) {
	t.Parallel()
	cfg, _ := project(t, "")
	idle := started(t, cfg)
	before, err := idle.docker.inspect(t.Context(), idle.ID())
	if err != nil {
		t.Fatal(err)
	}
	<-idle.in.log.ready
	if db, _ := lived(t, cfg, holdsItsRows(t)); db.Snapshot == "" {
		t.Error("no snapshot was made")
	}
	db, err := idle.Wait(t.Context())
	if err != nil || db.Snapshot != "" || db.Container != before.ID {
		t.Errorf("the first: got %+v, %v", db, err)
	}
	if after, err := idle.docker.inspect(t.Context(), idle.ID()); err != nil || after.Name != before.Name {
		t.Errorf("it is called %q now, not %q: %v", after.Name, before.Name, err)
	}
}

// TestAClaimLivesAsLongAsItsContainer: while another container has it no snapshot
// is made, and one is as soon as that has gone.
func TestAClaimLivesAsLongAsItsContainer(t *testing.T) {
	t.Parallel()
	cfg, heard := project(t, "")
	other := started(t, cfg)
	if whyNot, err := other.claim(t.Context()); err != nil || whyNot != "" {
		t.Fatalf("got %q, %v", whyNot, err)
	}
	if whyNot, err := other.claim(t.Context()); err != nil || whyNot != "" {
		t.Errorf("once more: got %q, %v", whyNot, err)
	}
	if db, _ := lived(t, cfg, holdsItsRows(t)); db.Snapshot != "" {
		t.Error("two make one snapshot")
	}
	if said := strings.Join(heard.texts(events.StepProgress), "\n"); !strings.Contains(said, fmt.Sprintf("container %.12s of another run makes", other.ID())) {
		t.Errorf("said %s", said)
	}
	if err := other.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if db, _ := lived(t, cfg, holdsItsRows(t)); db.Snapshot == "" {
		t.Error("no snapshot was made")
	}
}
