package boot

import (
	"fmt"
	"os"
	"strings"
)

// settings is what the container's environment asks for; only a first boot
// reads it.
type settings struct {
	password     string
	random       bool
	databases    []string
	user         string
	userPassword string
}

// readSettings reads the environment. Its error is printed as it is: these are
// the lines a user of the real image meets.
func readSettings(getenv func(string) string, flavour Flavour) (settings, error) {
	if flavour == Oracle {
		return settings{password: getenv("ORACLE_PWD"), random: getenv("ORACLE_PWD") == ""}, nil
	}
	databases, err := fileEnv(getenv, "ORACLE_DATABASE")
	if err != nil {
		return settings{}, err
	}
	s := settings{random: getenv("ORACLE_RANDOM_PASSWORD") != "", user: getenv("APP_USER")}
	for name := range strings.SplitSeq(databases, ",") {
		if name != "" {
			s.databases = append(s.databases, name)
		}
	}
	if s.password, err = fileEnv(getenv, "ORACLE_PASSWORD"); err != nil {
		return settings{}, err
	}
	if s.userPassword, err = fileEnv(getenv, "APP_USER_PASSWORD"); err != nil {
		return settings{}, err
	}
	return s, s.check()
}

func (s settings) check() error {
	switch {
	case s.password == "" && !s.random:
		return refusal(
			"Oracle Database SYS and SYSTEM passwords have to be specified at first database startup.\n" +
				"Please specify a password either via the $ORACLE_PASSWORD variable, e.g. '-e ORACLE_PASSWORD=<password>'\n" +
				"or set the $ORACLE_RANDOM_PASSWORD environment variable to any value, e.g. '-e ORACLE_RANDOM_PASSWORD=yes'.")
	case s.password != "" && s.random:
		return exclusive("$ORACLE_RANDOM_PASSWORD", "$ORACLE_PASSWORD[_FILE]")
	case s.user != "" && s.userPassword == "":
		return incomplete("$APP_USER", "$APP_USER_PASSWORD[_FILE]")
	case s.user == "" && s.userPassword != "":
		return incomplete("$APP_USER_PASSWORD[_FILE]", "$APP_USER")
	}
	return nil
}

// fileEnv reads NAME, or the file that NAME_FILE names.
func fileEnv(getenv func(string) string, name string) (string, error) {
	value, file := getenv(name), getenv(name+"_FILE")
	if value != "" && file != "" {
		return "", exclusive("$"+name, "$"+name+"_FILE")
	}
	if file == "" {
		return value, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read %s_FILE: %w", name, err)
	}
	return strings.TrimRight(string(content), "\n"), nil
}

// refusal is an error in the real image's own words.
type refusal string

func (r refusal) Error() string { return string(r) }

func exclusive(a, b string) error {
	return refusal("Both " + a + " and " + b + " are specified but are mutually exclusive.\n" +
		"Please specify only one of these variables.")
}

func incomplete(have, miss string) error {
	return refusal(have + " has been specified without " + miss + ".\n" +
		"Both variables are required, please specify $APP_USER and $APP_USER_PASSWORD[_FILE].")
}
