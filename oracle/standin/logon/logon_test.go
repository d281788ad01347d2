package logon

import (
	"bytes"
	"crypto/aes"
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"testing"
)

// answer plays the client's half of the exchange.
func answer(t *testing.T, c Challenge, password string) (sessionKey, sealed string, combo []byte) {
	t.Helper()
	decode := func(text string) []byte {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	must := func(b []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	key := must(deriveKey(password, decode(c.Salt)))
	server := must(decryptHex(key, c.SessionKey))
	client := bytes.Repeat([]byte{0x5A}, keySize)
	combo = must(pbkdf2.Key(sha512.New, upperHex(append(bytes.Clone(client), server...)), decode(c.KeySalt), SessionIterations, keySize))
	plain := append(make([]byte, saltSize), password...)
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	return upperHex(must(encrypt(key, client))), upperHex(must(encrypt(combo, plain))), combo
}

func TestExchangeLetsInWhoKnowsThePassword(t *testing.T) {
	for _, password := range []string{"tiger", "x", "0123456789abcdef", "Пароль$ \"quoted\""} {
		v, err := NewVerifier(password)
		if err != nil {
			t.Fatal(err)
		}
		x, err := NewExchange(v)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x.Challenge()
		if err != nil {
			t.Fatal(err)
		}
		key, sealed, combo := answer(t, c, password)
		response, err := x.Verify(key, sealed)
		if err != nil {
			t.Fatalf("%q: %v", password, err)
		}
		proof, err := decryptHex(combo, response)
		if err != nil || !bytes.Contains(proof, []byte("SERVER_TO_CLIENT")) {
			t.Errorf("%q: response %q, error %v", password, proof, err)
		}
	}
}

func TestExchangeDeniesEveryoneElse(t *testing.T) {
	right, err := NewVerifier("tiger")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		verifier Verifier
		password string
	}{
		"wrong password": {right, "Tiger"},
		"unknown user":   {Verifier{}, "tiger"},
		"no password":    {right, ""},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := NewExchange(test.verifier)
			if err != nil {
				t.Fatal(err)
			}
			c, err := x.Challenge()
			if err != nil {
				t.Fatal(err)
			}
			if len(c.SessionKey) != 64 || len(c.Salt) != 32 || len(c.KeySalt) != 32 {
				t.Errorf("challenge %+v", c)
			}
			key, sealed, _ := answer(t, c, test.password)
			if _, err := x.Verify(key, sealed); !errors.Is(err, ErrDenied) {
				t.Errorf("got %v, want %v", err, ErrDenied)
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	v, err := NewVerifier("tiger")
	if err != nil {
		f.Fatal(err)
	}
	x, err := NewExchange(v)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("00", "zz")
	f.Add(upperHex(make([]byte, 32)), upperHex(make([]byte, 32)))
	f.Fuzz(func(t *testing.T, key, password string) {
		if _, err := x.Verify(key, password); !errors.Is(err, ErrDenied) {
			t.Errorf("got %v", err)
		}
	})
}
