package standin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/logon"
	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// Functions of the login.
const (
	fnAuthChallenge = 0x76
	fnAuthAnswer    = 0x73
)

// Facts of the exchange.
const (
	verifier12c  = 18453
	modeSysdba   = 0x20
	maxAuthPairs = 256
)

// An authRequest is either half of what a client sends to log in.
type authRequest struct {
	user  string
	mode  uint64
	pairs map[string]string
}

// parseAuth reads a login request behind its function code and number.
func parseAuth(d *wire.Decoder, rawText bool) authRequest {
	req := authRequest{pairs: make(map[string]string)}
	hasUser := d.U8() != 0
	length := d.Count(maxName)
	req.mode = d.UB()
	d.U8()
	pairs := d.Count(maxAuthPairs)
	d.Skip(2)
	if hasUser && length > 0 {
		req.user = string(text(d, length, rawText))
	}
	for range pairs {
		key, value, _ := d.KV()
		req.pairs[key] = value
	}
	return req
}

// text reads one of the few strings that ojdbc sends without a length.
func text(d *wire.Decoder, length int, raw bool) []byte {
	if raw {
		return d.Bytes(length)
	}
	return d.CLR()
}

// login runs both halves of the login. A refusal is sent and ends the session.
func (s *session) login(ctx context.Context) error {
	function := s.dec.U8()
	first, err := s.authRequest()
	switch {
	case err != nil:
		return err
	case function == fnAuthAnswer: // a client that has no password
		return s.deny(loginError(codeDenied))
	case function != fnAuthChallenge:
		return fmt.Errorf("%w: function %#x instead of a login", wire.ErrMessage, function)
	}
	user := canonical(first.user)
	db := s.srv.db.Load()
	if db == nil {
		code := codeStarting
		if s.srv.cfg.Login != nil {
			if c := s.srv.cfg.Login(user); c != 0 {
				code = c
			}
		}
		return s.deny(loginError(code))
	}
	exchange, refused, err := s.challenge(db, user)
	if err != nil {
		return err
	}
	s.dec.Begin()
	if kind, function := s.dec.U8(), s.dec.U8(); (kind != msgCall || function != fnAuthAnswer) && !s.broken() {
		return fmt.Errorf("%w: message %d, function %#x during the login", wire.ErrMessage, kind, function)
	}
	second, err := s.authRequest()
	if err != nil {
		return err
	}
	response, err := exchange.Verify(second.pairs["AUTH_SESSKEY"], second.pairs["AUTH_PASSWORD"])
	switch {
	case refused != nil: // a locked account is told so whatever its password
		return s.deny(refused)
	case errors.Is(err, logon.ErrDenied):
		return s.deny(loginError(codeDenied))
	case err != nil:
		return err
	}
	if refused = s.admit(db, user, second); refused != nil {
		return s.deny(refused)
	}
	s.alterSession(ctx, second.pairs["AUTH_ALTER_SESSION"])
	return s.welcome(user, response)
}

func (s *session) authRequest() (authRequest, error) {
	s.seq = s.dec.U8()
	req := parseAuth(s.dec, s.client.rawText)
	return req, s.dec.Err()
}

// challenge answers the first half. Users who do not exist are challenged like
// any other; refused is what they, and those who are locked, get in the end.
func (s *session) challenge(db *sqldb.Database, user string) (x *logon.Exchange, refused *sqldb.Error, err error) {
	verifier, err := db.Verifier(user)
	if err != nil {
		refused = s.asOra(err)
	}
	x, err = logon.NewExchange(verifier)
	if err != nil {
		return nil, nil, err
	}
	c, err := x.Challenge()
	if err != nil {
		return nil, nil, err
	}
	o := &s.out
	o.Raw(msgParameters)
	o.Int(6)
	o.KV("AUTH_SESSKEY", c.SessionKey, 0)
	o.KV("AUTH_VFR_DATA", c.Salt, verifier12c)
	o.KV("AUTH_PBKDF2_CSK_SALT", c.KeySalt, 0)
	o.KV("AUTH_PBKDF2_VGEN_COUNT", strconv.Itoa(logon.VerifierIterations), 0)
	o.KV("AUTH_PBKDF2_SDER_COUNT", strconv.Itoa(logon.SessionIterations), 0)
	o.KV("AUTH_GLOBALLY_UNIQUE_DBID", "FA4EFA4EFA4EFA4EFA4EFA4EFA4EFA4E", 0)
	s.putStatus(status{})
	return x, refused, s.send()
}

