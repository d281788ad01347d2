package sqldb

import "strings"

// dictColumns names a view's columns, OWNER first.
func dictColumns(view string) []string {
	switch view {
	case "TABLES":
		return []string{"OWNER", "TABLE_NAME", "TABLESPACE_NAME", "STATUS", "TEMPORARY", "PARTITIONED", "NUM_ROWS n", "BLOCKS n"}
	case "TAB_COLUMNS", "TAB_COLS":
		return []string{
			"OWNER", "TABLE_NAME", "COLUMN_NAME", "DATA_TYPE", "DATA_LENGTH n", "DATA_PRECISION n", "DATA_SCALE n", "NULLABLE",
			"COLUMN_ID n", "DATA_DEFAULT long", "CHAR_LENGTH n", "CHAR_USED", "IDENTITY_COLUMN",
			"DATA_TYPE_OWNER", "VIRTUAL_COLUMN", "HIDDEN_COLUMN", "USER_GENERATED",
		}
	case "CONSTRAINTS":
		return []string{
			"OWNER", "CONSTRAINT_NAME", "CONSTRAINT_TYPE", "TABLE_NAME", "SEARCH_CONDITION long", "R_OWNER", "R_CONSTRAINT_NAME",
			"DELETE_RULE", "STATUS", "GENERATED", "INDEX_NAME", "DEFERRABLE", "DEFERRED", "VALIDATED",
		}
	case "CONS_COLUMNS":
		return []string{"OWNER", "CONSTRAINT_NAME", "TABLE_NAME", "COLUMN_NAME", "POSITION n"}
	case "INDEXES":
		return []string{"OWNER", "INDEX_NAME", "INDEX_TYPE", "TABLE_OWNER", "TABLE_NAME", "UNIQUENESS", "STATUS", "NUM_ROWS n", "DISTINCT_KEYS n", "LEAF_BLOCKS n"}
	case "IND_COLUMNS":
		return []string{"INDEX_OWNER", "INDEX_NAME", "TABLE_OWNER", "TABLE_NAME", "COLUMN_NAME", "COLUMN_POSITION n", "DESCEND"}
	case "TAB_COMMENTS":
		return []string{"OWNER", "TABLE_NAME", "TABLE_TYPE", "COMMENTS long"}
	case "COL_COMMENTS":
		return []string{"OWNER", "TABLE_NAME", "COLUMN_NAME", "COMMENTS long"}
	case "TYPES":
		return []string{"OWNER", "TYPE_NAME", "TYPECODE"}
	case "PROCEDURES":
		return []string{"OWNER", "OBJECT_NAME", "PROCEDURE_NAME", "OBJECT_TYPE", "OVERLOAD", "OBJECT_ID n", "SUBPROGRAM_ID n"}
	case "ARGUMENTS":
		return []string{
			"OWNER", "OBJECT_NAME", "PACKAGE_NAME", "ARGUMENT_NAME", "POSITION n", "SEQUENCE n", "DATA_LEVEL n", "DATA_TYPE", "IN_OUT",
			"DATA_LENGTH n", "DATA_PRECISION n", "DATA_SCALE n", "RADIX n", "OVERLOAD", "OBJECT_ID n", "SUBPROGRAM_ID n",
			"TYPE_OWNER", "TYPE_NAME", "TYPE_OBJECT_TYPE", "DEFAULT_VALUE long",
		}
	case "TRIGGERS":
		return []string{
			"OWNER", "TRIGGER_NAME", "TRIGGER_TYPE", "TRIGGERING_EVENT", "TABLE_OWNER", "BASE_OBJECT_TYPE", "TABLE_NAME", "COLUMN_NAME",
			"WHEN_CLAUSE", "STATUS", "DESCRIPTION", "TRIGGER_BODY long",
		}
	case "SYNONYMS":
		return []string{"OWNER", "SYNONYM_NAME", "TABLE_OWNER", "TABLE_NAME", "DB_LINK"}
	case "OBJECTS":
		return []string{"OWNER", "OBJECT_NAME", "OBJECT_TYPE", "CREATED d", "STATUS"}
	}
	return []string{"OWNER", "VIEW_NAME", "TEXT_LENGTH n", "TEXT long"}
}

func fillTables(v *dictView, owner string, _ *catalog, d *tableDef) {
	v.add(owner, d.Name, "USERS", "VALID", "N", "NO", nil, nil)
}

