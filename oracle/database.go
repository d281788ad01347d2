package oracle

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// A Database has answered, at this address, as the user of its first schema.
type Database struct {
	Host      string
	Port      int
	Service   string
	Schemas   []Schema // at least one
	Image     string
	Digest    string // of the image: the registry's when known, else the engine's id
	StandIn   bool   // it is the fake that only speaks Oracle's protocol
	Container string // id
	Snapshot  string // the local image it was restored from; empty when it was made from scratch
}

// JDBCURL is the address for Oracle's thin JDBC driver, without user or
// password.
func (d Database) JDBCURL() string {
	return "jdbc:oracle:thin:@//" + d.address() + "/" + d.Service
}

// URL is the address for go-ora, with the schema's user and password: a secret.
func (d Database) URL(s Schema) string {
	u := url.URL{Scheme: "oracle", User: url.UserPassword(s.User, s.Password.Reveal()), Host: d.address(), Path: "/" + d.Service}
	return u.String()
}

// PublicURL is URL without the password.
func (d Database) PublicURL(s Schema) string {
	u := url.URL{Scheme: "oracle", User: url.User(s.User), Host: d.address(), Path: "/" + d.Service}
	return u.String()
}

// Env returns the environment for programs that use the database: ORACLE_HOST,
// ORACLE_PORT, ORACLE_SERVICE, ORACLE_JDBC_URL, ORACLE_USER, ORACLE_PASSWORD and
// ORACLE_URL, for the first schema. When there are several, each of them, the
// first too, has the same set as ORACLE_<NAME>_..., so that one of several
// parallel test processes can compose the names of its own from a number. It
// holds passwords.
func (d Database) Env() []string {
	var env []string
	for i, s := range d.Schemas {
		if i == 0 {
			env = append(env, d.set("ORACLE_", s)...)
		}
		if len(d.Schemas) > 1 {
			env = append(env, d.set(s.prefix(), s)...)
		}
	}
	return env
}

// prefix starts the names of the schema's own variables.
func (s Schema) prefix() string {
	return "ORACLE_" + strings.NewReplacer("$", "_", "#", "_").Replace(s.User) + "_"
}

func (d Database) set(prefix string, s Schema) []string {
	return []string{
		prefix + "HOST=" + d.Host,
		prefix + "PORT=" + strconv.Itoa(d.Port),
		prefix + "SERVICE=" + d.Service,
		prefix + "JDBC_URL=" + d.JDBCURL(),
		prefix + "USER=" + s.User,
		prefix + "PASSWORD=" + s.Password.Reveal(),
		prefix + "URL=" + d.URL(s),
	}
}

// Secrets returns every text in Env that must not be shown, for a redactor.
func (d Database) Secrets() []string {
	secrets := make([]string, 0, len(d.Schemas))
	for _, s := range d.Schemas {
		secrets = append(secrets, s.Password.Reveal())
	}
	return secrets
}

// String names the database without secrets.
func (d Database) String() string {
	return fmt.Sprintf("%s/%s", d.address(), d.Service)
}

func (d Database) address() string { return net.JoinHostPort(d.Host, strconv.Itoa(d.Port)) }
