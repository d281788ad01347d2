package registry

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

func TestWhatAServerSaysBeforeALoginIsExplained(t *testing.T) {
	wants := httptest.NewUnstartedServer(http.NotFoundHandler())
	wants.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}
	wants.Config.ErrorLog = log.New(io.Discard, "", 0)
	wants.StartTLS()
	defer wants.Close()
	sends := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="http://10.0.0.5:5001/token",service="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer sends.Close()
	get := func() error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, wants.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := wants.Client().Do(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	repo, err := Open(t.Context(), sends.Listener.Addr().String()+"/shop/orders", false, &Keychain{})
	if err != nil {
		t.Fatal(err)
	}
	_, sent := repo.Look(t.Context(), "1")
	if sent == nil || !strings.Contains(sent.Error(), "10.0.0.5") || !strings.Contains(sent.Error(), "host name") {
		t.Errorf("a login that is sent elsewhere: %v", sent)
	}
	if err := get(); !errors.Is(kindOf(err), ErrDenied) || !strings.Contains(describe(err, "r:1"), "/etc/docker/certs.d/r:1/client.cert") {
		t.Errorf("a server that wants a certificate: %v", describe(err, "r:1"))
	}
}

func TestARefusedRequestIsSentAgainWithItsBody(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if got = append(got, string(body)); err != nil || len(got) == 1 {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, server.URL, strings.NewReader("a layer"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // as the client does with its new token: the same request
		resp, err := resends{http.DefaultTransport}.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if !slices.Equal(got, []string{"a layer", "a layer"}) {
		t.Errorf("the server was sent %q", got)
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
