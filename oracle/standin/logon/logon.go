// Package logon holds the server's half of Oracle's O5LOGON password exchange
// with the 12c verifier: it proves that a client knows a user's password
// without that password ever being stored.
package logon

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"fmt"
)

// Iterations of the two PBKDF2 derivations, as the server announces them in
// AUTH_PBKDF2_VGEN_COUNT and AUTH_PBKDF2_SDER_COUNT.
const (
	VerifierIterations = 4096
	SessionIterations  = 3
)

// A Verifier is what the server keeps of a password: a salt and the key that
// only the password leads to. The zero value matches no password.
type Verifier struct {
	Salt []byte // 16 bytes, sent to the client as AUTH_VFR_DATA
	Key  []byte // 32 bytes, SHA-512(speedy key, salt) cut to an AES-256 key
}

// NewVerifier derives a verifier from a password with a fresh random salt.
func NewVerifier(password string) (Verifier, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return Verifier{}, fmt.Errorf("make salt: %w", err)
	}
	key, err := deriveKey(password, salt)
	if err != nil {
		return Verifier{}, err
	}
	return Verifier{Salt: salt, Key: key}, nil
}

// Matches reports whether the password is the one the verifier was made from.
func (v Verifier) Matches(password string) bool {
	if len(v.Key) == 0 {
		return false
	}
	key, err := deriveKey(password, v.Salt)
	return err == nil && subtle.ConstantTimeCompare(key, v.Key) == 1
}

func deriveKey(password string, salt []byte) ([]byte, error) {
	label := append(append([]byte{}, salt...), "AUTH_PBKDF2_SPEEDY_KEY"...)
	speedy, err := pbkdf2.Key(sha512.New, password, label, VerifierIterations, 64)
	if err != nil {
		return nil, fmt.Errorf("derive verifier: %w", err)
	}
	sum := sha512.Sum512(append(speedy, salt...))
	return sum[:32], nil
}
