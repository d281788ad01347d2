package registry_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/registry"
)

const password = "t0p-s3cr3t"

func auth(user string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

// keychain makes one from variables and a config.json; no text is no file.
func keychain(t *testing.T, config string, env map[string]string, c registry.Credentials) (*registry.Keychain, error) {
	t.Helper()
	dir := t.TempDir()
	if config != "" {
		if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.Lookup = func(name string) string {
		if name == "DOCKER_CONFIG" {
			return dir
		}
		return env[name]
	}
	return registry.NewKeychain(c)
}

func TestTheLoginComesFromTheFirstPlaceThatHasOne(t *testing.T) {
	explicit := registry.Credentials{Host: "reg.example.com", UserEnv: "U", PasswordEnv: "P"}
	variables := map[string]string{"U": "explicit", "P": password}
	inEnv := `{"auths":{"reg.example.com":{"auth":"` + auth("from-env") + `"}}}`
	inFile := `{"auths":{"https://reg.example.com/v2/":{"auth":"` + auth("from-file") + `"}},"HttpHeaders":{"X":"y"}}`
	for name, c := range map[string]struct {
		config, env, host string
		creds             registry.Credentials
		user, origin      string
	}{
		"named variables win":             {inFile, inEnv, "reg.example.com", explicit, "explicit", "U and P"},
		"but only for their registry":     {inFile, inEnv, "other.example.com", explicit, "", "no login in DOCKER_AUTH_CONFIG or "},
		"then DOCKER_AUTH_CONFIG":         {inFile, inEnv, "reg.example.com", registry.Credentials{}, "from-env", "DOCKER_AUTH_CONFIG"},
		"without any config.json as well": {"", inEnv, "reg.example.com", registry.Credentials{}, "from-env", "DOCKER_AUTH_CONFIG"},
		"then config.json":                {inFile, "", "reg.example.com", registry.Credentials{}, "from-file", "config.json"},
		"the port is part of the host":    {inFile, "", "reg.example.com:5000", registry.Credentials{}, "", "no login in "},
		"nobody":                          {"", "", "reg.example.com", registry.Credentials{}, "", "no login configured"},
		"user and password apart": {
			`{"auths":{"reg.example.com":{"username":"plain","password":"x"}}}`, "", "reg.example.com", registry.Credentials{}, "plain", "config.json",
		},
		"docker's own registry under its old name": {
			`{"auths":{"https://index.docker.io/v1/":{"auth":"` + auth("hub") + `"}}}`, "", "docker.io", registry.Credentials{}, "hub", "config.json",
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"DOCKER_AUTH_CONFIG": c.env, "U": variables["U"], "P": variables["P"]}
			k, err := keychain(t, c.config, env, c.creds)
			if err != nil {
				t.Fatal(err)
			}
			login, err := k.Login(t.Context(), c.host)
			if err != nil || login.Username != c.user || !strings.Contains(login.Origin, c.origin) {
				t.Errorf("login = %q from %q, %v, want %q from %q", login.Username, login.Origin, err, c.user, c.origin)
			}
			if login.Anonymous() != (c.user == "") || strings.Contains(login.Origin, password) {
				t.Errorf("login = %+v", login)
			}
		})
	}
}

func TestUnreadableCredentialsAreAnErrorWithoutTheSecret(t *testing.T) {
	for name, c := range map[string]struct {
		config, env string
		creds       registry.Credentials
		want        string
	}{
		"a named variable is empty": {"", "", registry.Credentials{UserEnv: "U", PasswordEnv: "NOT_SET"}, "NOT_SET"},
		"only one is named":         {"", "", registry.Credentials{UserEnv: "U"}, "belong together"},
		"no JSON":                   {"", "user:" + password, registry.Credentials{}, "DOCKER_AUTH_CONFIG"},
		"half a config.json":        {`{"auths":{"a":{"auth":"` + password, "", registry.Credentials{}, "config.json"},
		"no base64":                 {`{"auths":{"a":{"auth":"%%` + password + `"}}}`, "", registry.Credentials{}, "auth of a"},
		"no colon":                  {`{"auths":{"a":{"auth":"` + base64.StdEncoding.EncodeToString([]byte(password)) + `"}}}`, "", registry.Credentials{}, "auth of a"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := keychain(t, c.config, map[string]string{"DOCKER_AUTH_CONFIG": c.env, "U": "u"}, c.creds)
			if !errors.Is(err, registry.ErrCredentials) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), password) {
				t.Errorf("err = %v, want %q", err, c.want)
			}
		})
	}
}

