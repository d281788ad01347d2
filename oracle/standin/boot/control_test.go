package boot

import (
	"bytes"
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// living starts a container in real time and waits until it is ready.
func living(t *testing.T, script string) (c *container, call func(stdin, tool string, args ...string) (int, string)) {
	t.Helper()
	c = newContainer(t, script)
	ctx, cancel := context.WithCancel(t.Context())
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- c.ServeTools(ctx, listener) }()
	go func() { c.status <- c.Run(ctx, c.stop) }()
	t.Cleanup(func() {
		cancel()
		<-c.status
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	call = func(stdin, tool string, args ...string) (int, string) {
		var out bytes.Buffer
		request := Request{Tool: tool, Args: args, Dir: c.root}
		status, err := CallTool(ctx, socket, request, strings.NewReader(stdin), &out)
		if err != nil {
			t.Errorf("%s: %v", tool, err)
		}
		return status, out.String()
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		if status, _ := call("", "healthcheck.sh"); status == 0 {
			return c, call
		} else if time.Now().After(deadline) {
			t.Fatalf("healthcheck.sh still says %d", status)
		}
	}
}

func TestToolsTalkToTheRunningContainer(t *testing.T) {
	c, call := living(t, "ready answer 12514 until registered service FREEPDB1")
	if status, out := call("", "lsnrctl", "services"); status != 0 || !strings.Contains(out, "FAKE") ||
		!strings.Contains(out, `Service "FREE" has 1 instance(s).`) || strings.Contains(out, "FREEPDB1") {
		t.Errorf("lsnrctl services: %d\n%s", status, out)
	}
	if status, out := call("ALTER SYSTEM REGISTER;\nEXIT\n", "sqlplus", "-S", "-L", "/", "as", "sysdba"); status != 0 ||
		out != "\nSystem altered.\n\n" {
		t.Errorf("sqlplus: %d\n%s", status, out)
	}
	if answer := c.Connect(Target{Service: "FREEPDB1"}); answer.Act != Accept {
		t.Errorf("registered, but %+v", answer)
	}
	if status, out := call("", "lsnrctl", "status"); status != 0 || !strings.Contains(out, `Service "FREEPDB1"`) {
		t.Errorf("lsnrctl status: %d\n%s", status, out)
	}
	if status, out := call("", "resetPassword", "other"); status != 0 || !strings.Contains(out, "FAKE") ||
		!c.db.ran(`ALTER USER SYSTEM IDENTIFIED BY "other"`) {
		t.Errorf("resetPassword: %d\n%s", status, out)
	}
	if status, _ := call("", "createAppUser", "shop", "pw"); status != 0 || !c.db.ran("CREATE USER shop") {
		t.Errorf("createAppUser: %d", status)
	}
	if status, _ := call("", "createDatabase", "LAB"); status != 0 || c.Connect(Target{Service: "lab"}).Act != Accept {
		t.Errorf("createDatabase: %d", status)
	}
	if status, _ := call("", "createAppUser"); status != 1 {
		t.Errorf("createAppUser without arguments: %d", status)
	}
	for arguments, want := range map[string]int{"LAB,FREE": 0, "NONE": 1} {
		if status, _ := call("", "healthcheck.sh", arguments); status != want {
			t.Errorf("healthcheck.sh %s: %d, want %d", arguments, status, want)
		}
	}
	if status, _ := call("", "lsnrctl", "stop"); status != 0 || c.endpoint.up() {
		t.Errorf("lsnrctl stop: %d", status)
	}
	if status, out := call("", "lsnrctl", "status"); status != 1 || !strings.Contains(out, "TNS-12541") {
		t.Errorf("lsnrctl status of a stopped listener: %d\n%s", status, out)
	}
}

func TestDatabaseCanBeRestartedBySQLPlus(t *testing.T) {
	c, call := living(t, "")
	_, out := call("shutdown immediate\nselect 1 from dual;\n", "sqlplus", "-s", "/", "as", "sysdba")
	if !strings.Contains(out, "ORACLE instance shut down.") || !strings.Contains(out, "ORA-01034") {
		t.Errorf("shutdown:\n%s", out)
	}
	if answer := c.Connect(Target{Service: "FREE"}); answer.Code != 12514 || c.endpoint.disconnected != 1 {
		t.Errorf("shut down, but %+v", answer)
	}
	if status, out := call("", "sqlplus", "-s", "system/x"); status != 1 || !strings.Contains(out, "ORA-01034") {
		t.Errorf("logon to a database that is down: %d\n%s", status, out)
	}
	if status, out := call("", "sqlplus", "-s", "system/x@//localhost:1521/FREE"); status != 1 || !strings.Contains(out, "ORA-12514") {
		t.Errorf("remote logon to a database that is down: %d\n%s", status, out)
	}
	_, out = call("startup\nalter session set container=FREEPDB1;\nalter session set container=NOPE;\n"+
		"create user c##a identified by x;\n", "sqlplus", "-s", "/", "as", "sysdba")
	for _, line := range []string{"Database opened.", "Session altered.", "ORA-65011: Pluggable database NOPE does not exist.", "User created."} {
		if !strings.Contains(out, line) {
			t.Errorf("no %q in\n%s", line, out)
		}
	}
	if _, out = call("create user a identified by x;\n", "sqlplus", "-s", "/", "as", "sysdba"); !strings.Contains(out, "ORA-65096") {
		t.Errorf("local user in the root container:\n%s", out)
	}
}

func TestToolWithoutAContainerSaysSo(t *testing.T) {
	_, err := CallTool(t.Context(), filepath.Join(t.TempDir(), "none"), Request{Tool: "lsnrctl"}, strings.NewReader(""), nil)
	if !errors.Is(err, ErrNoInstance) {
		t.Errorf("error %v", err)
	}
}
