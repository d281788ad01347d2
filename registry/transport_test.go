package registry

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

func TestTheEnginesTrustIsOurs(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer server.Close()
	dir := t.TempDir()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(dir, "ca.crt"), authority, 0o644); err != nil {
		t.Fatal(err)
	}
	get := func(trust *tls.Config) error {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	trust, err := readTrust(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := get(trust); err != nil {
		t.Errorf("with its authority: %v", err)
	}
	none, err := readTrust(filepath.Join(dir, "nowhere"))
	if err != nil || none != nil {
		t.Fatalf("no folder: %v, %v", none, err)
	}
	if err := get(none); !errors.Is(kindOf(err), ErrUnreachable) {
		t.Errorf("without: %v", err)
	}
	for _, name := range []string{"bad.crt", "client.cert"} {
		bad := t.TempDir()
		if err := os.WriteFile(filepath.Join(bad, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := readTrust(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestALoginNeverTravelsInTheClear(t *testing.T) {
	var asked int
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer plain.Close()
	for name, c := range map[string]struct {
		host, method, login string
		sent                bool
	}{
		"a blob that lies elsewhere":  {"registry.example.com", http.MethodGet, "", true},
		"a login for a token":         {"registry.example.com", http.MethodGet, "Basic dTpw", false},
		"a refresh token in the body": {"registry.example.com", http.MethodPost, "", false},
		"the registry itself":         {plain.Listener.Addr().String(), http.MethodGet, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			asked = 0
			req, err := http.NewRequestWithContext(t.Context(), c.method, plain.URL, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if c.login != "" {
				req.Header.Set("Authorization", c.login)
			}
			resp, err := httpsOnly{host: c.host, next: http.DefaultTransport}.RoundTrip(req)
			if err == nil {
				resp.Body.Close()
			}
			if (err == nil) != c.sent || (asked == 1) != c.sent {
				t.Errorf("err = %v, asked %d times", err, asked)
			}
		})
	}
}
