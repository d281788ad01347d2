package registry

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/haddock-ci/pipeline/internal/command"
)

// hubKey is the name under which docker keeps the login for its own registry.
const hubKey = "https://index.docker.io/v1/"

// A Login is who we are to one registry. The zero value is nobody.
type Login struct {
	Username      string
	Password      string
	IdentityToken string
	RegistryToken string
	Origin        string // where it comes from, for people: variables REG_USER and REG_PASSWORD
}

// Anonymous reports whether there is nothing to log in with.
func (l Login) Anonymous() bool {
	return l.Username == "" && l.Password == "" && l.IdentityToken == "" && l.RegistryToken == ""
}

// Credentials say where logins are looked for.
type Credentials struct {
	// Host is the only registry that UserEnv and PasswordEnv are shown to.
	Host                 string
	UserEnv, PasswordEnv string              // names of variables; both or none
	Lookup               func(string) string // reads the environment
}

// A Keychain finds the login for a registry: in the variables that the
// configuration names, else in DOCKER_AUTH_CONFIG, else in docker's
// config.json and the helpers it names. It writes nothing.
type Keychain struct {
	explicit Login
	host     string
	sources  []source
}

// source is one docker configuration.
type source struct {
	origin string
	config dockerConfig
}

type dockerConfig struct {
	Auths       map[string]dockerAuth `json:"auths"`
	CredsStore  string                `json:"credsStore"`
	CredHelpers map[string]string     `json:"credHelpers"`
}

type dockerAuth struct {
	Auth          string `json:"auth"`
	Username      string `json:"username"`
	Password      string `json:"password"`
	IdentityToken string `json:"identitytoken"`
	RegistryToken string `json:"registrytoken"`
}

// NewKeychain reads the configurations. One that is there but cannot be read,
// or a named variable that is empty, is ErrCredentials: going on as nobody
// would only fail later, and less clearly.
func NewKeychain(c Credentials) (*Keychain, error) {
	k := &Keychain{host: canonical(c.Host)}
	if c.UserEnv != "" || c.PasswordEnv != "" {
		for _, name := range []string{c.UserEnv, c.PasswordEnv} {
			switch {
			case name == "":
				return nil, fmt.Errorf("%w: registry.userEnv and registry.passwordEnv belong together", ErrCredentials)
			case c.Lookup(name) == "":
				return nil, fmt.Errorf("%w: variable %s, named in the registry section, is empty", ErrCredentials, name)
			}
		}
		k.explicit = Login{
			Username: c.Lookup(c.UserEnv), Password: c.Lookup(c.PasswordEnv),
			Origin: "login from variables " + c.UserEnv + " and " + c.PasswordEnv,
		}
	}
	if text := c.Lookup("DOCKER_AUTH_CONFIG"); text != "" {
		if err := k.add("DOCKER_AUTH_CONFIG", []byte(text)); err != nil {
			return nil, err
		}
	}
	path := configFile(c.Lookup)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	return k, k.add(path, data)
}

func configFile(lookup func(string) string) string {
	if dir := lookup("DOCKER_CONFIG"); dir != "" {
		return filepath.Join(dir, "config.json")
	}
	return filepath.Join(lookup("HOME"), ".docker", "config.json")
}

func (k *Keychain) add(origin string, data []byte) error {
	var config dockerConfig
	if err := json.Unmarshal(data, &config); err != nil {
		// The parser's message can quote the text, and the text is a secret.
		return fmt.Errorf("%w: %s is not a docker configuration in JSON", ErrCredentials, origin)
	}
	auths := map[string]dockerAuth{}
	for host, a := range config.Auths {
		if a.Auth != "" {
			user, password, ok := decodeAuth(a.Auth)
			if !ok {
				return fmt.Errorf("%w: auth of %s in %s is not base64 of user:password", ErrCredentials, host, origin)
			}
			a.Username, a.Password = user, password
		}
		auths[canonical(host)] = a
	}
	helpers := map[string]string{}
	for host, name := range config.CredHelpers {
		helpers[canonical(host)] = name
	}
	config.Auths, config.CredHelpers = auths, helpers
	k.sources = append(k.sources, source{origin: origin, config: config})
	return nil
}

