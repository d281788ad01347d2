package sqldb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// A catalog is what a session knows of one schema.
type catalog struct {
	version int64
	tables  map[string]*tableDef
	views   map[string]*viewDef
	created map[string][]byte
}

type viewDef struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns,omitempty"`
	Text    string   `json:"text"`
	Comment string   `json:"comment,omitempty"`
}

// catalogOf returns a schema's catalog as of now; ORA-00942 if there is no
// such schema.
func (s *Session) catalogOf(ctx context.Context, user string) (*catalog, error) {
	if !s.attached[user] {
		ok, err := s.db.userExists(user)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, oraErr(942)
		}
		if err := s.attach(ctx, user); err != nil {
			return nil, err
		}
	}
	v, err := s.conn.number(ctx, "PRAGMA "+attachName(user)+".user_version")
	if err != nil {
		return nil, s.mapError(err, nil)
	}
	if c := s.catalogs[user]; c != nil && c.version == v {
		return c, nil
	}
	c := &catalog{version: v, tables: map[string]*tableDef{}, views: map[string]*viewDef{}, created: map[string][]byte{}}
	rows, err := s.conn.all(ctx, "SELECT name, kind, def, created FROM "+attachName(user)+`."sys:catalog"`)
	if err != nil {
		return nil, s.mapError(err, nil)
	}
	for _, row := range rows {
		name := asText(row[0])
		c.created[name], _ = row[3].([]byte)
		if asText(row[1]) == "VIEW" {
			c.views[name] = &viewDef{}
			err = json.Unmarshal([]byte(asText(row[2])), c.views[name])
		} else {
			c.tables[name] = &tableDef{}
			err = json.Unmarshal([]byte(asText(row[2])), c.tables[name])
		}
		if err != nil {
			return nil, fmt.Errorf("read catalog entry %s: %w", name, err)
		}
	}
	s.catalogs[user] = c
	return c, nil
}

// fresh renews what the session knows of its rights.
func (s *Session) fresh(ctx context.Context) error {
	var v int64
	err := s.db.read(func(c *conn) (err error) {
		v, err = c.number(ctx, "PRAGMA user_version")
		return err
	})
	if err != nil || v == s.rights.version {
		return err
	}
	r, err := s.db.rights(ctx, s.user)
	if err != nil {
		return err
	}
	s.rights = r
	s.settings++
	return s.detachOthers(ctx)
}

// saveTable writes a table's entry; the caller has a transaction open.
func (s *Session) saveTable(ctx context.Context, user string, def *tableDef) error {
	return s.saveJSON(ctx, user, def.Name, "TABLE", def)
}

func (s *Session) saveJSON(ctx context.Context, user, name, kind string, def any) error {
	text, err := json.Marshal(def)
	if err != nil {
		return fmt.Errorf("write catalog entry: %w", err)
	}
	return s.saveEntry(ctx, user, name, kind, string(text))
}

func (s *Session) saveEntry(ctx context.Context, user, name, kind, text string) error {
	_, err := s.conn.exec(ctx, "INSERT INTO "+attachName(user)+`."sys:catalog"(name, kind, def, created) VALUES (?,?,?,?)
		ON CONFLICT(name) DO UPDATE SET kind=excluded.kind, def=excluded.def`, name, kind, text, dateNow())
	return err
}

func (s *Session) dropEntry(ctx context.Context, user, name string) error {
	_, err := s.conn.exec(ctx, "DELETE FROM "+attachName(user)+`."sys:catalog" WHERE name=?`, name)
	return err
}

// bump counts a change of a schema's catalog.
func (s *Session) bump(ctx context.Context, user string) error {
	v, err := s.conn.number(ctx, "PRAGMA "+attachName(user)+".user_version")
	if err != nil {
		return err
	}
	_, err = s.conn.exec(ctx, fmt.Sprintf("PRAGMA %s.user_version=%d", attachName(user), v+1))
	return err
}

// column finds a column by name.
func (t *tableDef) column(name string) *columnDef {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// notNull reports whether a column can hold no NULL, by its own or the
// primary key's demand.
func (t *tableDef) notNull(name string) bool {
	if c := t.column(name); c != nil && c.NotNull {
		return true
	}
	for _, c := range t.Constraints {
		if c.Kind != "P" || c.Disabled {
			continue
		}
		if slices.Contains(c.Columns, name) {
			return true
		}
	}
	return false
}
