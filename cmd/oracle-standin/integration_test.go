//go:build integration

package main

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/sijms/go-ora/v2"
)

// image builds the image with the script that users build it with; after the
// first time that is a matter of moments, and the image is the same.
func image(t *testing.T) string {
	t.Helper()
	const tag = "oracle-standin:integration"
	output, err := exec.Command("../../scripts/standin-image.sh", tag).CombinedOutput()
	if err != nil {
		t.Fatalf("build image: %v\n%s", err, output)
	}
	return tag
}

// docker runs the docker command and returns what it printed.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	output, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return strings.TrimSpace(string(output))
}

// create makes a container that is removed after the test.
func create(t *testing.T, image string, args ...string) (id string) {
	t.Helper()
	id = docker(t, append(append([]string{"create", "-p", "127.0.0.1::1521"}, args...), image)...)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", docker(t, "logs", id))
		}
		docker(t, "rm", "--force", "--volumes", id)
	})
	return id
}

// awaitLog waits for a text in the container's log.
func awaitLog(t *testing.T, id, text string) string {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if log := docker(t, "logs", id); strings.Contains(log, text) {
			return log
		}
	}
	t.Fatalf("no %q in the log", text)
	return ""
}

func ready(t *testing.T, id string) string {
	t.Helper()
	return awaitLog(t, id, "DATABASE IS READY TO USE!")
}

// ended waits for the container's end and returns its status.
func ended(t *testing.T, id string) string {
	t.Helper()
	return docker(t, "wait", id)
}

func open(t *testing.T, id, user, password string) *sql.DB {
	t.Helper()
	address, _, _ := strings.Cut(docker(t, "port", id, "1521/tcp"), "\n")
	target := url.URL{Scheme: "oracle", User: url.UserPassword(user, password), Host: address, Path: "/FREEPDB1"}
	db, err := sql.Open("oracle", target.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestCommittedContainerBootsAgainWithItsData(t *testing.T) {
	id := create(t, image(t), "-e", "ORACLE_PASSWORD=geheim", "-e", "APP_USER=shop", "-e", "APP_USER_PASSWORD=pw")
	docker(t, "start", id)
	first, _, _ := strings.Cut(ready(t, id), "\n")
	if !strings.Contains(first, "FAKE") {
		t.Errorf("the first line does not say FAKE: %s", first)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := open(t, id, "system", "geheim").PingContext(ctx); err != nil {
		t.Fatal(err)
	}
	db := open(t, id, "shop", "pw")
	for _, statement := range []string{
		"CREATE TABLE kept (id NUMBER, what VARCHAR2(20))", "INSERT INTO kept VALUES (42, 'still here')",
		"CREATE SEQUENCE numbers", "INSERT INTO kept VALUES (numbers.NEXTVAL, 'counted')",
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	docker(t, "stop", id)
	if status := ended(t, id); status != "143" {
		t.Errorf("stopped with status %s", status)
	}

	const snapshot = "oracle-standin:integration-commit"
	docker(t, "commit", "--change", "ENV ORACLE_PASSWORD=", id, snapshot)
	t.Cleanup(func() { docker(t, "rmi", snapshot) })
	again := create(t, snapshot)
	docker(t, "start", again)
	log := ready(t, again)
	if !strings.Contains(log, "CONTAINER: database already initialized.") || strings.Contains(log, "Resetting") {
		t.Errorf("log of the second boot:\n%s", log)
	}
	var what string
	db = open(t, again, "shop", "pw")
	if err := db.QueryRowContext(ctx, "SELECT what FROM kept WHERE id = 42").Scan(&what); err != nil || what != "still here" {
		t.Errorf("%q, %v", what, err)
	}
	var next int
	if err := db.QueryRowContext(ctx, "SELECT numbers.NEXTVAL FROM dual").Scan(&next); err != nil || next <= 1 {
		t.Errorf("the sequence goes on with %d, %v", next, err)
	}
}

func TestToolsRunInTheContainer(t *testing.T) {
	id := create(t, image(t), "-e", "ORACLE_RANDOM_PASSWORD=yes", "-e", "STANDIN_SCRIPT=ready answer 12514 until registered")
	init := filepath.Join(t.TempDir(), "1.sql")
	if err := os.WriteFile(init, []byte("insert into nowhere values (1);\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	docker(t, "cp", init, id+":/container-entrypoint-initdb.d/1.sql")
	docker(t, "start", id)
	log := ready(t, id)
	for _, line := range []string{
		"ORACLE PASSWORD FOR SYS AND SYSTEM: ", "CONTAINER: running /container-entrypoint-initdb.d/1.sql ...",
		"ORA-00942: ", "CONTAINER: DONE: running /container-entrypoint-initdb.d/1.sql",
	} {
		if !strings.Contains(log, line) {
			t.Errorf("no %q in the log", line)
		}
	}
	docker(t, "exec", id, "healthcheck.sh")
	if out := docker(t, "exec", id, "lsnrctl", "status"); !strings.Contains(out, "The listener supports no services") {
		t.Errorf("lsnrctl before it was registered:\n%s", out)
	}
	cmd := exec.Command("docker", "exec", "-i", id, "sqlplus", "-S", "-L", "/", "as", "sysdba")
	cmd.Stdin = strings.NewReader("ALTER SYSTEM REGISTER;\nEXIT\n")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "System altered.") {
		t.Errorf("sqlplus: %v\n%s", err, out)
	}
	if out := docker(t, "exec", id, "lsnrctl", "services"); !strings.Contains(out, `Service "FREEPDB1" has 1 instance(s).`) {
		t.Errorf("lsnrctl after it was registered:\n%s", out)
	}
	docker(t, "exec", id, "resetPassword", "neu")
	if err := open(t, id, "system", "neu").PingContext(t.Context()); err != nil {
		t.Errorf("logon with the new password: %v", err)
	}
}

func TestContainerEnds(t *testing.T) {
	tag := image(t)
	for name, test := range map[string]struct {
		args   []string
		script string // init script's name
		status string
		log    string
	}{
		"no password": {nil, "", "1", "passwords have to be specified"},
		"fails": {
			[]string{"-e", "ORACLE_PASSWORD=x", "-e", "STANDIN_SCRIPT=mount fail"}, "", "1", "DATABASE STARTUP FAILED!",
		},
		"shell script": {[]string{"-e", "ORACLE_PASSWORD=x"}, "a.sh", "126", "the FAKE stand-in has no shell"},
		"bad script":   {[]string{"-e", "STANDIN_SCRIPT=frob"}, "", "2", `stand-in script line 1: unknown word "frob"`},
		"out of memory": {
			[]string{"-e", "ORACLE_PASSWORD=x", "-e", "STANDIN_SCRIPT=ready hog 1G", "--memory=100m", "--memory-swap=100m"},
			"", "137", "DATABASE IS READY",
		},
	} {
		t.Run(name, func(t *testing.T) {
			id := create(t, tag, test.args...)
			if test.script != "" {
				file := filepath.Join(t.TempDir(), test.script)
				if err := os.WriteFile(file, []byte("#!/bin/bash\n"), 0o755); err != nil {
					t.Fatal(err)
				}
				docker(t, "cp", file, id+":/container-entrypoint-initdb.d/")
			}
			docker(t, "start", id)
			if status := ended(t, id); status != test.status {
				t.Errorf("exit status %s, want %s", status, test.status)
			}
			if log := docker(t, "logs", id); !strings.Contains(log, test.log) {
				t.Errorf("no %q in the log", test.log)
			}
		})
	}
}