func decodeAuth(text string) (user, password string, ok bool) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", "", false
	}
	user, password, ok = strings.Cut(string(data), ":")
	return user, strings.Trim(password, "\x00"), ok && user != ""
}

// Login finds the login for a registry's host. Having none is no error: the
// login is then anonymous, and its origin says where was looked.
func (k *Keychain) Login(ctx context.Context, host string) (Login, error) {
	host = canonical(host)
	if !k.explicit.Anonymous() && (k.host == "" || k.host == host) {
		return k.explicit, nil
	}
	looked := []string{}
	for _, s := range k.sources {
		login, err := s.login(ctx, host)
		if err != nil {
			return Login{}, err
		}
		if !login.Anonymous() {
			return login, nil
		}
		looked = append(looked, s.origin)
	}
	if len(looked) == 0 {
		return Login{Origin: "no login configured"}, nil
	}
	return Login{Origin: "no login in " + strings.Join(looked, " or ")}, nil
}

// Auth is Login in the form that imagebuild.Request takes.
func (k *Keychain) Auth(ctx context.Context, host string) (user, secret string, err error) {
	l, err := k.Login(ctx, host)
	if l.IdentityToken != "" {
		return "", l.IdentityToken, err
	}
	return l.Username, l.Password, err
}

func (s source) login(ctx context.Context, host string) (Login, error) {
	helper := s.config.CredHelpers[host]
	if helper == "" {
		helper = s.config.CredsStore
	}
	if helper != "" {
		login, err := askHelper(ctx, helper, host)
		if err != nil {
			return Login{}, fmt.Errorf("%w for %s: helper docker-credential-%s, named in %s: %w", ErrCredentials, host, helper, s.origin, err)
		}
		if !login.Anonymous() {
			login.Origin = "login from docker-credential-" + helper
			return login, nil
		}
	}
	a := s.config.Auths[host]
	return Login{
		Username: a.Username, Password: a.Password, IdentityToken: a.IdentityToken, RegistryToken: a.RegistryToken,
		Origin: "login from " + s.origin,
	}, nil
}

// askHelper runs a credential helper as docker does: the registry's name goes
// in, JSON comes out. "credentials not found" is its way to know nothing.
func askHelper(ctx context.Context, helper, host string) (Login, error) {
	name := host
	if host == canonical(hubKey) {
		name = hubKey
	}
	out, err := command.Command{
		Args: []string{"docker-credential-" + helper, "get"}, Stdin: strings.NewReader(name + "\n"),
	}.Output(ctx)
	if failed, ok := errors.AsType[*command.ExitError](err); ok {
		text := string(bytes.TrimSpace(out))
		if strings.Contains(text, "credentials not found") {
			return Login{}, nil
		}
		if strings.ContainsAny(text, "{}\n") { // whatever this is, it may hold the secret
			text = ""
		}
		return Login{}, errors.New(strings.TrimSuffix(fmt.Sprintf("exit code %d: %s", failed.Code, text), ": "))
	}
	if err != nil {
		return Login{}, err
	}
	var answer struct{ Username, Secret string }
	if json.Unmarshal(out, &answer) != nil {
		return Login{}, errors.New("it did not answer in JSON")
	}
	if answer.Username == "<token>" {
		return Login{IdentityToken: answer.Secret}, nil
	}
	return Login{Username: answer.Username, Password: answer.Secret}, nil
}

// canonical makes one name of the many that docker's files have for a host.
func canonical(host string) string {
	host = strings.TrimPrefix(strings.TrimPrefix(host, "https://"), "http://")
	host, _, _ = strings.Cut(host, "/")
	switch host {
	case "docker.io", "registry-1.docker.io", "registry.hub.docker.com":
		return "index.docker.io"
	}
	return host
}
