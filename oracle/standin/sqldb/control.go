package sqldb

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

// control runs the statements that steer transaction and session.
func (s *Session) control(ctx context.Context, st *stmt, values []Value) error {
	switch st.verb {
	case "NOTHING", "SET TRANSACTION":
		return nil
	case "RAISE":
		return st.raise
	case "COMMIT":
		return s.commit(ctx)
	case "ROLLBACK":
		return s.rollback(ctx)
	case "ROLLBACK TO":
		return s.rollbackTo(ctx, st.misc.text)
	case "SAVEPOINT":
		return s.savepoint(ctx, st.misc.text)
	case "ALTER SYSTEM REGISTER":
		if !s.rights.may("ALTER SYSTEM") {
			return oraErr(1031)
		}
		s.db.registered()
		return nil
	case "ALTER SESSION":
		for _, name := range sortedKeys(st.misc.options) {
			if err := s.set(ctx, name, st.misc.options[name]); err != nil {
				return err
			}
		}
		s.settings++
		return nil
	case "LOCK TABLE":
		t := s.translator(ctx, st, nil)
		schema, def := t.table(st.misc.name, "SELECT")
		if def == nil {
			return t.err
		}
		return s.lock(ctx, []string{schema}, st.misc.flag)
	case "SLEEP":
		return s.sleep(ctx, st, values)
	}
	return unsupported("%s", st.verb)
}

// set is ALTER SESSION SET.
func (s *Session) set(ctx context.Context, name, value string) error {
	upper := strings.ToUpper(value)
	format := func(target *string) error {
		if _, err := splitDateFormat(value); err != nil {
			return err
		}
		*target = value
		return nil
	}
	switch name {
	case "NLS_DATE_FORMAT":
		return format(&s.nls.date)
	case "NLS_TIMESTAMP_FORMAT":
		return format(&s.nls.timestamp)
	case "NLS_TIMESTAMP_TZ_FORMAT":
		return format(&s.nls.timestampTZ)
	case "NLS_LANGUAGE", "NLS_DATE_LANGUAGE", "NLS_TERRITORY", "NLS_NUMERIC_CHARACTERS", "NLS_SORT", "NLS_COMP", "NLS_LENGTH_SEMANTICS":
		return onlyDefault(name, upper)
	case "CURRENT_SCHEMA":
		ok, err := s.db.userExists(value)
		if err != nil {
			return err
		}
		if !ok {
			return oraErr(1435)
		}
		s.schema = value
		return nil
	case "TIME_ZONE":
		return s.setZone(ctx, upper)
	case "CONTAINER", "_ORACLE_SCRIPT", "OPTIMIZER_MODE", "DDL_LOCK_TIMEOUT", "STATISTICS_LEVEL", "PLSQL_WARNINGS", "CURSOR_SHARING",
		"SQL_TRACE", "TRACEFILE_IDENTIFIER", "RECYCLEBIN", "DEFERRED_SEGMENT_CREATION", "PARALLEL_DEGREE_POLICY":
		return nil
	}
	return unsupported("ALTER SESSION SET %s", name)
}

// onlyDefault refuses what would change sorting or texts.
func onlyDefault(name, value string) error {
	allowed := map[string][]string{
		"NLS_LANGUAGE": {"AMERICAN", "ENGLISH"}, "NLS_DATE_LANGUAGE": {"AMERICAN", "ENGLISH"}, "NLS_TERRITORY": {"AMERICA"},
		"NLS_NUMERIC_CHARACTERS": {".,"}, "NLS_SORT": {"BINARY"}, "NLS_COMP": {"BINARY"}, "NLS_LENGTH_SEMANTICS": {"BYTE"},
	}[name]
	if slices.Contains(allowed, value) {
		return nil
	}
	return unsupported("%s other than %s", name, strings.Join(allowed, " or "))
}

func (s *Session) setZone(_ context.Context, value string) error {
	switch value {
	case "UTC", "GMT", "DBTIMEZONE", "LOCAL", "Z", "ETC/UTC":
		s.zone = time.UTC
		return nil
	}
	if value != "" && value[0] != '+' && value[0] != '-' {
		value = "+" + value
	}
	t, err := time.Parse("-07:00", value)
	if err != nil {
		return unsupported("time zones by name")
	}
	_, offset := t.Zone()
	s.zone = time.FixedZone("", offset)
	return nil
}

// sleep waits as DBMS_SESSION.SLEEP does.
func (s *Session) sleep(ctx context.Context, st *stmt, values []Value) error {
	row, err := s.evaluate(ctx, st.misc.seconds, values)
	if err != nil {
		return err
	}
	x, err := format.DecodeNumber(asBytes(row))
	if err != nil {
		return oraErr(1722)
	}
	timer := time.NewTimer(time.Duration(x.Float() * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return oraErr(1013)
	case <-timer.C:
		return nil
	}
}

// evaluate computes a number.
func (s *Session) evaluate(ctx context.Context, x *expr, values []Value) (any, error) {
	binds := make([]columnType, len(values))
	for i, v := range values {
		ty, err := bindType(v.Type)
		if err != nil {
			return nil, err
		}
		binds[i] = ty
	}
	t := s.translator(ctx, &stmt{}, binds)
	sql := t.num(t.value(x, &scope{}))
	if t.err != nil {
		return nil, t.err
	}
	args, err := s.arguments(t.tr, values)
	if err != nil {
		return nil, err
	}
	return s.conn.one(ctx, "SELECT "+sql, args...)
}