func fillColumns(v *dictView, owner string, _ *catalog, d *tableDef) {
	for i, c := range d.Columns {
		null, identity := "Y", "NO"
		if d.notNull(c.Name) {
			null = "N"
		}
		if c.Identity != nil {
			identity = "YES"
		}
		name, length := c.Type.name(), c.Type.Size
		var prec, scale, chars, used any
		switch c.Type.Type {
		case Number:
			length = 22
			if c.Type.Float {
				prec = 126
			} else if c.Type.Prec > 0 {
				prec, scale = c.Type.Prec, c.Type.Scale
			}
		case Timestamp, TimestampTZ:
			name = strings.Replace(name, "TIMESTAMP", "TIMESTAMP("+string(rune('0'+c.Type.Prec))+")", 1)
			scale = c.Type.Prec
		case Varchar2, Char:
			chars, used = c.Type.Chars, "B"
			if c.Type.CharSem {
				used = "C"
			}
		}
		v.add(owner, d.Name, c.Name, name, length, prec, scale, null, i+1, c.Default, chars, used, identity, nil, "NO", "NO", "YES")
	}
}

func fillConstraints(v *dictView, owner string, cat *catalog, d *tableDef) {
	for _, c := range d.Constraints {
		status, generated, rule := "ENABLED", "USER NAME", ""
		if c.Disabled {
			status = "DISABLED"
		}
		if c.Generated {
			generated = "GENERATED NAME"
		}
		refOwner, ref, index := "", "", ""
		switch c.Kind {
		case "R":
			rule = "NO ACTION"
			if c.OnDelete != "" {
				rule = c.OnDelete
			}
			refOwner = owner
			if parent := cat.tables[c.RefTable]; parent != nil {
				if key := parent.keyOf(c.RefCols); key != nil {
					ref = key.Name
				}
			}
		case "P", "U":
			index = c.Name
		}
		v.add(owner, c.Name, c.Kind, d.Name, c.Check, refOwner, ref, rule, status, generated, index, "NOT DEFERRABLE", "IMMEDIATE", "VALIDATED")
	}
	for _, c := range d.Columns {
		if c.NotNull {
			generated := "USER NAME"
			if strings.HasPrefix(c.NotNullName, "SYS_C") {
				generated = "GENERATED NAME"
			}
			v.add(owner, c.NotNullName, "C", d.Name, `"`+c.Name+`" IS NOT NULL`, "", "", "", "ENABLED", generated, "", "NOT DEFERRABLE", "IMMEDIATE", "VALIDATED")
		}
	}
}

func fillConsColumns(v *dictView, owner string, _ *catalog, d *tableDef) {
	for _, c := range d.Constraints {
		for i, col := range c.Columns {
			v.add(owner, c.Name, d.Name, col, i+1)
		}
	}
	for _, c := range d.Columns {
		if c.NotNull {
			v.add(owner, c.NotNullName, d.Name, c.Name, nil)
		}
	}
}

func fillIndexes(v *dictView, owner string, _ *catalog, d *tableDef) {
	for _, c := range d.Constraints {
		if c.Kind == "P" || c.Kind == "U" {
			v.add(owner, c.Name, "NORMAL", owner, d.Name, "UNIQUE", "VALID", nil, nil, nil)
		}
	}
	for _, x := range d.Indexes {
		kind, unique := "NORMAL", "NONUNIQUE"
		for i := range x.Terms {
			if x.IsExpr[i] || x.Desc[i] {
				kind = "FUNCTION-BASED NORMAL"
			}
		}
		if x.Unique {
			unique = "UNIQUE"
		}
		v.add(owner, x.Name, kind, owner, d.Name, unique, "VALID", nil, nil, nil)
	}
}

func fillIndexColumns(v *dictView, owner string, _ *catalog, d *tableDef) {
	for _, c := range d.Constraints {
		if c.Kind != "P" && c.Kind != "U" {
			continue
		}
		for i, col := range c.Columns {
			v.add(owner, c.Name, owner, d.Name, col, i+1, "ASC")
		}
	}
	for _, x := range d.Indexes {
		for i, term := range x.Terms {
			dir := "ASC"
			if x.Desc[i] {
				dir = "DESC"
			}
			v.add(owner, x.Name, owner, d.Name, term, i+1, dir)
		}
	}
}

func fillTableComments(v *dictView, owner string, _ *catalog, d *tableDef) {
	v.add(owner, d.Name, "TABLE", d.Comment)
}

func fillColumnComments(v *dictView, owner string, _ *catalog, d *tableDef) {
	for _, c := range d.Columns {
		v.add(owner, d.Name, c.Name, c.Comment)
	}
}

func fillObjects(v *dictView, owner string, cat *catalog, d *tableDef) {
	v.add(owner, d.Name, "TABLE", cat.created[d.Name], "VALID")
	for _, c := range d.Constraints {
		if c.Kind == "P" || c.Kind == "U" {
			v.add(owner, c.Name, "INDEX", cat.created[d.Name], "VALID")
		}
	}
	for _, x := range d.Indexes {
		v.add(owner, x.Name, "INDEX", cat.created[d.Name], "VALID")
	}
}
