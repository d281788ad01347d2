package oracle

import (
	"strings"
	"testing"

	"github.com/testcontainers/testcontainers-go"
)

// keyed is a container whose snapshot's key depends on what change does to it.
func keyed(t *testing.T, change func(*Container)) string {
	t.Helper()
	c := newContainer(Config{
		Service: "FREEPDB1", Env: map[string]string{"A": "1"}, Snapshot: "shop",
		Init: []string{write(t, t.TempDir(), "01.sql", "one")},
	}, nil)
	c.image, c.schemas = databaseImage{id: "sha256:1"}, shop().Schemas
	change(c)
	key, err := c.snapshotKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestTheKeyIsOfAllThatMakesTheDatabase(t *testing.T) {
	same := keyed(t, func(*Container) {}) // in another folder each time
	seen := map[string]string{same: "the same"}
	for name, change := range map[string]func(*Container){
		"the image":         func(c *Container) { c.image.id = "sha256:2" },
		"the project":       func(c *Container) { c.cfg.Snapshot = "web" },
		"the service":       func(c *Container) { c.cfg.Service = "OTHER" },
		"a schema":          func(c *Container) { c.schemas = c.schemas[:1] },
		"shards":            func(c *Container) { c.cfg.Shards = 2 },
		"a script's text":   func(c *Container) { c.cfg.Init = []string{write(t, t.TempDir(), "01.sql", "two")} },
		"a script's name":   func(c *Container) { c.cfg.Init = []string{write(t, t.TempDir(), "02.sql", "one")} },
		"a script of SYS":   func(c *Container) { c.cfg.InitSys, c.cfg.Init = c.cfg.Init, nil },
		"the environment":   func(c *Container) { c.cfg.Env = map[string]string{"A": "2"} },
		"another's option":  func(c *Container) { c.theirs = append(c.theirs, testcontainers.WithEnv(map[string]string{"B": "1"})) },
		"another's command": func(c *Container) { c.theirs = append(c.theirs, testcontainers.WithCmd("x")) },
	} {
		key := keyed(t, change)
		if other, taken := seen[key]; taken {
			t.Errorf("%s: the key is that of %s", name, other)
		}
		seen[key] = name
	}
	for name, change := range map[string]func(*Container){
		"passwords": func(c *Container) { c.schemas[0].Password = randomPassword() },
		"labels":    func(c *Container) { c.cfg.Labels = map[string]string{"x": "y"} },
		"port":      func(c *Container) { c.cfg.Port = 1521 },
	} {
		if keyed(t, change) != same {
			t.Errorf("%s: the key is another one", name)
		}
	}
}

func TestFilesOfAnotherOptionRefuseASnapshot(t *testing.T) {
	c := newContainer(Config{Snapshot: "shop"}, nil)
	c.theirs = append(c.theirs, testcontainers.WithFiles(testcontainers.ContainerFile{HostFilePath: "x", ContainerFilePath: "/x"}))
	if _, err := c.snapshotKey(); err == nil || !strings.Contains(err.Error(), "WithInitScripts") {
		t.Errorf("got %v", err)
	}
}

func TestASnapshotsNameLeadsToNoRegistry(t *testing.T) {
	for project, want := range map[string]string{
		"orders": "pipeline.invalid/snapshot/orders:0123456789ab", "My Shop!": "pipeline.invalid/snapshot/my-shop:0123456789ab",
		"--": "pipeline.invalid/snapshot/project:0123456789ab", "a__b..c": "pipeline.invalid/snapshot/a-b-c:0123456789ab",
	} {
		c := Container{cfg: Config{Snapshot: project}, key: "0123456789abcdef"}
		if got := c.snapshotName(); got != want {
			t.Errorf("%s: got %s", project, got)
		}
	}
}
