package pipeline

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/redact"
)

// findingOf is what Examine says about one subject.
func findingOf(t *testing.T, found []Finding, subject string) Finding {
	t.Helper()
	i := slices.IndexFunc(found, func(f Finding) bool { return f.Subject == subject })
	if i < 0 {
		t.Fatalf("nothing about %s in %+v", subject, found)
	}
	return found[i]
}

func examine(t *testing.T, repository, commands string, env ...string) []Finding {
	t.Helper()
	t.Setenv("DOCKER_HOST", "unix:///no/socket/here")
	cfg, err := load(t, "name: orders\noracle: {image: 'a/b:1'}\nbuild: {test: '"+commands+"'}\nimage: {repository: "+repository+"}\n")
	if err != nil {
		t.Fatal(err)
	}
	return Examine(t.Context(), cfg, Settings{Environ: append(env, "HOME="+t.TempDir()), Secrets: redact.New()})
}

func TestDoctorNamesEveryFault(t *testing.T) {
	found := examine(t, "127.0.0.1:1/shop/orders", "cd x && FOO=1 exec mvn -B verify | tee log; for f in *; do nothing; done", "PATH=/nowhere")
	for subject, want := range map[string]string{
		"engine":   "no docker engine answers",
		"registry": "registry cannot be reached",
		"mvn":      "/nowhere",
		"tee":      "/nowhere",
	} {
		if f := findingOf(t, found, subject); f.Err == nil || !strings.Contains(f.Text, want) {
			t.Errorf("%s: %+v, want a fault with %q", subject, f, want)
		}
	}
	if f := findingOf(t, found, "git"); f.Err != nil || !f.Doubt || f.Fix != "git init" {
		t.Errorf("git: %+v", f)
	}
	for _, f := range found {
		if f.Subject == "cd" || f.Subject == "for" || f.Subject == "done" || f.Subject == "nothing" {
			t.Errorf("%s is taken for a program of its own", f.Subject)
		}
	}
}

func TestDoctorFindsTheJDK(t *testing.T) {
	bin, home := t.TempDir(), t.TempDir()
	for _, file := range []string{filepath.Join(bin, "mvn"), filepath.Join(home, "bin", "javac")} {
		write(t, filepath.Dir(file), filepath.Base(file), "#!/bin/sh\n")
		if err := os.Chmod(file, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, home, "release", "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"17.0.9\"\n")
	for name, c := range map[string]struct{ home, text string }{
		"its version":    {home, "17.0.9 in " + home},
		"not there":      {bin, "there is no bin/javac"},
		"nowhere to see": {"", "javac is not in any folder of PATH"},
	} {
		found := examine(t, "127.0.0.1:1/shop/orders", "mvn verify", "PATH="+bin, "JAVA_HOME="+c.home)
		if f := findingOf(t, found, "JDK"); !strings.Contains(f.Text, c.text) || (f.Err == nil) != (c.home == home) {
			t.Errorf("%s: %+v, want %q", name, f, c.text)
		}
	}
}

func TestDoctorComparesTheClock(t *testing.T) {
	for offset, doubt := range map[time.Duration]bool{0: false, -10 * time.Minute: true, time.Hour: true} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(offset).UTC().Format(http.TimeFormat))
			if r.Method == http.MethodPost {
				w.Header().Set("Location", "/v2/shop/orders/blobs/uploads/1")
				w.WriteHeader(http.StatusAccepted)
			}
		}))
		found := examine(t, strings.TrimPrefix(server.URL, "http://")+"/shop/orders", "true")
		server.Close()
		if f := findingOf(t, found, "registry"); f.Err != nil {
			t.Errorf("registry: %+v", f)
		}
		if f := findingOf(t, found, "clock"); f.Doubt != doubt {
			t.Errorf("%v off: %+v", offset, f)
		}
	}
}

func TestDoctorDoesNotWaitForTheSilent(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	t.Setenv("DOCKER_HOST", "tcp://"+silent.Addr().String())
	cfg, err := load(t, "name: orders\noracle: {image: 'a/b:1'}\nbuild: {test: 'true'}\nimage: {repository: "+silent.Addr().String()+"/x}\n")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errNoAnswer)
	defer cancel()
	found := Examine(ctx, cfg, Settings{Environ: []string{"HOME=" + t.TempDir()}, Secrets: redact.New()})
	for _, subject := range []string{"engine", "registry"} {
		if f := findingOf(t, found, subject); f.Err == nil || !strings.Contains(f.Text, "no answer within") {
			t.Errorf("%s: %+v", subject, f)
		}
	}
}
