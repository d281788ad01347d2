//go:build integration

package hosttest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// A TLSDoor is a door with mutual TLS before a unix socket.
type TLSDoor struct {
	Address string // 127.0.0.1:port
	Keys    string // folder with ca.pem, cert.pem and key.pem of a client that is let in
}

// StartTLS puts a door before the socket.
func StartTLS(tb testing.TB, socket string) *TLSDoor {
	tb.Helper()
	door := &TLSDoor{Keys: tb.TempDir()}
	root := issue(tb, nil, "ca")
	server, client := issue(tb, root, "server"), issue(tb, root, "client")
	for name, text := range map[string][]byte{"ca.pem": root.cert, "cert.pem": client.cert, "key.pem": client.key} {
		write(tb, filepath.Join(door.Keys, name), string(text))
	}
	pair, err := tls.X509KeyPair(server.cert, server.key)
	check(tb, err)
	pool := x509.NewCertPool()
	pool.AddCert(root.parsed)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	})
	check(tb, err)
	tb.Cleanup(func() { _ = listener.Close() })
	door.Address = listener.Addr().String()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go pass(conn, socket)
		}
	}()
	return door
}

func pass(conn net.Conn, socket string) {
	defer conn.Close()
	to, err := (&net.Dialer{}).DialContext(context.Background(), "unix", socket)
	if err != nil {
		return
	}
	defer to.Close()
	go func() {
		_, _ = io.Copy(to, conn)
		_ = to.(*net.UnixConn).CloseWrite()
	}()
	_, _ = io.Copy(conn, to)
}

type certificate struct {
	cert, key []byte // PEM
	parsed    *x509.Certificate
	private   *ecdsa.PrivateKey
}

// issue makes a certificate for 127.0.0.1; without an issuer it is an
// authority's.
func issue(tb testing.TB, by *certificate, name string) *certificate {
	tb.Helper()
	c := &certificate{}
	var err error
	c.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(tb, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: by == nil, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	issuer, signer := template, c.private
	if by != nil {
		issuer, signer = by.parsed, by.private
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &c.private.PublicKey, signer)
	check(tb, err)
	c.parsed, err = x509.ParseCertificate(der)
	check(tb, err)
	private, err := x509.MarshalPKCS8PrivateKey(c.private)
	check(tb, err)
	c.cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	c.key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	return c
}
