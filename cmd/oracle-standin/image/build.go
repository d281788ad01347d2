package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/haddock-ci/pipeline/oracle/standin/boot"
)

// oracleID is the user and group of the real images.
const oracleID = 54321

// build makes the image: one layer with the program, its other names and the
// folders that a container writes to.
func build(program []byte, arch string) (v1.Image, error) {
	layer, err := layer(program)
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, fmt.Errorf("add layer: %w", err)
	}
	image, err = mutate.ConfigFile(image, config(image, arch))
	if err != nil {
		return nil, fmt.Errorf("set configuration: %w", err)
	}
	return image, nil
}

func config(image v1.Image, arch string) *v1.ConfigFile {
	c := &v1.ConfigFile{OS: "linux", Architecture: arch, Created: v1.Time{Time: time.Unix(0, 0).UTC()}}
	if have, err := image.ConfigFile(); err == nil { // of an image made a moment ago
		c.RootFS = have.RootFS
	}
	c.History = []v1.History{{Created: c.Created, CreatedBy: "oracle-standin", Comment: boot.Banner}}
	c.Config = v1.Config{
		Entrypoint: []string{"oracle-standin"},
		User:       fmt.Sprintf("%d:%d", oracleID, oracleID),
		WorkingDir: "/opt/oracle",
		Env: []string{
			"PATH=/usr/local/bin:/usr/bin:/bin:/opt/oracle", "ORACLE_BASE=/opt/oracle", "ORACLE_SID=FREE",
		},
		ExposedPorts: map[string]struct{}{"1521/tcp": {}},
		Labels: map[string]string{
			"pipeline.stand-in":                    "true",
			"org.opencontainers.image.title":       "FAKE Oracle Database (oracle-standin)",
			"org.opencontainers.image.description": "Speaks Oracle's protocol for tests. Holds no Oracle software.",
		},
	}
	return c
}

func layer(program []byte) (v1.Layer, error) {
	var buffer bytes.Buffer
	files := archive{tar.NewWriter(&buffer)}
	for _, step := range []func() error{files.folders, files.texts, func() error { return files.programs(program) }, files.tar.Close} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("make layer: %w", err)
		}
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buffer.Bytes())), nil }
	layer, err := tarball.LayerFromOpener(open)
	if err != nil {
		return nil, fmt.Errorf("make layer: %w", err)
	}
	return layer, nil
}

// archive writes the layer's files, all with the same time.
type archive struct{ tar *tar.Writer }

func (a archive) add(h tar.Header, content []byte) error {
	h.Size = int64(len(content))
	h.ModTime = time.Unix(0, 0)
	if err := a.tar.WriteHeader(&h); err != nil {
		return err
	}
	_, err := a.tar.Write(content)
	return err
}

func (a archive) folders() error {
	oracle := []string{
		"opt/oracle/", "opt/oracle/oradata/", "opt/oracle/scripts/", "opt/oracle/scripts/startup/",
		"container-entrypoint-initdb.d/", "container-entrypoint-startdb.d/",
	}
	for _, name := range append([]string{"etc/", "opt/", "usr/", "usr/local/", "usr/local/bin/"}, oracle...) {
		if err := a.add(tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755, Uid: owner(name, oracle), Gid: owner(name, oracle)}, nil); err != nil {
			return err
		}
	}
	return a.add(tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777}, nil)
}

func owner(name string, oracle []string) int {
	if slices.Contains(oracle, name) {
		return oracleID
	}
	return 0
}

func (a archive) texts() error {
	passwd := fmt.Sprintf("root:x:0:0::/:\noracle:x:%d:%d::/opt/oracle:\n", oracleID, oracleID)
	group := fmt.Sprintf("root:x:0:\noinstall:x:%d:\n", oracleID)
	if err := a.add(tar.Header{Name: "etc/passwd", Mode: 0o644}, []byte(passwd)); err != nil {
		return err
	}
	return a.add(tar.Header{Name: "etc/group", Mode: 0o644}, []byte(group))
}

// programs adds the program and, as links, the names under which it is a tool;
// those that the real image keeps in /opt/oracle are there as well.
func (a archive) programs(program []byte) error {
	const path = "/usr/local/bin/oracle-standin"
	if err := a.add(tar.Header{Name: path[1:], Mode: 0o755}, program); err != nil {
		return err
	}
	for _, tool := range boot.Tools() {
		for _, dir := range []string{"usr/local/bin/", "opt/oracle/"} {
			link := tar.Header{Typeflag: tar.TypeSymlink, Name: dir + tool, Linkname: path, Mode: 0o777}
			if err := a.add(link, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
