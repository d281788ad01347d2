package boot

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPackedScriptsAreRun(t *testing.T) {
	var zipped, packed bytes.Buffer
	gz := gzip.NewWriter(&packed)
	_, err := gz.Write([]byte("prompt from gz\nselect * from nowhere;\n"))
	check(t, err)
	check(t, gz.Close())
	archive := zip.NewWriter(&zipped)
	for _, name := range []string{"1.sql", "2.sql"} {
		file, err := archive.Create(name)
		check(t, err)
		_, err = file.Write([]byte("prompt from zip " + name + "\n"))
		check(t, err)
	}
	check(t, archive.Close())
	synctest.Test(t, func(t *testing.T) {
		c := newContainer(t, "")
		c.file("container-entrypoint-initdb.d/a.sql.gz", packed.String(), 0o644)
		c.file("container-entrypoint-initdb.d/b.sql.zip", zipped.String(), 0o644)
		c.file("docker-entrypoint-initdb.d/old.sql", "prompt from the old folder", 0o644)
		c.file("container-entrypoint-startdb.d/.hidden.sql", "prompt hidden", 0o644)
		c.start()
		c.after(time.Second)
		_, log := c.end()
		wantInOrder(t, log, "from gz", "ORA-00942", "CONTAINER: DONE: running", "from zip 1.sql", "from zip 2.sql",
			"CONTAINER: DONE: Executing", "CONTAINER: Executing", "from the old folder", "DATABASE IS READY")
		if strings.Contains(log, "hidden") {
			t.Errorf("a hidden file was run:\n%s", log)
		}
	})
}

func TestScriptThatCannotBeExecutedIsSourced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newContainer(t, "")
		c.file("container-entrypoint-initdb.d/a.sh", "exit 0\n", 0o644)
		c.start()
		c.after(time.Second)
		c.stop <- struct{}{}
		_, log := c.wait()
		wantInOrder(t, log, "CONTAINER: sourcing "+c.root+"/container-entrypoint-initdb.d/a.sh ...")
	})
}

func TestShebang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newContainer(t, "")
		for text, want := range map[string]string{
			"#!/bin/bash -e\n": "/bin/bash", "#! /usr/bin/env bash\n": "/usr/bin/env", "echo\n": "/bin/sh", "": "/bin/sh", "#!\n": "/bin/sh",
		} {
			c.file("x.sh", text, 0o755)
			if got := shebang(c.root + "/x.sh"); got != want {
				t.Errorf("%q: %s, want %s", text, got, want)
			}
		}
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
