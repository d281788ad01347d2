package registry

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// certsDir is where the engine reads whom to trust, so that both of us trust
// the same registries.
const certsDir = "/etc/docker/certs.d"

// newTransport makes the way to one registry: over HTTPS with the engine's
// trust, over plain HTTP only where that was asked for.
func newTransport(host string, insecure bool, certs string) (http.RoundTripper, error) {
	standard, ok := remote.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("no standard HTTP transport")
	}
	t := standard.Clone()
	t.ResponseHeaderTimeout = 30 * time.Second
	trust, err := readTrust(filepath.Join(certs, host))
	if err != nil {
		return nil, err
	}
	if trust != nil {
		t.TLSClientConfig = trust
	}
	if insecure || isLoopback(host) {
		return resends{t}, nil
	}
	return httpsOnly{host: host, next: resends{t}}, nil
}

// readTrust reads a certs.d folder: *.crt are authorities, *.cert with *.key
// are ours. No folder is nil.
func readTrust(dir string) (*tls.Config, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch filepath.Ext(path) {
		case ".crt":
			data, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			if !roots.AppendCertsFromPEM(data) {
				return nil, fmt.Errorf("%s holds no certificate", path)
			}
		case ".cert":
			pair, err := tls.LoadX509KeyPair(path, strings.TrimSuffix(path, ".cert")+".key")
			if err != nil {
				return nil, err
			}
			config.Certificates = append(config.Certificates, pair)
		}
	}
	return config, nil
}

// resends lets a refused request be sent once more. The client does that when a
// token has ended, but with the body that it has read to its end.
type resends struct{ next http.RoundTripper }

func (t resends) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err == nil && resp.StatusCode >= http.StatusBadRequest && req.GetBody != nil {
		req.Body = &reopened{open: req.GetBody}
	}
	return resp, err
}

// reopened is a body that is opened anew when it is read.
type reopened struct {
	open func() (io.ReadCloser, error)
	body io.ReadCloser
}

func (b *reopened) Read(p []byte) (n int, err error) {
	if b.body == nil {
		if b.body, err = b.open(); err != nil {
			return 0, err
		}
	}
	return b.body.Read(p)
}

func (b *reopened) Close() error {
	if b.body == nil {
		return nil
	}
	return b.body.Close()
}

// httpsOnly keeps passwords off the wire: the client would fall back to plain
// HTTP by itself for addresses that look private.
type httpsOnly struct {
	host string
	next http.RoundTripper
}

func (t httpsOnly) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "http" {
		return t.next.RoundTrip(req)
	}
	if req.URL.Host == t.host {
		return nil, errors.New("it is reached over plain HTTP only with registry.insecure")
	}
	// A blob may lie elsewhere in the clear; what shows a login may not.
	if req.Header.Get("Authorization") != "" || (req.Method != http.MethodGet && req.Method != http.MethodHead) {
		return nil, fmt.Errorf("it sends the login to %s over plain HTTP", req.URL.Host)
	}
	return t.next.RoundTrip(req)
}
