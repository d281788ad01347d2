//go:build integration

package oracle

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/haddock-ci/pipeline/internal/events"
)

// project is a configuration with snapshots of a project of its own, which go
// with the test, and an init script.
func project(t *testing.T, script string) (Config, *heard) {
	t.Helper()
	cfg, h := play(t, script)
	cfg.Snapshot = "t-" + strings.ToLower(randomPassword().Reveal())
	cfg.Init = []string{write(t, t.TempDir(), "01.sql", goodScript)}
	t.Cleanup(func() {
		for _, id := range snapshots(t, cfg) {
			if _, err := dockerAPI(t).ImageRemove(context.Background(), id, client.ImageRemoveOptions{Force: true, PruneChildren: true}); err != nil {
				t.Error(err)
			}
		}
	})
	return cfg, h
}

func dockerAPI(t *testing.T) client.APIClient { //nolint:ireturn // the library's type
	t.Helper()
	docker, err := connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return docker.api
}

// snapshots are the ids of a project's images.
func snapshots(t *testing.T, cfg Config) []string {
	t.Helper()
	list, err := dockerAPI(t).ImageList(context.Background(), client.ImageListOptions{
		Filters: make(client.Filters).Add("label", projectLabel+"="+cfg.Snapshot),
	})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, item := range list.Items {
		ids = append(ids, item.ID)
	}
	return ids
}

// lived runs the database until it has answered, and stops it.
func lived(t *testing.T, cfg Config, use func(Database)) (Database, time.Duration) {
	t.Helper()
	began := time.Now()
	c, err := Start(t.Context(), cfg)
	if err != nil {
		t.Error(err)
		return Database{}, 0
	}
	db, err := c.Wait(t.Context())
	took := time.Since(began)
	if err != nil {
		t.Error(err)
	} else if use != nil {
		use(db)
	}
	if err := c.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	return db, took
}

