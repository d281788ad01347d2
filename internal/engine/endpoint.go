package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// DefaultSocket is where Docker listens when nothing else is said.
const DefaultSocket = "unix:///var/run/docker.sock"

// An Endpoint is an address of an engine and how to trust it.
type Endpoint struct {
	Host       string // unix:///var/run/docker.sock, tcp://build-host:2376
	TLS        bool
	CertPath   string // folder with ca.pem, cert.pem, key.pem; each may be absent
	SkipVerify bool
	From       string // who named it: DOCKER_HOST, the context's name, default
	Setting    string // where a person changes it; empty is DOCKER_HOST
}

// FindEndpoint decides which engine is meant: DOCKER_HOST, else the docker
// context (DOCKER_CONTEXT or the chosen one), else the socket that is there.
// lookup reads the environment. ssh:// is refused with ErrEndpoint.
func FindEndpoint(lookup func(string) string) (Endpoint, error) {
	if host := lookup("DOCKER_HOST"); host != "" {
		at := Endpoint{Host: host, From: "DOCKER_HOST"}
		if verify := lookup("DOCKER_TLS_VERIFY") != ""; verify || lookup("DOCKER_CERT_PATH") != "" {
			at.TLS, at.SkipVerify, at.CertPath = !isSocket(host), !verify, certPath(lookup)
		}
		return checked(at)
	}
	dir := configDir(lookup)
	name := lookup("DOCKER_CONTEXT")
	if name == "" {
		name = currentContext(dir)
	}
	if name != "" && name != "default" {
		at, err := contextEndpoint(dir, name)
		if err != nil {
			return Endpoint{}, err
		}
		return checked(at)
	}
	return Endpoint{Host: socket(lookup), From: "default"}, nil
}

// IsLocal reports whether the engine runs on this machine, so that ports it
// publishes on 127.0.0.1 can be reached from here.
func (a Endpoint) IsLocal() bool {
	if isSocket(a.Host) {
		return true
	}
	u, err := url.Parse(a.Host)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
}

// Environ names the endpoint for other programs that use the same engine.
func (a Endpoint) Environ() map[string]string {
	env := map[string]string{"DOCKER_HOST": a.Host}
	if a.TLS {
		env["DOCKER_CERT_PATH"] = a.CertPath
		if !a.SkipVerify {
			env["DOCKER_TLS_VERIFY"] = "1"
		}
	}
	return env
}

// trustSetting is what decides about TLS besides the keys, where it is not the
// caller's own setting.
func (a Endpoint) trustSetting() string {
	if a.Setting != "" {
		return ""
	}
	return "DOCKER_TLS_VERIFY and "
}

func isSocket(host string) bool {
	return strings.HasPrefix(host, "unix://") || strings.HasPrefix(host, "npipe://")
}

func checked(at Endpoint) (Endpoint, error) {
	if !strings.Contains(at.Host, "://") {
		at.Host = "tcp://" + at.Host
	}
	bad := &UnavailableError{Endpoint: at.Host, Kind: ErrEndpoint}
	u, err := url.Parse(at.Host)
	if err != nil {
		bad.Advice = "write it like unix:///var/run/docker.sock or tcp://host:2376"
		return Endpoint{}, bad
	}
	switch u.Scheme {
	case "unix", "npipe", "tcp":
	case "http":
		at.Host = "tcp://" + u.Host
	case "https":
		at.Host, at.TLS = "tcp://"+u.Host, true
	case "ssh":
		bad.Advice = "ssh is not spoken here, forward the socket first " +
			"(ssh -NL /tmp/docker.sock:/var/run/docker.sock " + u.Host + ") and set DOCKER_HOST=unix:///tmp/docker.sock"
		return Endpoint{}, bad
	default:
		bad.Advice = "write it like unix:///var/run/docker.sock or tcp://host:2376"
		return Endpoint{}, bad
	}
	return at, nil
}

func configDir(lookup func(string) string) string {
	if dir := lookup("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	return filepath.Join(lookup("HOME"), ".docker")
}

func certPath(lookup func(string) string) string {
	if dir := lookup("DOCKER_CERT_PATH"); dir != "" {
		return dir
	}
	return configDir(lookup)
}

// currentContext reads which context `docker context use` has chosen. A
// config file that cannot be read is not ours to complain about.
func currentContext(dir string) string {
	var config struct{ CurrentContext string }
	data, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil || json.Unmarshal(data, &config) != nil {
		return ""
	}
	return config.CurrentContext
}

// contextEndpoint reads a docker context's endpoint from where the docker
// command keeps it.
func contextEndpoint(dir, name string) (Endpoint, error) {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	var meta struct {
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "contexts", "meta", id, "meta.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return Endpoint{}, &UnavailableError{
			Kind: ErrEndpoint, Err: fmt.Errorf("docker context %s does not exist", name),
			Advice: "choose one with docker context use, or name the engine in DOCKER_HOST",
		}
	}
	if err == nil {
		err = json.Unmarshal(data, &meta)
	}
	if err != nil {
		return Endpoint{}, fmt.Errorf("read docker context %s: %w", name, err)
	}
	docker := meta.Endpoints["docker"]
	at := Endpoint{Host: docker.Host, SkipVerify: docker.SkipTLSVerify, From: "docker context " + name}
	if at.Host == "" {
		at.Host = DefaultSocket
	}
	keys := filepath.Join(dir, "contexts", "tls", id, "docker")
	if _, err := os.Stat(keys); err == nil {
		at.TLS, at.CertPath = true, keys
	}
	return at, nil
}

// socket picks the socket that is there: Docker's own, Docker Desktop's, or a
// rootless engine's.
func socket(lookup func(string) string) string {
	candidates := []string{strings.TrimPrefix(DefaultSocket, "unix://")}
	if home := lookup("HOME"); home != "" {
		candidates = append(candidates,
			filepath.Join(home, ".docker/run/docker.sock"),
			filepath.Join(home, ".docker/desktop/docker.sock"))
	}
	if dir := lookup("XDG_RUNTIME_DIR"); dir != "" {
		candidates = append(candidates, filepath.Join(dir, "docker.sock"))
	}
	for _, path := range candidates {
		if _, err := os.Stat(path); err == nil {
			return "unix://" + path
		}
	}
	return DefaultSocket
}
