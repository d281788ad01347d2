package engine_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/internal/engine"
)

func TestTheEndpointIsFoundAsTheDockerCommandFindsIt(t *testing.T) {
	home := t.TempDir()
	config := filepath.Join(home, ".docker")
	write(t, filepath.Join(config, "config.json"), `{"currentContext":"build-host","auths":{}}`)
	writeContext(t, config, "build-host", `{"Name":"build-host","Endpoints":{"docker":{"Host":"tcp://10.1.2.3:2376","SkipTLSVerify":false}}}`, true)
	writeContext(t, config, "desktop", `{"Endpoints":{"docker":{"Host":"unix:///home/a/.docker/run/docker.sock"}}}`, false)
	writeContext(t, config, "far", `{"Endpoints":{"docker":{"Host":"ssh://a@far"}}}`, false)
	keys := filepath.Join(config, "contexts", "tls", contextID("build-host"), "docker")
	for name, tc := range map[string]struct {
		env   map[string]string
		want  engine.Endpoint
		local bool
		err   string
	}{
		"DOCKER_HOST": {
			env: map[string]string{"DOCKER_HOST": "unix:///x.sock"}, local: true,
			want: engine.Endpoint{Host: "unix:///x.sock", From: "DOCKER_HOST"},
		},
		"tls": {
			env:  map[string]string{"DOCKER_HOST": "tcp://b:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs"},
			want: engine.Endpoint{Host: "tcp://b:2376", TLS: true, CertPath: "/certs", From: "DOCKER_HOST"},
		},
		"tls with the default keys": {
			env:  map[string]string{"DOCKER_HOST": "tcp://127.0.0.1:2376", "DOCKER_TLS_VERIFY": "1"},
			want: engine.Endpoint{Host: "tcp://127.0.0.1:2376", TLS: true, CertPath: config, From: "DOCKER_HOST"}, local: true,
		},
		"no scheme":        {env: map[string]string{"DOCKER_HOST": "b:2375"}, want: engine.Endpoint{Host: "tcp://b:2375", From: "DOCKER_HOST"}},
		"localhost":        {env: map[string]string{"DOCKER_HOST": "tcp://localhost:2375"}, want: engine.Endpoint{Host: "tcp://localhost:2375", From: "DOCKER_HOST"}, local: true},
		"https":            {env: map[string]string{"DOCKER_HOST": "https://b:2376"}, want: engine.Endpoint{Host: "tcp://b:2376", TLS: true, From: "DOCKER_HOST"}},
		"current context":  {want: engine.Endpoint{Host: "tcp://10.1.2.3:2376", TLS: true, CertPath: keys, From: "docker context build-host"}},
		"DOCKER_CONTEXT":   {env: map[string]string{"DOCKER_CONTEXT": "desktop"}, want: engine.Endpoint{Host: "unix:///home/a/.docker/run/docker.sock", From: "docker context desktop"}, local: true},
		"ssh":              {env: map[string]string{"DOCKER_HOST": "ssh://a@b"}, err: "forward the socket first (ssh -NL"},
		"ssh in a context": {env: map[string]string{"DOCKER_CONTEXT": "far"}, err: "ssh is not spoken here"},
		"no such context":  {env: map[string]string{"DOCKER_CONTEXT": "none"}, err: "docker context none does not exist"},
		"other scheme":     {env: map[string]string{"DOCKER_HOST": "fd://3"}, err: "write it like unix:///"},
		"not an address":   {env: map[string]string{"DOCKER_HOST": "tcp://a b:%"}, err: "write it like unix:///"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := engine.FindEndpoint(func(name string) string {
				if name == "HOME" {
					return home
				}
				return tc.env[name]
			})
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) || !errors.Is(err, engine.ErrEndpoint) {
					t.Errorf("err = %v, want ErrEndpoint with %q", err, tc.err)
				}
				return
			}
			if err != nil || got != tc.want {
				t.Errorf("endpoint = %+v, %v, want %+v", got, err, tc.want)
			}
			if got.IsLocal() != tc.local {
				t.Errorf("local %v, want %v", got.IsLocal(), tc.local)
			}
		})
	}
}

func TestWithoutAnyWordTheSocketThatIsThereIsTaken(t *testing.T) {
	got, err := engine.FindEndpoint(func(string) string { return "" })
	if err != nil || !strings.HasPrefix(got.Host, "unix://") || !got.IsLocal() {
		t.Errorf("endpoint = %+v, %v", got, err)
	}
}

func TestTheEndpointIsHandedToOtherPrograms(t *testing.T) {
	env := engine.Endpoint{Host: "tcp://b:2376", TLS: true, CertPath: "/certs"}.Environ()
	got, err := engine.FindEndpoint(func(name string) string { return env[name] })
	if err != nil || got.Host != "tcp://b:2376" || !got.TLS || got.SkipVerify || got.CertPath != "/certs" {
		t.Errorf("endpoint = %+v, %v", got, err)
	}
}

func TestAnEngineThatCannotBeUsedSaysWhatToDo(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := dead.Addr().String()
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for name, tc := range map[string]struct {
		at   engine.Endpoint
		kind error
		says string
	}{
		"no socket":       {engine.Endpoint{Host: "unix:///none/docker.sock"}, engine.ErrNoEngine, "start docker"},
		"refused":         {engine.Endpoint{Host: "tcp://" + refusing}, engine.ErrNoEngine, "start docker"},
		"untrusted":       {engine.Endpoint{Host: "tcp://" + secure.Listener.Addr().String(), TLS: true, CertPath: t.TempDir()}, engine.ErrTLS, "DOCKER_TLS_VERIFY"},
		"tls is expected": {engine.Endpoint{Host: "tcp://" + secure.Listener.Addr().String()}, engine.ErrTLS, "DOCKER_TLS_VERIFY"},
		"no tls there":    {engine.Endpoint{Host: "tcp://" + plain.Listener.Addr().String(), TLS: true}, engine.ErrTLS, "DOCKER_TLS_VERIFY"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := engine.ConnectTo(t.Context(), tc.at)
			var why *engine.UnavailableError
			if !errors.As(err, &why) || !errors.Is(err, tc.kind) {
				t.Fatalf("err = %v, want %v", err, tc.kind)
			}
			if got := err.Error(); !strings.Contains(got, tc.at.Host) || !strings.Contains(got, tc.says) || strings.Contains(got, "\n") {
				t.Errorf("err = %q", got)
			}
		})
	}
}

func TestNoPermissionOnTheSocketSaysWhichGroup(t *testing.T) {
	at := engine.Endpoint{Host: "unix:///var/run/docker.sock"}
	err := engine.Unavailable(t.Context(), at, &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", os.ErrPermission)})
	if !errors.Is(err, engine.ErrPermission) || !strings.Contains(err.Error(), "to the group docker") {
		t.Errorf("err = %v, want ErrPermission", err)
	}
}

func writeContext(t *testing.T, config, name, meta string, tls bool) {
	t.Helper()
	write(t, filepath.Join(config, "contexts", "meta", contextID(name), "meta.json"), meta)
	if tls {
		write(t, filepath.Join(config, "contexts", "tls", contextID(name), "docker", "ca.pem"), "")
	}
}

func contextID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
