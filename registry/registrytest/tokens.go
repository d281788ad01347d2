//go:build integration

package registrytest

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// leeway is how long the registry takes a token beyond its end.
const leeway = time.Minute

// tokens gives out the tokens of a registry that leaves logins to a service of
// its own, as most do that are not somebody's first.
type tokens struct {
	authority      *authority
	user, password string
	life           time.Duration
	given          atomic.Int64
}

// serve runs the service until the test ends, and says where.
func (s *tokens) serve(tb testing.TB) (realm string) {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != s.user || password != s.password {
			http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"wrong login"}]}`, http.StatusUnauthorized)
			return
		}
		s.given.Add(1)
		token, err := s.token(r.URL.Query()["scope"])
		if err == nil {
			err = json.NewEncoder(w).Encode(map[string]string{"token": token})
		}
		if err != nil {
			tb.Errorf("give out a token: %v", err)
		}
	}))
	tb.Cleanup(server.Close)
	// By name: clients distrust a registry that names another private address.
	return strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/token"
}

// token allows all that is asked for.
func (s *tokens) token(scopes []string) (string, error) {
	access := []map[string]any{}
	for _, scope := range scopes {
		if part := strings.Split(scope, ":"); len(part) == 3 {
			access = append(access, map[string]any{"type": part[0], "name": part[1], "actions": strings.Split(part[2], ",")})
		}
	}
	now := time.Now()
	head, err := json.Marshal(map[string]any{
		"typ": "JWT", "alg": "ES256", "x5c": []string{base64.StdEncoding.EncodeToString(s.authority.cert.Raw)},
	})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"iss": "registrytest", "aud": "registrytest", "sub": s.user, "jti": now.String(), "access": access,
		"nbf": now.Add(-time.Hour).Unix(), "iat": now.Unix(), "exp": now.Add(s.life - leeway).Unix(),
	})
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	first, second, err := ecdsa.Sign(rand.Reader, s.authority.key, sum[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	first.FillBytes(signature[:32])
	second.FillBytes(signature[32:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
