package pipeline

import (
	"regexp"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/oracle"
)

var identifierPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_$#]*$`)

// maxShards keeps a typing error from filling the database's 200 processes.
const maxShards = 64

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

// schemaNames are the schemas that the database will have: each shard, when
// there are shards.
func (c Config) schemaNames() []string {
	schemas := c.Oracle.Schemas
	if len(schemas) == 0 && c.Name != "" {
		schemas = []string{defaultSchema(c.Name)}
	}
	return oracle.ShardNames(schemas, c.Oracle.Shards)
}
