package oracle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
)

// The files by which one process finds a database that another has started.
// They hold its passwords, so that only their owner may read them.
const (
	PropertiesFile = "oracle.properties"
	EnvFile        = "oracle.env"
	secretMode     = 0o600
)

// Save writes oracle.properties and oracle.env into the folder, each whole or
// not at all and readable for its owner alone. Before the database has answered
// it holds only what Open needs; db is nil then.
func (c *Container) Save(dir string, db *Database) error {
	var p properties
	in := c.now()
	p.set("oracle.container", in.id)
	p.set("oracle.image", c.cfg.Image)
	p.set("oracle.digest", c.image.digest)
	p.set("oracle.standIn", strconv.FormatBool(c.image.standIn))
	p.set("oracle.started", in.started.UTC().Format(time.RFC3339Nano))
	p.set("oracle.timeout", c.cfg.Timeout.String())
	p.set("oracle.service", c.cfg.Service)
	p.set("oracle.system.password", in.system.Reveal())
	p.set("oracle.snapshot", in.snapshot)
	p.set("oracle.snapshots", c.cfg.Snapshot)
	if in.becomes {
		p.set("oracle.snapshotKey", c.key)
	}
	p.set("oracle.init", strings.Join(c.cfg.Init, "\n"))
	p.set("oracle.initSys", strings.Join(c.cfg.InitSys, "\n"))
	p.set("oracle.shards", strconv.Itoa(c.cfg.Shards))
	names := make([]string, 0, len(c.schemas))
	for _, s := range c.schemas {
		names = append(names, s.Name)
		p.set("oracle.schema."+s.Name+".password", s.Password.Reveal())
	}
	p.set("oracle.schemas", strings.Join(names, ","))
	if db != nil {
		p.Write(db.Properties())
	}
	if err := atomicfile.Write(filepath.Join(dir, PropertiesFile), p.Bytes(), secretMode); err != nil {
		return fmt.Errorf("keep the database's address: %w", err)
	}
	if db == nil {
		return nil
	}
	if err := atomicfile.Write(filepath.Join(dir, EnvFile), db.EnvText(), secretMode); err != nil {
		return fmt.Errorf("keep the database's address: %w", err)
	}
	return nil
}

