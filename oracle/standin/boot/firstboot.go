package boot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/boot/sqlplus"
)

// resetPasswords gives SYS and SYSTEM the password from the environment, or a
// random one that it prints.
func (l *Life) resetPasswords(ctx context.Context) error {
	password := l.settings.password
	if l.settings.random {
		password = rand.Text()[:8]
	}
	if err := l.sysdba(ctx, resetPasswordScript(password)); err != nil {
		return err
	}
	if l.settings.random {
		if l.cfg.Script.Flavour == Oracle {
			l.out.line("ORACLE PASSWORD FOR SYS, SYSTEM AND PDBADMIN: %s", password)
			return nil
		}
		frame := strings.Repeat("#", 44)
		l.out.line("%s\nORACLE PASSWORD FOR SYS AND SYSTEM: %s\n%s", frame, password, frame)
	}
	return nil
}

// sysdba runs a text as sqlplus -s / as sysdba does; its failure ends the
// container with sqlplus's status.
func (l *Life) sysdba(ctx context.Context, text string) error {
	status := sqlplus.Run(ctx, l.instance(), sqlplus.Invocation{
		Args: []string{"-s", "/", "as", "sysdba"}, Stdin: strings.NewReader(text), Stdout: l.out,
	})
	if status != 0 {
		return exitError{status}
	}
	return nil
}

func resetPasswordScript(password string) string {
	return fmt.Sprintf("WHENEVER SQLERROR EXIT SQL.SQLCODE\n"+
		"ALTER USER SYS    IDENTIFIED BY \"%[1]s\";\nALTER USER SYSTEM IDENTIFIED BY \"%[1]s\";\nexit;\n", password)
}

func appUserScript(user, password, pdb string) string {
	return fmt.Sprintf("WHENEVER SQLERROR EXIT SQL.SQLCODE\nALTER SESSION SET CONTAINER=%s;\n"+
		"CREATE USER %s IDENTIFIED BY \"%s\" DEFAULT TABLESPACE USERS QUOTA UNLIMITED ON USERS;\n"+
		"GRANT DB_DEVELOPER_ROLE TO %s;\nexit;\n", pdb, user, password, user)
}

func (l *Life) createPDBs(context.Context) error {
	for _, name := range l.settings.databases {
		if l.trapped {
			return exitError{1}
		}
		start := time.Now()
		l.out.line("CONTAINER: Creating new pluggable database '%s'.", name)
		if err := l.addPDB(name); err != nil {
			return err
		}
		l.out.line("\nPluggable database created.\n\n\nPluggable database altered.\n\n\n" +
			"Pluggable database altered.\n\n\nSystem altered.\n")
		l.out.line("CONTAINER: DONE: Pluggable database '%s' available, duration: %d seconds.",
			name, int(time.Since(start).Seconds()))
	}
	return nil
}

// addPDB makes a service of that name. The stand-in has one set of users for
// all its pluggable databases.
func (l *Life) addPDB(name string) error {
	if !plainPDB(name) {
		return fmt.Errorf("ORA-65000: missing or invalid pluggable database name %q", name)
	}
	file, err := os.OpenFile(l.pdbFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("keep pluggable database: %w", err)
	}
	_, err = fmt.Fprintln(file, strings.ToUpper(name))
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("keep pluggable database: %w", err)
	}
	l.answers.addService(name)
	return nil
}

func plainPDB(name string) bool {
	odd := func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '$' && r != '#'
	}
	return name != "" && len(name) <= 30 && !strings.ContainsFunc(name, odd)
}

func (l *Life) pdbFile() string { return filepath.Join(l.configDir(), "pdbs") }

func (l *Life) loadPDBs() error {
	text, err := os.ReadFile(l.pdbFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read pluggable databases: %w", err)
	}
	for name := range strings.FieldsSeq(string(text)) {
		l.answers.addService(name)
	}
	return nil
}

func (l *Life) createUser(ctx context.Context) error {
	if l.settings.user == "" {
		return nil
	}
	const what = "Creating app user for default pluggable database."
	l.out.line("CONTAINER: %s", what)
	user, password := l.settings.user, l.settings.userPassword
	if err := l.sysdba(ctx, appUserScript(user, password, l.cfg.Script.pdb())); err != nil {
		return err
	}
	l.out.line("CONTAINER: DONE: %s", what)
	for _, pdb := range l.settings.databases {
		// One set of users serves every pluggable database: it exists already.
		l.out.line("CONTAINER: Creating app user for pluggable database '%s'.", pdb)
		l.out.line("\nSession altered.\n\n\nUser created.\n\n\nGrant succeeded.\n")
		l.out.line("CONTAINER: DONE: Creating app user for pluggable database '%s'.", pdb)
	}
	return nil
}

func (l *Life) setup(ctx context.Context) error {
	for _, dir := range []string{"/container-entrypoint-initdb.d", "/docker-entrypoint-initdb.d"} {
		if err := l.runScripts(ctx, dir); err != nil {
			return err
		}
	}
	return nil
}
