//go:build integration

package registrytest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A Fault sees each request before the registry does. It may wait, or answer
// and return true.
type Fault func(w http.ResponseWriter, r *http.Request) (answered bool)

// A Proxy is a way to a registry on which requests meet faults.
type Proxy struct {
	Host string // 127.0.0.1:port; all tags are named after it

	mu       sync.Mutex
	fault    Fault
	closing  chan struct{}
	requests []string // METHOD path
}

// Front puts a proxy before the registry, which must speak plain HTTP.
func (r *Registry) Front(tb testing.TB) *Proxy {
	tb.Helper()
	p := &Proxy{closing: make(chan struct{})}
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: r.Host})
	forward.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	// The registry makes its locations from the host that it is asked by.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		p.mu.Lock()
		p.requests = append(p.requests, req.Method+" "+req.URL.Path)
		fault := p.fault
		p.mu.Unlock()
		if fault == nil || !fault(w, req) {
			forward.ServeHTTP(w, req)
		}
	}))
	tb.Cleanup(func() {
		close(p.closing)
		server.Close()
	})
	p.Host = strings.TrimPrefix(server.URL, "http://")
	return p
}

// Set changes the fault, and forgets the requests so far; nil is none.
func (p *Proxy) Set(fault Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.requests = fault, nil
}

// Requests are those since Set, as METHOD path.
func (p *Proxy) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.requests...)
}

// Hang never answers.
func (p *Proxy) Hang(_ http.ResponseWriter, r *http.Request) bool {
	select {
	case <-r.Context().Done():
	case <-p.closing:
	}
	return true
}

// Nth answers 503 to the nth request, counted from 0, and lets all others pass.
func Nth(n int) Fault {
	var mu sync.Mutex
	seen := 0
	return func(w http.ResponseWriter, _ *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		seen++
		if seen != n+1 {
			return false
		}
		http.Error(w, "try later", http.StatusServiceUnavailable)
		return true
	}
}

// IsWrite reports whether a request changes what the registry has.
func IsWrite(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

// IsManifest reports whether a request writes a manifest.
func IsManifest(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/")
}