// Forget removes what Save has written; it is fine when it is gone already.
func Forget(dir string) error {
	var errs []error
	for _, name := range []string{PropertiesFile, EnvFile} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Open finds the database that another process has started and saved in the
// folder. Of cfg only Labels, Timeout, Events and Log are used: the container
// must carry all the labels, so that nothing that is not ours can be touched.
// A Wait has the whole timeout from its call, however old the container is.
// Unless the database has answered already, Wait helps itself as it does for
// the process that has called Start, and may replace the container: Save it
// again then, also after an error.
//
// Errors: ErrNoState, ErrGone when the container has been removed, ErrNotOurs.
func Open(ctx context.Context, dir string, cfg Config) (*Container, error) {
	saved, err := readProperties(filepath.Join(dir, PropertiesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open database: %w", ErrNoState)
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	c, err := restored(saved, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %s: %w", filepath.Join(dir, PropertiesFile), err)
	}
	if c.docker, err = connect(ctx); err != nil {
		return nil, err
	}
	found, err := c.docker.inspect(ctx, c.in.id)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	want := map[string]string{kindLabel: kind}
	maps.Copy(want, cfg.Labels)
	for label, value := range want {
		if found.Config == nil || found.Config.Labels[label] != value {
			return nil, fmt.Errorf("open database %.12s: %w: its label %s is not %q", c.in.id, ErrNotOurs, label, value)
		}
	}
	c.adopt(ctx, found)
	return c, c.attach(ctx, c.in)
}

func restored(saved map[string]string, cfg Config) (*Container, error) {
	in := &instance{
		id: saved["oracle.container"], system: NewPassword(saved["oracle.system.password"]), snapshot: saved["oracle.snapshot"],
		restored: saved["oracle.snapshot"] != "", found: true,
		answered: saved["oracle.host"] != "", // only a database that was ready has an address there
	}
	if in.id == "" {
		return nil, errors.New("it names no container")
	}
	var err error
	if in.started, err = time.Parse(time.RFC3339Nano, saved["oracle.started"]); err != nil {
		return nil, fmt.Errorf("oracle.started: %w", err)
	}
	if cfg.Timeout <= 0 {
		if cfg.Timeout, err = time.ParseDuration(saved["oracle.timeout"]); err != nil {
			return nil, fmt.Errorf("oracle.timeout: %w", err)
		}
	}
	cfg.Image, cfg.Service = saved["oracle.image"], saved["oracle.service"]
	cfg.Snapshot = saved["oracle.snapshots"]
	cfg.Init, cfg.InitSys = fields(saved["oracle.init"], "\n"), fields(saved["oracle.initSys"], "\n")
	cfg.Schemas = fields(saved["oracle.schemas"], ",") // each shard by its name
	if cfg, err = cfg.withDefaults(); err != nil {
		return nil, err
	}
	if cfg.Shards, err = strconv.Atoi(saved["oracle.shards"]); err != nil {
		return nil, fmt.Errorf("oracle.shards: %w", err)
	}
	c := newContainer(cfg, nil)
	c.in, c.key = in, saved["oracle.snapshotKey"]
	in.becomes = c.key != ""
	if c.schemas, err = newSchemas(cfg.Schemas); err != nil {
		return nil, err
	}
	if cfg.Shards < 0 || cfg.Shards > len(c.schemas) {
		return nil, fmt.Errorf("oracle.shards: %d of %d schemas", cfg.Shards, len(c.schemas))
	}
	for i, s := range c.schemas {
		c.schemas[i].Password = NewPassword(saved["oracle.schema."+s.Name+".password"])
	}
	c.image = databaseImage{digest: saved["oracle.digest"], standIn: saved["oracle.standIn"] == "true"}
	return c, nil
}

// fields are the parts of a text; none of an empty one.
func fields(text, separator string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, separator)
}

// Properties is the database as a Java properties file: oracle.host,
// oracle.port, oracle.jdbc.url, oracle.url, oracle.user and oracle.password, and
// oracle.<name>.user, .password and .url for every further schema; then Env once
// more, for programs that take a property where they find no variable. It holds
// passwords.
func (d Database) Properties() []byte {
	var p properties
	p.set("oracle.host", d.Host)
	p.set("oracle.port", strconv.Itoa(d.Port))
	p.set("oracle.jdbc.url", d.JDBCURL())
	for i, s := range d.Schemas {
		prefix := "oracle."
		if i > 0 {
			prefix += s.Name + "."
		}
		p.set(prefix+"user", s.User)
		p.set(prefix+"password", s.Password.Reveal())
		p.set(prefix+"url", d.URL(s))
	}
	for _, entry := range d.Env() {
		name, value, _ := strings.Cut(entry, "=")
		p.set(name, value)
	}
	return p.Bytes()
}

// EnvText is Env as a file that a shell can read. It holds passwords.
func (d Database) EnvText() []byte {
	var b bytes.Buffer
	for _, entry := range d.Env() {
		name, value, _ := strings.Cut(entry, "=")
		if strings.ContainsAny(value, "$#&;[]") { // of names of users and services, and addresses
			value = "'" + value + "'"
		}
		fmt.Fprintf(&b, "%s=%s\n", name, value)
	}
	return b.Bytes()
}

// properties is a Java properties file in the making.
type properties struct{ bytes.Buffer }

func (p *properties) set(key, value string) {
	// Colons and equal signs need no escape in a value, which is what every
	// URL is made of.
	value = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`).Replace(value)
	fmt.Fprintf(p, "%s=%s\n", key, value)
}

func readProperties(file string) (map[string]string, error) {
	data, err := os.ReadFile(file)
	return parseProperties(data), err
}

func parseProperties(data []byte) map[string]string {
	values := make(map[string]string)
	for line := range strings.Lines(string(data)) {
		key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		if !ok || strings.HasPrefix(key, "#") {
			continue
		}
		values[key] = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r").Replace(value)
	}
	return values
}