func TestCredentialHelpers(t *testing.T) {
	bin := t.TempDir()
	helper := func(name, script string) {
		path := filepath.Join(bin, "docker-credential-"+name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\nread host\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	helper("good", `[ "$1" = get ] && echo "{\"ServerURL\":\"$host\",\"Username\":\"at-$host\",\"Secret\":\"`+password+`\"}"`)
	helper("token", `echo '{"Username":"<token>","Secret":"`+password+`"}'`)
	helper("empty", `echo "credentials not found in native keychain"; exit 1`)
	helper("broken", `echo "the keyring is locked"; exit 3`)
	helper("leaky", `echo '{"Secret":"`+password+`"}'; exit 1`)
	helper("odd", `echo hello`)
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))

	const host = "reg.example.com"
	for name, c := range map[string]struct{ config, user, token, fails string }{
		"a helper of this registry":    {`{"credHelpers":{"reg.example.com":"good"}}`, "at-" + host, "", ""},
		"a store for all":              {`{"credsStore":"good"}`, "at-" + host, "", ""},
		"the helper before the store":  {`{"credsStore":"broken","credHelpers":{"reg.example.com":"good"}}`, "at-" + host, "", ""},
		"an identity token":            {`{"credsStore":"token"}`, "", password, ""},
		"one that knows nothing":       {`{"credsStore":"empty","auths":{"reg.example.com":{"username":"u","password":"p"}}}`, "u", "", ""},
		"one that fails":               {`{"credsStore":"broken"}`, "", "", "docker-credential-broken, named in "},
		"one that fails with a secret": {`{"credsStore":"leaky"}`, "", "", "exit code 1"},
		"one that is not there":        {`{"credsStore":"missing"}`, "", "", "docker-credential-missing"},
		"one that says nonsense":       {`{"credsStore":"odd"}`, "", "", "did not answer in JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := keychain(t, c.config, nil, registry.Credentials{})
			if err != nil {
				t.Fatal(err)
			}
			login, err := k.Login(t.Context(), host)
			if c.fails != "" {
				if !errors.Is(err, registry.ErrCredentials) || !strings.Contains(err.Error(), c.fails) || strings.Contains(err.Error(), password) {
					t.Errorf("err = %v, want %q", err, c.fails)
				}
				return
			}
			if err != nil || login.Username != c.user || login.IdentityToken != c.token {
				t.Errorf("login = %+v, %v", login, err)
			}
			user, secret, err := k.Auth(t.Context(), host)
			if err != nil || user != c.user || secret == "" {
				t.Errorf("auth = %q, %v", user, err)
			}
		})
	}
}

func FuzzKeychain(f *testing.F) {
	f.Add(`{"auths":{"https://a/v2/":{"auth":"dTpw"}}}`, "a")
	f.Add(`{"auths":null,"credsStore":""}`, "[::1]:5000")
	f.Fuzz(func(t *testing.T, config, host string) {
		if strings.Contains(config, "cred") || config == "" {
			return // would run programs
		}
		env := map[string]string{"DOCKER_AUTH_CONFIG": config, "DOCKER_CONFIG": "/nonexistent"}
		k, err := registry.NewKeychain(registry.Credentials{Lookup: func(n string) string { return env[n] }})
		if err == nil {
			_, _ = k.Login(t.Context(), host)
		}
	})
}
