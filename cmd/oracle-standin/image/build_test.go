package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"testing"
)

func TestSameBinaryGivesTheSameImage(t *testing.T) {
	var ids []string
	for _, program := range []string{"binary", "binary", "other"} {
		image, err := build([]byte(program), "arm64")
		if err != nil {
			t.Fatal(err)
		}
		id, err := image.ConfigName()
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id.String())
	}
	if ids[0] != ids[1] || ids[0] == ids[2] {
		t.Errorf("image ids %q", ids)
	}
}

func TestImageHoldsTheProgramUnderAllItsNames(t *testing.T) {
	image, err := build([]byte("binary"), "amd64")
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Architecture != "amd64" || config.OS != "linux" || len(config.Config.Volumes) != 0 ||
		config.Config.Labels["pipeline.stand-in"] != "true" || config.Config.User != "54321:54321" {
		t.Errorf("configuration %+v", config)
	}
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*tar.Header{}
	for files := tar.NewReader(content); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		found[header.Name] = header
	}
	for _, name := range []string{"sqlplus", "lsnrctl", "resetPassword", "createAppUser", "healthcheck.sh"} {
		if link := found["usr/local/bin/"+name]; link == nil || link.Linkname != "/usr/local/bin/oracle-standin" {
			t.Errorf("%s: %+v", name, link)
		}
	}
	for name, mode := range map[string]int64{"tmp/": 0o1777, "opt/oracle/oradata/": 0o755, "container-entrypoint-initdb.d/": 0o755} {
		if folder := found[name]; folder == nil || folder.Mode != mode || name != "tmp/" && folder.Uid != oracleID {
			t.Errorf("%s: %+v", name, folder)
		}
	}
}

func TestFaultsAreNamed(t *testing.T) {
	if err := run(filepath.Join(t.TempDir(), "none"), "amd64", "x:y", io.Discard); err == nil {
		t.Error("a missing binary is no error")
	}
	if err := run("build_test.go", "amd64", "X Y", io.Discard); err == nil {
		t.Error("a wrong tag is no error")
	}
	var out bytes.Buffer
	if err := run("build_test.go", "amd64", "a:b", &out); err != nil || out.Len() == 0 {
		t.Errorf("%v, %d bytes", err, out.Len())
	}
}
