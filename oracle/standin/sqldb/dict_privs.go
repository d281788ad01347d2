package sqldb

import "strings"

// privilegesView answers the grants on tables that the session may know of.
func (t *translator) privilegesView(name string) (*dictView, bool, error) {
	if name == "DBA_TAB_PRIVS" && !t.rights.may("SELECT ANY DICTIONARY") {
		return nil, false, nil
	}
	v := newDictView("GRANTEE", "OWNER", "TABLE_NAME", "GRANTOR", "PRIVILEGE", "GRANTABLE", "HIERARCHY", "TYPE")
	if name == "ALL_TAB_PRIVS" {
		v.cols[1].name = "TABLE_SCHEMA"
	}
	err := t.s.db.read(func(c *conn) error {
		rows, err := c.all(t.ctx, "SELECT grantee, owner, object, privilege FROM grants WHERE object<>'' ORDER BY owner, object, grantee, privilege")
		for _, r := range rows {
			grantee, owner := asText(r[0]), asText(r[1])
			mine := grantee == t.user || owner == t.user || grantee == "PUBLIC" && name == "ALL_TAB_PRIVS"
			if mine || name == "DBA_TAB_PRIVS" {
				v.add(grantee, owner, asText(r[2]), owner, asText(r[3]), "NO", "NO", "TABLE")
			}
		}
		return err
	})
	return v, true, err
}

// isMissingView reports whether Oracle has a view of that name, which then is
// not said not to exist.
func (t *translator) isMissingView(name string) bool {
	if strings.HasPrefix(name, "V$") || strings.HasPrefix(name, "GV$") {
		return true
	}
	scope, view, ok := strings.Cut(name, "_")
	if !ok || scope != "USER" && scope != "ALL" && scope != "DBA" || scope == "DBA" && !t.rights.may("SELECT ANY DICTIONARY") {
		return false
	}
	switch view {
	case "CATALOG", "CLUSTERS", "COL_PRIVS", "COL_TYPES", "DATA_FILES", "DB_LINKS", "DEPENDENCIES", "DIRECTORIES", "ERRORS", "EXTENTS",
		"EXTERNAL_TABLES", "FREE_SPACE", "HIST_SQLTEXT", "IND_EXPRESSIONS", "IND_PARTITIONS", "IND_STATISTICS", "JOBS", "LOBS", "MVIEWS",
		"MVIEW_LOGS", "OBJECT_TABLES", "PART_TABLES", "POLICIES", "PROFILES", "QUEUES", "QUEUE_TABLES", "RECYCLEBIN", "REFS", "ROLES",
		"ROLE_PRIVS", "SCHEDULER_JOBS", "SEGMENTS", "SEQUENCES", "SOURCE", "SYS_PRIVS", "TABLESPACES", "TAB_COL_STATISTICS",
		"TAB_IDENTITY_COLS", "TAB_MODIFICATIONS", "TAB_PARTITIONS", "TAB_STATISTICS", "TAB_SUBPARTITIONS", "TEMP_FILES", "TS_QUOTAS",
		"TYPE_ATTRS", "TYPE_METHODS", "UNUSED_COL_TABS", "UPDATABLE_COLUMNS", "XML_TABLES":
		return true
	}
	return false
}