func holdsItsRows(t *testing.T) func(Database) {
	t.Helper()
	return func(db Database) {
		t.Helper()
		if got, err := ask(t, db, db.Schemas[0], "SELECT name FROM shops WHERE id = 1"); err != nil || got != "ham & eggs" {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

// TestABootIsPaidOnce prints what a start from a snapshot costs of one without,
// where the first boot takes 10 s longer than later ones.
func TestABootIsPaidOnce(t *testing.T) {
	cfg, _ := project(t, "setup 10s")
	without := cfg
	without.Snapshot = ""
	var first, second Database
	var cold, made, warm time.Duration
	var both sync.WaitGroup
	both.Go(func() { _, cold = lived(t, without, holdsItsRows(t)) })
	both.Go(func() { first, made = lived(t, cfg, holdsItsRows(t)) })
	both.Wait()
	ratio := 100.0
	for range 3 { // on a machine that others use the best is the truest
		second, warm = lived(t, cfg, holdsItsRows(t))
		if ratio = min(ratio, 100*warm.Seconds()/cold.Seconds()); ratio <= 15 {
			break
		}
	}
	t.Logf("cold %s, cold and the making of the snapshot %s, from the snapshot %s",
		cold.Round(time.Millisecond), made.Round(time.Millisecond), warm.Round(time.Millisecond))
	result(t, "snapshot-start", ratio, "%-of-a-cold-one", 15)
	if first.Snapshot == "" || second.Snapshot != first.Snapshot || second.Digest != first.Digest {
		t.Errorf("got %q, then %q", first.Snapshot, second.Snapshot)
	}
	if first.Schemas[0].Password.Reveal() == second.Schemas[0].Password.Reveal() {
		t.Error("the password is the same")
	}
}

func TestASnapshotHoldsNoPassword(t *testing.T) {
	t.Parallel()
	cfg, _ := project(t, "")
	cfg.Env["DEPLOY_TOKEN"] = "token-of-the-night"
	c := started(t, cfg)
	first := c.now().system.Reveal()
	db, err := c.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	image, err := dockerAPI(t).ImageInspect(t.Context(), db.Snapshot)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range image.Config.Labels {
		own := name == projectLabel || name == keyLabel || name == standInLabel
		if own && value == "" || strings.HasPrefix(name, "pipeline.") && !own && value != "" || strings.HasPrefix(name, "org.testcontainers") && value != "" {
			t.Errorf("label %s is %q", name, value)
		}
	}
	for _, entry := range image.Config.Env {
		name, value, _ := strings.Cut(entry, "=")
		if value != "" && (strings.Contains(name, "PASSWORD") || name == "DEPLOY_TOKEN") {
			t.Errorf("the environment holds %s", name)
		}
	}
	whole, err := dockerAPI(t).ImageSave(t.Context(), []string{db.Snapshot})
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	text, err := io.ReadAll(whole)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("ham & eggs")) {
		t.Error("the data is not in the image, so that its being without secrets says nothing")
	}
	for _, s := range append(db.Secrets(), c.now().system.Reveal()) {
		if bytes.Contains(text, []byte(s)) {
			t.Error("a password of the running database is in the image")
		}
	}
	// Some engines keep the container's first environment beside the image. What
	// stands there opens nothing.
	t.Logf("this engine keeps the first password: %t", bytes.Contains(text, []byte(first)))
	restored, err := dockerAPI(t).ContainerCreate(t.Context(), client.ContainerCreateOptions{Image: db.Snapshot})
	if err != nil {
		t.Fatal(err)
	}
	defer dockerAPI(t).ContainerRemove(context.Background(), restored.ID, client.ContainerRemoveOptions{Force: true})
	byHand := newContainer(c.cfg, c.docker)
	byHand.in = &instance{id: restored.ID, started: time.Now()}
	if _, err := c.docker.api.ContainerStart(t.Context(), restored.ID, client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := byHand.attach(t.Context(), byHand.in); err != nil {
		t.Fatal(err)
	}
	defer byHand.Close()
	select {
	case <-byHand.in.log.ready:
	case <-time.After(20 * time.Second):
		t.Fatal("the snapshot started by hand does not get ready")
	}
	for user, password := range map[string]Password{
		"SYSTEM": NewPassword(first), "SYS": NewPassword(first), db.Schemas[0].User: db.Schemas[0].Password,
	} {
		if err := byHand.as(t.Context(), user, password, answerTwice); errorCode(err) != 1017 && errorCode(err) != 28000 {
			t.Errorf("%s started by hand: got %v", user, err)
		}
	}
}

func TestAChangedScriptMakesAnotherSnapshotAndTwoAreKept(t *testing.T) {
	t.Parallel()
	cfg, _ := project(t, "")
	var names []string
	for _, more := range []string{"", "INSERT INTO shops VALUES (2, 'two');\n", "INSERT INTO shops VALUES (3, 'three');\n"} {
		if err := os.WriteFile(cfg.Init[0], []byte(goodScript+more), 0o644); err != nil {
			t.Fatal(err)
		}
		db, _ := lived(t, cfg, holdsItsRows(t))
		names = append(names, db.Snapshot)
	}
	if names[0] == "" || names[0] == names[1] || names[1] == names[2] {
		t.Errorf("got %q", names)
	}
	if left := snapshots(t, cfg); len(left) != 2 {
		t.Errorf("%d snapshots are kept", len(left))
	}
	if _, err := dockerAPI(t).ImageInspect(t.Context(), names[0]); err == nil {
		t.Error("the oldest is still there")
	}
}

func TestASnapshotThatDoesNotBootIsDropped(t *testing.T) {
	t.Parallel()
	cfg, heard := project(t, "")
	delete(cfg.Env, "STANDIN_SCRIPT") // an image's own counts then
	db, _ := lived(t, cfg, nil)
	spoil(t, cfg, db.Snapshot)
	again, _ := lived(t, cfg, holdsItsRows(t))
	if again.Snapshot != "" {
		t.Errorf("it runs from %s", again.Snapshot)
	}
	warnings := strings.Join(heard.texts(events.Warning), "\n")
	if !strings.Contains(warnings, "does not boot") || !strings.Contains(warnings, "made anew") {
		t.Errorf("warnings: %s", warnings)
	}
	if left := snapshots(t, cfg); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// spoil replaces a snapshot by one whose database does not open.
func spoil(t *testing.T, cfg Config, name string) {
	t.Helper()
	api := dockerAPI(t)
	created, err := api.ContainerCreate(t.Context(), client.ContainerCreateOptions{Image: name})
	if err != nil {
		t.Fatal(err)
	}
	defer api.ContainerRemove(context.Background(), created.ID, client.ContainerRemoveOptions{Force: true})
	old := snapshots(t, cfg)
	if _, err := api.ContainerCommit(t.Context(), created.ID, client.ContainerCommitOptions{
		Reference: name, Changes: []string{`ENV STANDIN_SCRIPT="open fail"`},
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // below the spoiled one
		for _, id := range old {
			api.ImageRemove(context.Background(), id, client.ImageRemoveOptions{Force: true})
		}
	})
}

func TestAStopWhileASnapshotIsMadeLeavesNothing(t *testing.T) {
	t.Parallel()
	cfg, heard := project(t, "")
	making := make(chan struct{})
	cfg.Events = func(e events.Event) {
		heard.sink(e)
		if e.Kind == events.Note && strings.HasPrefix(e.Text, "making") {
			close(making)
		}
	}
	c := started(t, cfg)
	var stopping sync.WaitGroup
	stopping.Go(func() {
		<-making
		time.Sleep(time.Duration(time.Now().UnixNano() % int64(time.Second))) // at a random moment
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if _, err := c.Wait(t.Context()); err == nil {
		t.Log("the stop came after the end")
	} else if !errors.Is(err, errStopped) {
		t.Errorf("got %v", err)
	}
	stopping.Wait()
	if left := containers(t, cfg); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	// An engine may end a commit that nobody waits for any more: the snapshot is
	// whole then, and must not outlive the test.
	for late := time.Now().Add(2 * time.Second); len(snapshots(t, cfg)) == 0 && time.Now().Before(late); {
		<-time.After(50 * time.Millisecond)
	}
}

func TestASnapshotThatCannotBeMadeCostsNothingButTime(t *testing.T) {
	t.Parallel()
	cfg, heard := project(t, "")
	var c *Container
	cfg.Events = func(e events.Event) {
		heard.sink(e)
		if e.Kind == events.Note && strings.HasPrefix(e.Text, "making") {
			if _, err := c.docker.api.ContainerKill(context.Background(), c.ID(), client.ContainerKillOptions{Signal: "KILL"}); err != nil {
				t.Error(err)
			}
		}
	}
	c = started(t, cfg)
	db, err := c.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	holdsItsRows(t)(db)
	if warnings := strings.Join(heard.texts(events.Warning), "\n"); db.Snapshot != "" || !strings.Contains(warnings, "no snapshot was made") {
		t.Errorf("from %q, warnings %s", db.Snapshot, warnings)
	}
	if left := snapshots(t, cfg); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestASnapshotOfOraclesOwnImage(t *testing.T) {
	t.Parallel()
	cfg, _ := project(t, "flavour oracle")
	cfg.InitSys = []string{write(t, t.TempDir(), "as-the-image.sql", "CREATE USER PDBADMIN IDENTIFIED BY \"lynx5\";\nGRANT CREATE SESSION TO PDBADMIN;\n")}
	lived(t, cfg, holdsItsRows(t))
	db, _ := lived(t, cfg, func(db Database) {
		holdsItsRows(t)(db)
		if _, err := ask(t, db, Schema{User: "PDBADMIN", Password: NewPassword("lynx5")}, "SELECT 1 FROM DUAL"); errorCode(err) != 1017 && errorCode(err) != 28000 {
			t.Errorf("its administrator's password opens it: got %v", err)
		}
	})
	if db.Snapshot == "" {
		t.Error("it was made from scratch")
	}
}
