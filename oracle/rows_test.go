package oracle

import (
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
)

// The rows are those of the list of surprises in the design notes on Oracle in
// tests; those that need a container are integration tests.

// requested is what testcontainers-go is asked for.
func requested(t *testing.T, in *instance) testcontainers.GenericContainerRequest {
	t.Helper()
	c := newContainer(Config{Image: "gvenzl/oracle-free:23"}, engineAt(t, "unix:///nowhere/docker.sock", ""))
	req := testcontainers.GenericContainerRequest{}
	for _, opt := range c.request(t.Context(), "creation", in) {
		if err := opt.Customize(&req); err != nil {
			t.Fatal(err)
		}
	}
	return req
}

func TestRow4NoHealthCheckIsWaitedFor(t *testing.T) {
	if req := requested(t, &instance{system: NewPassword("x")}); req.WaitingFor != nil {
		t.Errorf("testcontainers-go waits for %v", req.WaitingFor)
	}
}

func TestRow7TheImageCreatesNoUser(t *testing.T) {
	req := requested(t, &instance{system: NewPassword("x")})
	if len(req.Env) != 1 || req.Env["ORACLE_PASSWORD"] != "x" {
		t.Errorf("the environment is %v", req.Env)
	}
	if restored := requested(t, &instance{system: NewPassword("x"), restored: true}); len(restored.Env) != 0 {
		t.Errorf("a snapshot's environment is %v", restored.Env)
	}
}

func TestRow10NobodyElsesDeadlineCutsTheWaitShort(t *testing.T) {
	cfg, err := Config{Image: "x"}.withDefaults()
	if err != nil || cfg.Timeout < 5*time.Minute {
		t.Errorf("got %s, %v", cfg.Timeout, err)
	}
	if got := ForReady().Timeout(); got == nil || *got != DefaultTimeout {
		t.Errorf("ForReady leaves the time to testcontainers-go: %v", got)
	}
	if got := ForReady().WithStartupTimeout(9 * time.Minute).Timeout(); *got != 9*time.Minute {
		t.Errorf("got %s", got)
	}
}
