package boot

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/boot/sqlplus"
	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// instance is the database as SQL*Plus in the same container sees it.
type instance struct{ life *Life }

func (l *Life) instance() instance { return instance{life: l} }

// Connect logs on; a logon that names a service meets the listener's answers.
func (i instance) Connect(ctx context.Context, as sqlplus.Logon) (sqlplus.Session, error) { //nolint:ireturn // sqlplus.Instance
	l := i.life
	if as.Service != "" {
		if answer := l.answers.connect(Target{Service: as.Service}); answer.Act != Accept {
			return nil, listenerError(answer)
		}
	}
	if !l.answers.isOpen() {
		if as.OS {
			return &session{life: l, user: as.User, root: true}, nil
		}
		return nil, oraError(1034)
	}
	if !as.OS {
		if err := l.db.Check(as.User, as.Password); err != nil {
			return nil, err
		}
		if code := l.answers.login(as.User); code != 0 {
			return nil, oraError(code)
		}
	}
	s := &session{life: l, user: as.User, root: as.Service == "" || strings.EqualFold(as.Service, l.cfg.Script.SID)}
	return s, s.connect(ctx)
}

// Startup opens the database again after Shutdown.
func (i instance) Startup(context.Context) error {
	if i.life.answers.isOpen() {
		return &sqldb.Error{Code: 1081, Message: "cannot start already-running ORACLE - shut it down first"}
	}
	i.life.answers.setOpen(true)
	return nil
}

// Shutdown closes the database: new connections are refused, open sessions of
// SQL*Plus answer ORA-01034.
func (i instance) Shutdown(context.Context) error {
	if !i.life.answers.isOpen() {
		return oraError(1034)
	}
	i.life.answers.setOpen(false)
	i.life.cfg.Endpoint.Disconnect()
	return nil
}

func listenerError(a Answer) error {
	switch a.Act {
	case Refuse:
		return oraError(a.Code)
	case NoListener:
		return oraError(12541)
	case BareRefuse, ShortRefuse:
		return oraError(12564)
	}
	return oraError(12547)
}

func oraError(code int) error {
	text := map[int]string{
		1017:  "invalid credential or not authorized; logon denied",
		1033:  "ORACLE initialization or shutdown in progress",
		1034:  "The Oracle instance is not available for use. Start the instance.",
		12514: "Cannot connect to database. Service is not registered with the listener.",
		12528: "Cannot connect. All appropriate instances for the service are blocking new connections.",
		12541: "Cannot connect. No listener.",
		12547: "TNS:lost contact",
		12564: "TNS:connection refused",
		28000: "The account is locked.",
	}[code]
	if text == "" {
		text = "said so by the stand-in's script"
	}
	return &sqldb.Error{Code: code, Message: text}
}

// session adds to a user's session what an instance with pluggable databases
// does: containers, and its end when the instance goes down.
type session struct {
	life  *Life
	user  string
	inner sqlplus.Session // nil: connected to an idle instance
	root  bool            // the current container is the root
}

var (
	setContainer = regexp.MustCompile(`(?is)^\s*alter\s+session\s+set\s+container\s*=\s*"?([\w$#]+)"?\s*$`)
	makePDB      = regexp.MustCompile(`(?is)^\s*create\s+pluggable\s+database\s+"?([\w$#]+)"?`)
	alterPDB     = regexp.MustCompile(`(?is)^\s*alter\s+pluggable\s+database\s+("?[\w$#]+"?\s+)?(open|close|save\s+state)\b`)
	makeUser     = regexp.MustCompile(`(?is)^\s*create\s+user\s+"?([\w$#]+)`)
)

// connect opens the user's session when there is none yet: one that began with
// the instance down goes on after STARTUP.
func (s *session) connect(ctx context.Context) error {
	if s.inner != nil {
		return nil
	}
	inner, err := s.life.db.Connect(ctx, s.user)
	if err != nil {
		return fmt.Errorf("connect as %s: %w", s.user, err)
	}
	s.inner = inner
	return nil
}

// Run executes a statement.
func (s *session) Run(ctx context.Context, text string) (sqlplus.Result, error) {
	if !s.life.answers.isOpen() {
		return sqlplus.Result{}, oraError(1034)
	}
	if err := s.connect(ctx); err != nil {
		return sqlplus.Result{}, err
	}
	if m := setContainer.FindStringSubmatch(text); m != nil {
		return sqlplus.Result{}, s.setContainer(m[1])
	}
	if m := makePDB.FindStringSubmatch(text); m != nil {
		return sqlplus.Result{}, s.life.addPDB(m[1])
	}
	if alterPDB.MatchString(text) {
		return sqlplus.Result{}, nil
	}
	if m := makeUser.FindStringSubmatch(text); m != nil && s.root && !strings.HasPrefix(strings.ToUpper(m[1]), "C##") {
		return sqlplus.Result{}, &sqldb.Error{
			Code: 65096, Message: "common user or role name must start with C##", Offset: strings.Index(text, m[1]),
		}
	}
	return s.inner.Run(ctx, text)
}

func (s *session) setContainer(name string) error {
	name = strings.ToUpper(name)
	if name == "CDB$ROOT" {
		s.root = true
		return nil
	}
	if name == s.life.cfg.Script.SID || !s.life.answers.knows(name) {
		return &sqldb.Error{Code: 65011, Message: "Pluggable database " + name + " does not exist."}
	}
	s.root = false
	return nil
}

// Close ends the session.
func (s *session) Close() error {
	if s.inner == nil {
		return nil
	}
	return s.inner.Close()
}