// admit opens the database session of a user whose password was right.
func (s *session) admit(db *sqldb.Database, user string, req authRequest) *sqldb.Error {
	for _, key := range []string{"AUTH_NEWPASSWORD", "PROXY_CLIENT_NAME"} {
		if req.pairs[key] != "" {
			return oraError(codeNotInStandIn, "not in the stand-in: login with %s", key)
		}
	}
	if s.srv.cfg.Login != nil {
		if code := s.srv.cfg.Login(user); code != 0 {
			return loginError(code)
		}
	}
	sysdba := req.mode&modeSysdba != 0
	switch {
	case user == "SYS" && !sysdba:
		return loginError(codeSysNeedsDBA)
	case user != "SYS" && sysdba:
		return loginError(codeDenied)
	}
	session, err := db.Login(user)
	if err != nil {
		return s.asOra(err)
	}
	s.db = session
	s.in.start()
	return nil
}

func (s *session) deny(reason *sqldb.Error) error {
	s.putStatus(status{err: reason})
	if err := s.send(); err != nil {
		return err
	}
	return errClosed
}

// alterSession applies the client's language and time zone. The stand-in
// speaks but one language; what it does not know here it may ignore, for the
// client never hears of the outcome from a real server either.
func (s *session) alterSession(ctx context.Context, sql string) {
	sql = strings.TrimRight(sql, "\x00 ")
	if sql == "" {
		return
	}
	st, err := s.db.Prepare(sql)
	if err == nil {
		_, err = st.Exec(ctx, [][]sqldb.Value{nil})
	}
	if err != nil {
		s.log.Debug("alter session", "sql", sql, "error", err)
	}
}

// welcome answers the second half of a login that went well.
func (s *session) welcome(user, response string) error {
	s.log.Debug("logged in", "user", user, "driver", s.client.name)
	number := strconv.FormatUint(uint64(s.serial), 10)
	pairs := [][2]string{
		{"AUTH_SVR_RESPONSE", response},
		{"AUTH_SESSION_ID", number},
		{"AUTH_SERIAL_NUM", number},
		{"AUTH_VERSION_NO", strconv.Itoa(wire.ServerVersion)},
		{"AUTH_VERSION_STRING", "- FAKE"},
		{"AUTH_MAX_OPEN_CURSORS", strconv.Itoa(s.cursors.limit)},
		{"AUTH_MAX_IDEN_LENGTH", "128"},
		{"AUTH_SC_DB_DOMAIN", ""},
		{"AUTH_NLS_LXLAN", "AMERICAN"},
		{"AUTH_NLS_LXCTERRITORY", "AMERICA"},
		{"AUTH_NLS_LXCCHARSET", "AL32UTF8"},
		{"AUTH_NLS_LXCNUMERICS", ".,"},
		{"AUTH_NLS_LXCDATEFM", "DD-MON-RR"},
		{"AUTH_NLS_LXCDATELANG", "AMERICAN"},
		{"AUTH_NLS_LXCSORT", "BINARY"},
		{"AUTH_NLS_LXCCALENDAR", "GREGORIAN"},
	}
	o := &s.out
	o.Raw(msgParameters)
	o.Int(len(pairs))
	for _, p := range pairs {
		o.KV(p[0], p[1], 0)
	}
	if s.client.goOra {
		// Without a language go-ora runs a PL/SQL block to ask for it.
		o.Raw(msgServerSide, 5)
		o.UB(0)
		o.Raw(0)
		o.UB(1)
		o.Raw(1)
		o.KV("AUTH_NLS_LXLAN", "AMERICAN", 16)
		o.UB(0)
	}
	s.putStatus(status{})
	return s.send()
}

// canonical is a user's name as the dictionary has it: in upper case, unless
// it was quoted.
func canonical(name string) string {
	if len(name) > 2 && strings.HasPrefix(name, `"`) && strings.HasSuffix(name, `"`) {
		return name[1 : len(name)-1]
	}
	return strings.ToUpper(name)
}

func loginError(code int) *sqldb.Error {
	text := map[int]string{
		18:    "maximum number of sessions exceeded",
		20:    "maximum number of processes exceeded",
		1017:  "invalid username/password; logon denied",
		1033:  "ORACLE initialization or shutdown in progress",
		1034:  "ORACLE not available",
		1035:  "ORACLE only available to users with RESTRICTED SESSION privilege",
		1045:  "user lacks CREATE SESSION privilege; logon denied",
		1089:  "immediate shutdown or close in progress - no operations are permitted",
		1090:  "shutdown in progress - connection is not permitted",
		1109:  "database not open",
		28000: "The account is locked.",
		28001: "the password has expired",
		28009: "connection as SYS should be as SYSDBA or SYSOPER",
	}[code]
	if text == "" {
		text = "login refused by the stand-in's script"
	}
	return oraError(code, "%s", text)
}
