package sqlplus

import (
	"errors"
	"fmt"
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// logon connects as the text says: user/password@//host:port/service,
// user/"pass word", / as sysdba.
func (s *shell) logon(text string) error {
	as, err := parseLogon(text)
	if err != nil {
		return err
	}
	session, err := s.on.Connect(s.ctx, as)
	if err != nil {
		return err
	}
	s.session, s.user = session, as.User
	return nil
}

func parseLogon(text string) (Logon, error) {
	text = strings.TrimSpace(text)
	sysdba := false
	if i := strings.LastIndex(strings.ToLower(text), " as "); i >= 0 {
		role := strings.ToLower(strings.TrimSpace(text[i+4:]))
		if role != "sysdba" && role != "sysoper" {
			return Logon{}, fmt.Errorf("SP2-0306: Invalid option %q", role)
		}
		sysdba, text = true, strings.TrimSpace(text[:i])
	}
	user, rest := cutOutside(text, '/')
	if strings.Contains(user, "@") && !strings.HasPrefix(user, `"`) {
		user, rest, _ = strings.Cut(text, "@") // user@service: no password was given
		rest = "@" + rest
	}
	password, target := cutOutside(rest, '@')
	as := Logon{User: fold(user), Password: unquote(password), Service: serviceOf(target)}
	if sysdba && as.User == "" {
		return Logon{User: "SYS", OS: true}, nil
	}
	if as.User == "" || as.Password == "" {
		return Logon{}, &sqldb.Error{Code: 1005, Message: "null password given; logon denied"}
	}
	if strings.EqualFold(as.User, "SYS") && !sysdba {
		return Logon{}, &sqldb.Error{Code: 28009, Message: "connection as SYS should be as SYSDBA or SYSOPER"}
	}
	return as, nil
}

// cutOutside cuts around the first separator that is not in double quotes.
func cutOutside(text string, separator rune) (before, after string) {
	quoted := false
	for i, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case r == separator && !quoted:
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

// fold is the name that a user is kept under: in capitals unless quoted.
func fold(name string) string {
	if plain := unquote(name); plain != name {
		return plain
	}
	return strings.ToUpper(name)
}

func unquote(text string) string {
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
		return text[1 : len(text)-1]
	}
	return text
}

// serviceOf takes the service from //host:port/service, host/service or a
// plain name. Whatever the host, the stand-in's SQL*Plus reaches only the
// database it lives with.
func serviceOf(target string) string {
	target = unquote(strings.TrimSpace(target))
	if i := strings.LastIndex(target, "/"); i >= 0 {
		target = target[i+1:]
	}
	service, _, _ := strings.Cut(target, ":")
	return service
}

func (s *shell) printLogonError(err error) {
	s.noteCode(err)
	s.printf("ERROR:\n%s\n", describe(err))
}

// noteCode keeps the error's code for SQL.SQLCODE.
func (s *shell) noteCode(err error) {
	s.sqlcode = 1
	if e, ok := errors.AsType[*sqldb.Error](err); ok {
		s.sqlcode = e.Code
	}
}

// describe is the error as it is printed, with the line that newer versions
// add below it.
func describe(err error) string {
	e, ok := errors.AsType[*sqldb.Error](err)
	if !ok {
		return err.Error()
	}
	return fmt.Sprintf("%v\nHelp: https://docs.oracle.com/error-help/db/ora-%05d/\n", e, e.Code)
}
