package pipeline

import (
	"regexp"
	"slices"
	"strings"
)

var identifierPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_$#]*$`)

// maxIdentifier is the length of a name in Oracle 12.2 and later.
const maxIdentifier = 128

// schemaName accepts an Oracle identifier that needs no quotes and is free for
// a user to have.
func schemaName(name string) string {
	upper := strings.ToUpper(name)
	switch {
	case !identifierPattern.MatchString(name):
		return quote(name) + " is no Oracle identifier: want a letter, then letters, digits, _ $ #"
	case len(name) > maxIdentifier:
		return "is longer than 128 characters"
	case slices.Contains(oracleUsers(), upper):
		return upper + " belongs to Oracle itself"
	case slices.Contains(reservedWords(), upper):
		return upper + " is a reserved word in Oracle"
	}
	return ""
}

// oracleUsers are accounts that every Oracle database has.
func oracleUsers() []string {
	return strings.Fields(`SYS SYSTEM PUBLIC PDBADMIN SYSBACKUP SYSDG SYSKM SYSRAC DBSNMP OUTLN XDB CTXSYS MDSYS
		AUDSYS ORDSYS WMSYS LBACSYS DVSYS OPS$ORACLE`)
}

// reservedWords cannot name a user without quotes.
func reservedWords() []string {
	return strings.Fields(`ACCESS ADD ALL ALTER AND ANY AS ASC AUDIT BETWEEN BY CHAR CHECK CLUSTER COLUMN COMMENT
		COMPRESS CONNECT CREATE CURRENT DATE DECIMAL DEFAULT DELETE DESC DISTINCT DROP ELSE EXCLUSIVE EXISTS FILE
		FLOAT FOR FROM GRANT GROUP HAVING IDENTIFIED IMMEDIATE IN INCREMENT INDEX INITIAL INSERT INTEGER INTERSECT
		INTO IS LEVEL LIKE LOCK LONG MAXEXTENTS MINUS MLSLABEL MODE MODIFY NOAUDIT NOCOMPRESS NOT NOWAIT NULL NUMBER
		OF OFFLINE ON ONLINE OPTION OR ORDER PCTFREE PRIOR RAW RENAME RESOURCE REVOKE ROW ROWID ROWNUM ROWS SELECT
		SESSION SET SHARE SIZE SMALLINT START SUCCESSFUL SYNONYM SYSDATE TABLE THEN TO TRIGGER UID UNION UNIQUE
		UPDATE USER VALIDATE VALUES VARCHAR VARCHAR2 VIEW WHENEVER WHERE WITH`)
}

// oracleSuffixes are what each ORACLE_... set consists of.
func oracleSuffixes() []string {
	return []string{"HOST", "PORT", "SERVICE", "USER", "PASSWORD", "JDBC_URL", "URL"}
}

// SchemaPrefix gives what the names of a schema's environment variables start
// with: ORACLE_ for the first schema, ORACLE_<NAME>_ for each further one, with
// _ for what a variable's name cannot hold.
func (c Config) SchemaPrefix(schema string) string {
	if len(c.Oracle.Schemas) == 0 || strings.EqualFold(schema, c.Oracle.Schemas[0]) {
		return "ORACLE_"
	}
	return "ORACLE_" + strings.NewReplacer("$", "_", "#", "_").Replace(strings.ToUpper(schema)) + "_"
}

// EnvNames lists the variables that the build's commands get from pipeline.
func (c Config) EnvNames() []string {
	var names []string
	schemas := c.Oracle.Schemas
	if len(schemas) == 0 {
		schemas = []string{""}
	}
	for _, schema := range schemas {
		for _, suffix := range oracleSuffixes() {
			names = append(names, c.SchemaPrefix(schema)+suffix)
		}
	}
	return append(names, "PIPELINE_RUN_ID")
}
