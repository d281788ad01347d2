package scripts

import (
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestTheDeployDemoDoesNotStartWhenItsPortIsTaken(t *testing.T) {
	text, err := os.ReadFile("demo-deploy.sh")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`shop=(\S+)`).FindStringSubmatch(string(text))
	if l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", found[1]); err == nil { // else it is taken already
		defer func() { _ = l.Close() }()
	}
	out, status := run(t, "demo-deploy.sh", "DOCKER_HOST=tcp://127.0.0.1:1") // should it go on, it gets nowhere
	if status != 3 || !strings.Contains(out, "is taken") {
		t.Errorf("status %d, %s", status, out)
	}
}
