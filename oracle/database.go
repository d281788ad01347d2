package oracle

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
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

// Env returns the environment for programs that use the database: ORACLE_HOST,
// ORACLE_PORT, ORACLE_SERVICE, ORACLE_JDBC_URL, and ORACLE_USER,
// ORACLE_PASSWORD and ORACLE_URL of the first schema; for every further schema
// ORACLE_<NAME>_USER, ORACLE_<NAME>_PASSWORD, ORACLE_<NAME>_URL and
// ORACLE_<NAME>_JDBC_URL. It holds passwords.
func (d Database) Env() []string {
	env := []string{
		"ORACLE_HOST=" + d.Host,
		"ORACLE_PORT=" + strconv.Itoa(d.Port),
		"ORACLE_SERVICE=" + d.Service,
		"ORACLE_JDBC_URL=" + d.JDBCURL(),
	}
	for i, s := range d.Schemas {
		prefix := "ORACLE_"
		if i > 0 {
			prefix = "ORACLE_" + s.User + "_"
			env = append(env, prefix+"JDBC_URL="+d.JDBCURL())
		}
		env = append(env,
			prefix+"USER="+s.User,
			prefix+"PASSWORD="+s.Password.Reveal(),
			prefix+"URL="+d.URL(s))
	}
	return env
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
