package sqldb

import (
	"slices"
	"strings"
)

// dictionary answers one of the data dictionary's views.
func (t *translator) dictionary(name string) (*dictView, bool, error) {
	switch name {
	case "V$VERSION", "PRODUCT_COMPONENT_VERSION":
		v := newDictView("BANNER", "CON_ID n")
		v.add(Banner, 0)
		return v, name == "V$VERSION", nil
	case "V$INSTANCE":
		v := newDictView("INSTANCE_NUMBER n", "INSTANCE_NAME", "HOST_NAME", "VERSION", "STATUS", "DATABASE_STATUS", "LOGINS")
		v.add(1, "FAKE", "FAKE", "12.1.0.2.0", "OPEN", "ACTIVE", "ALLOWED")
		return v, true, nil
	case "V$DATABASE":
		v := newDictView("NAME", "OPEN_MODE", "LOG_MODE")
		v.add("FAKE", "READ WRITE", "NOARCHIVELOG")
		return v, true, nil
	case "NLS_SESSION_PARAMETERS":
		v := newDictView("PARAMETER", "VALUE")
		v.add("NLS_LANGUAGE", "AMERICAN")
		v.add("NLS_TERRITORY", "AMERICA")
		v.add("NLS_NUMERIC_CHARACTERS", ".,")
		v.add("NLS_DATE_FORMAT", t.s.nls.date)
		v.add("NLS_TIMESTAMP_FORMAT", t.s.nls.timestamp)
		v.add("NLS_TIMESTAMP_TZ_FORMAT", t.s.nls.timestampTZ)
		return v, true, nil
	case "ALL_USERS", "DBA_USERS", "USER_USERS":
		return t.usersView(name)
	case "USER_SEQUENCES", "ALL_SEQUENCES":
		return t.sequencesView(name)
	case "ALL_TAB_PRIVS", "USER_TAB_PRIVS", "DBA_TAB_PRIVS":
		return t.privilegesView(name)
	case "ALL_COL_PRIVS": // there are no privileges on columns, and no triggers
		return newDictView("GRANTOR", "GRANTEE", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME", "PRIVILEGE", "GRANTABLE"), true, nil
	case "ALL_TRIGGER_COLS", "USER_TRIGGER_COLS":
		return newDictView("TRIGGER_OWNER", "TRIGGER_NAME", "TABLE_OWNER", "TABLE_NAME", "COLUMN_NAME", "COLUMN_LIST", "COLUMN_USAGE"), true, nil
	}
	scope, view, ok := strings.Cut(name, "_")
	if !ok || scope != "USER" && scope != "ALL" && scope != "DBA" {
		return nil, false, nil
	}
	return t.schemaView(scope, view)
}

func (t *translator) usersView(name string) (*dictView, bool, error) {
	v := newDictView("USERNAME", "USER_ID n", "CREATED d", "ACCOUNT_STATUS", "DEFAULT_TABLESPACE")
	if name == "DBA_USERS" && !t.rights.may("SELECT ANY DICTIONARY") {
		return nil, false, nil
	}
	err := t.s.db.read(func(c *conn) error {
		rows, err := c.all(t.ctx, "SELECT name, id, created, locked FROM users ORDER BY id")
		for _, r := range rows {
			if name == "USER_USERS" && asText(r[0]) != t.user {
				continue
			}
			status := "OPEN"
			if r[3] == int64(1) {
				status = "LOCKED"
			}
			id, _ := r[1].(int64)
			v.add(asText(r[0]), int(id), r[2], status, "USERS")
		}
		return err
	})
	if name == "ALL_USERS" {
		v.cols = v.cols[:3]
	}
	return v, true, err
}

func (t *translator) sequencesView(name string) (*dictView, bool, error) {
	owner := "SEQUENCE_OWNER"
	v := newDictView(owner, "SEQUENCE_NAME", "MIN_VALUE n", "MAX_VALUE n", "INCREMENT_BY n", "CYCLE_FLAG", "ORDER_FLAG", "CACHE_SIZE n", "LAST_NUMBER n")
	err := t.s.db.read(func(c *conn) error {
		rows, err := c.all(t.ctx, "SELECT owner, name, low, high, increment, cycle, next FROM sequences ORDER BY owner, name")
		for _, r := range rows {
			if asText(r[0]) != t.user && (name == "USER_SEQUENCES" || !t.rights.sees(asText(r[0]), asText(r[1]))) {
				continue
			}
			n := make([]int, len(r))
			for i := range r {
				k, _ := r[i].(int64)
				n[i] = int(k)
			}
			cycle := "N"
			if n[5] != 0 {
				cycle = "Y"
			}
			v.add(asText(r[0]), asText(r[1]), n[2], n[3], n[4], cycle, "N", 0, n[6])
		}
		return err
	})
	if name == "USER_SEQUENCES" {
		v.dropFirst()
	}
	return v, true, err
}

// dropFirst removes the first column, OWNER, which USER_ views lack.
func (v *dictView) dropFirst() {
	for i, r := range v.rows {
		v.rows[i] = r[1:]
	}
	v.cols = v.cols[1:]
	for i := range v.cols {
		v.cols[i].sql = columnName(i)
	}
}

// schemaView answers a view of tables, columns, constraints ...
func (t *translator) schemaView(scope, view string) (*dictView, bool, error) {
	fill := map[string]func(*dictView, string, *catalog, *tableDef){
		"TABLES": fillTables, "TAB_COLUMNS": fillColumns, "CONSTRAINTS": fillConstraints, "CONS_COLUMNS": fillConsColumns,
		"INDEXES": fillIndexes, "IND_COLUMNS": fillIndexColumns, "TAB_COMMENTS": fillTableComments, "COL_COMMENTS": fillColumnComments,
		"OBJECTS": fillObjects, "VIEWS": nil, "TAB_COLS": fillColumns,
		// What these tell about does not exist here.
		"TYPES": nil, "PROCEDURES": nil, "ARGUMENTS": nil, "SYNONYMS": nil, "TRIGGERS": nil,
	}
	do, ok := fill[view]
	if !ok || scope == "DBA" && !t.rights.may("SELECT ANY DICTIONARY") {
		return nil, false, nil
	}
	v := newDictView(dictColumns(view)...)
	owners, err := t.owners(scope)
	if err != nil {
		return nil, false, err
	}
	for _, owner := range owners {
		c, err := t.s.catalogOf(t.ctx, owner)
		if err != nil {
			return nil, false, err
		}
		for _, name := range sortedKeys(c.tables) {
			if do != nil && (scope != "ALL" || owner == t.user || t.rights.sees(owner, name)) {
				do(v, owner, c, c.tables[name])
			}
		}
		for _, name := range sortedKeys(c.views) {
			if scope == "ALL" && owner != t.user && !t.rights.sees(owner, name) {
				continue
			}
			switch view {
			case "VIEWS":
				v.add(owner, name, len(c.views[name].Text), c.views[name].Text)
			case "OBJECTS":
				v.add(owner, name, "VIEW", c.created[name], "VALID")
			}
		}
	}
	if view == "OBJECTS" {
		err = t.sequenceObjects(v, scope)
	}
	if scope == "USER" {
		v.dropFirst()
	}
	return v, true, err
}

// owners lists the schemas that a view tells about; of others than the
// session's own only so many as can be open at once.
func (t *translator) owners(scope string) ([]string, error) {
	if scope == "USER" {
		return []string{t.user}, nil
	}
	var out []string
	err := t.s.db.read(func(c *conn) error {
		rows, err := c.all(t.ctx, "SELECT name FROM users ORDER BY name")
		for _, r := range rows {
			name := asText(r[0])
			visible := name == t.user || scope == "DBA" || t.rights.may("SELECT ANY TABLE")
			for object := range t.rights.object {
				visible = visible || strings.HasPrefix(object, name+".")
			}
			if visible {
				out = append(out, name)
			}
		}
		return err
	})
	return out, err
}

func (t *translator) sequenceObjects(v *dictView, scope string) error {
	return t.s.db.read(func(c *conn) error {
		rows, err := c.all(t.ctx, "SELECT owner, name FROM sequences ORDER BY owner, name")
		for _, r := range rows {
			if asText(r[0]) == t.user || scope != "USER" && t.rights.sees(asText(r[0]), asText(r[1])) {
				v.add(asText(r[0]), asText(r[1]), "SEQUENCE", nil, "VALID")
			}
		}
		return err
	})
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
