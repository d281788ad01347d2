//go:build integration

package engine_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/engine/enginetest"
)

func TestAnEngineBehindTLSIsUsedWithItsKeys(t *testing.T) {
	local := connect(t)
	if !strings.HasPrefix(local.Endpoint, "unix://") {
		t.Fatalf("this test needs the engine's socket, not %s", local.Endpoint)
	}
	ca, server, keys := certificates(t)
	host := serveTLS(t, strings.TrimPrefix(local.Endpoint, "unix://"), ca, server)

	remote, err := engine.ConnectTo(t.Context(), engine.Endpoint{Host: host, TLS: true, CertPath: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer remote.Close()
	id := enginetest.Run(t, enginetest.Image(t), nil)
	var out bytes.Buffer
	code, err := remote.Exec(t.Context(), id, engine.Exec{
		Cmd: []string{"/tool", "cat"}, Stdin: strings.NewReader("through tls"), Stdout: &out,
	})
	if err != nil || code != 0 || out.String() != "through tls" {
		t.Errorf("exec: %d, %q, %v", code, out.String(), err)
	}

	for name, path := range map[string]string{"no client key": onlyCA(t, keys), "no keys at all": t.TempDir()} {
		_, err := engine.ConnectTo(t.Context(), engine.Endpoint{Host: host, TLS: true, CertPath: path})
		if !errors.Is(err, engine.ErrTLS) {
			t.Errorf("%s: err = %v, want ErrTLS", name, err)
		}
	}
}

// serveTLS puts a TLS door that asks for a client's certificate before the
// engine's socket.
func serveTLS(t *testing.T, socket string, ca *x509.CertPool, server tls.Certificate) string {
	t.Helper()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "docker"})
	proxy.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}
	door := httptest.NewUnstartedServer(proxy)
	door.TLS = &tls.Config{
		Certificates: []tls.Certificate{server}, ClientCAs: ca, ClientAuth: tls.RequireAndVerifyClientCert,
	}
	door.StartTLS()
	t.Cleanup(door.Close)
	return "tcp://" + door.Listener.Addr().String()
}

// certificates makes an authority, a server's certificate for 127.0.0.1, and a
// folder with a client's keys.
func certificates(t *testing.T) (ca *x509.CertPool, server tls.Certificate, keys string) {
	t.Helper()
	root, rootKey, rootDER := certificate(t, 1, nil, nil)
	_, serverKey, serverDER := certificate(t, 2, root, rootKey)
	_, clientKey, clientDER := certificate(t, 3, root, rootKey)
	ca = x509.NewCertPool()
	ca.AddCert(root)
	keys = t.TempDir()
	der, err := x509.MarshalPKCS8PrivateKey(clientKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"ca.pem":   {Type: "CERTIFICATE", Bytes: rootDER},
		"cert.pem": {Type: "CERTIFICATE", Bytes: clientDER},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(filepath.Join(keys, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return ca, tls.Certificate{Certificate: [][]byte{serverDER}, PrivateKey: serverKey}, keys
}

func certificate(t *testing.T, serial int64, issuer *x509.Certificate, issuerKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: issuer == nil, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if issuer == nil {
		issuer, issuerKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, issuerKey)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return parsed, key, der
}

func onlyCA(t *testing.T, keys string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(keys, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
