package logon

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Sizes of what is exchanged, in bytes.
const (
	keySize     = 32
	saltSize    = 16
	maxPassword = 1024
)

// ErrDenied reports a password that is not the user's, or an answer that
// nobody who knows the password would give.
var ErrDenied = errors.New("password does not match")

// An Exchange is the server's half of one login.
type Exchange struct {
	verifier Verifier
	session  []byte // the server's half of the session key
	keySalt  []byte
}

// A Challenge is what the server sends first, in upper case hex.
type Challenge struct {
	SessionKey string // AUTH_SESSKEY
	Salt       string // AUTH_VFR_DATA
	KeySalt    string // AUTH_PBKDF2_CSK_SALT
}

// NewExchange starts a login against the verifier. With the zero verifier, as
// for a user who does not exist, the exchange looks the same and always ends
// with ErrDenied.
func NewExchange(v Verifier) (*Exchange, error) {
	random := make([]byte, keySize+saltSize+saltSize+keySize)
	if _, err := rand.Read(random); err != nil {
		return nil, fmt.Errorf("make session key: %w", err)
	}
	x := &Exchange{verifier: v, session: random[:keySize], keySalt: random[keySize : keySize+saltSize]}
	if len(v.Key) == 0 {
		decoy := random[keySize+saltSize:]
		x.verifier = Verifier{Salt: decoy[:saltSize], Key: decoy[saltSize:]}
	}
	return x, nil
}

// Challenge returns what the client needs for its answer.
func (x *Exchange) Challenge() (Challenge, error) {
	sealed, err := encrypt(x.verifier.Key, x.session)
	if err != nil {
		return Challenge{}, err
	}
	return Challenge{SessionKey: upperHex(sealed), Salt: upperHex(x.verifier.Salt), KeySalt: upperHex(x.keySalt)}, nil
}

// Verify checks the client's answer, AUTH_SESSKEY and AUTH_PASSWORD, and
// returns AUTH_SVR_RESPONSE, by which the server proves that it knows the
// verifier. The error is ErrDenied when the password is wrong.
func (x *Exchange) Verify(sessionKey, password string) (response string, err error) {
	client, err := decryptHex(x.verifier.Key, sessionKey)
	if err != nil || len(client) != keySize {
		return "", ErrDenied
	}
	combined := upperHex(append(client, x.session...))
	combo, err := pbkdf2.Key(sha512.New, combined, x.keySalt, SessionIterations, keySize)
	if err != nil {
		return "", fmt.Errorf("derive session key: %w", err)
	}
	plain, err := decryptHex(combo, password)
	if err != nil || len(plain) <= saltSize || len(plain) > maxPassword {
		return "", ErrDenied
	}
	text, ok := unpad(plain[saltSize:])
	if !ok || !x.verifier.Matches(string(text)) {
		return "", ErrDenied
	}
	return serverResponse(combo)
}

func serverResponse(combo []byte) (string, error) {
	plain := make([]byte, saltSize)
	if _, err := rand.Read(plain); err != nil {
		return "", fmt.Errorf("make server response: %w", err)
	}
	plain = append(plain, "SERVER_TO_CLIENT"...)
	plain = append(plain, bytes.Repeat([]byte{aes.BlockSize}, aes.BlockSize)...)
	sealed, err := encrypt(combo, plain)
	return upperHex(sealed), err
}

func encrypt(key, plain []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(out, plain)
	return out, nil
}

func decryptHex(key []byte, text string) ([]byte, error) {
	sealed, err := hex.DecodeString(text)
	if err != nil || len(sealed)%aes.BlockSize != 0 {
		return nil, ErrDenied
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	out := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(out, sealed)
	return out, nil
}

func unpad(plain []byte) ([]byte, bool) {
	if len(plain) == 0 {
		return nil, false
	}
	n := int(plain[len(plain)-1])
	if n < 1 || n > aes.BlockSize || n > len(plain) {
		return nil, false
	}
	return plain[:len(plain)-n], true
}

func upperHex(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }
