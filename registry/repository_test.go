package registry

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPlainHTTPNeedsAWordBeyondLoopback(t *testing.T) {
	for host, plain := range map[string]bool{
		"127.0.0.1:5000": true, "127.8.9.1": true, "localhost": true, "localhost:5000": true, "[::1]:5000": true,
		"10.1.2.3:5000": false, "registry.example.com": false, "localhost.example.com": false, "192.168.1.1": false,
	} {
		if got := isLoopback(host); got != plain {
			t.Errorf("%s: loopback %v, want %v", host, got, plain)
		}
		trip, err := newTransport(host, false, certsDir)
		if err != nil {
			t.Fatal(err)
		}
		if _, guarded := trip.(httpsOnly); guarded == plain {
			t.Errorf("%s: guarded %v", host, guarded)
		}
	}
	trip, err := newTransport("10.1.2.3:5000", false, certsDir)
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodGet, "http://10.1.2.3:5000/v2/", http.NoBody)
	resp, err := trip.RoundTrip(req)
	if err == nil {
		resp.Body.Close()
		t.Fatal("no error")
	}
	if !strings.Contains(err.Error(), "registry.insecure") {
		t.Errorf("err = %v", err)
	}
}

func TestAnUnusableRepositoryNameIsSaidSo(t *testing.T) {
	keys, err := NewKeychain(Credentials{Lookup: func(string) string { return "/nonexistent" }})
	if err == nil {
		_, err = Open(t.Context(), "Registry.example.com/Shop:Orders", false, keys)
	}
	if err == nil {
		t.Error("no error")
	}
}
