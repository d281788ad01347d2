package sqldb

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// oraErr makes an error with Oracle's text for the code; the arguments fill
// the places that text leaves open.
func oraErr(code int, args ...any) *Error {
	text := oraText(code)
	if len(args) > 0 && strings.Contains(text, "%") {
		text = fmt.Sprintf(text, args...)
	}
	return &Error{Code: code, Message: text}
}

// unsupported is the honest answer to everything the stand-in does not know.
func unsupported(format string, args ...any) *Error {
	return &Error{Code: 3001, Message: "not in the stand-in: " + fmt.Sprintf(format, args...)}
}

// at sets the error's place in the statement.
func (e *Error) at(offset int) *Error {
	e.Offset = offset
	return e
}

// asError finds the Oracle error in err, or in the text of an error that went
// through SQLite on its way here.
func asError(err error) (*Error, bool) {
	var oe *Error
	if errors.As(err, &oe) {
		return oe, true
	}
	text := err.Error()
	i := strings.Index(text, "ORA-")
	if i < 0 || len(text) < i+11 || text[i+9] != ':' {
		return nil, false
	}
	code, convErr := strconv.Atoi(text[i+4 : i+9])
	if convErr != nil {
		return nil, false
	}
	message := text[i+11:]
	if j := strings.LastIndex(message, " ("); j >= 0 && strings.HasSuffix(message, ")") {
		if _, numErr := strconv.Atoi(message[j+2 : len(message)-1]); numErr == nil {
			message = message[:j]
		}
	}
	return &Error{Code: code, Message: message}, true
}

func oraText(code int) string {
	if text := oraTextSQL(code); text != "" {
		return text
	}
	if text := oraTextValue(code); text != "" {
		return text
	}
	return oraTextObject(code)
}

func oraTextSQL(code int) string {
	return map[int]string{
		900:   "invalid SQL statement",
		902:   "invalid datatype",
		903:   "invalid table name",
		904:   "%s: invalid identifier",
		905:   "missing keyword",
		906:   "missing left parenthesis",
		907:   "missing right parenthesis",
		908:   "missing NULL keyword",
		909:   "invalid number of arguments",
		910:   "specified length too long for its datatype",
		911:   "invalid character",
		913:   "too many values",
		917:   "missing comma",
		918:   "column ambiguously defined",
		920:   "invalid relational operator",
		923:   "FROM keyword not found where expected",
		925:   "missing INTO keyword",
		926:   "missing VALUES keyword",
		927:   "missing equal sign",
		928:   "missing SELECT keyword",
		932:   "inconsistent datatypes: expected %s got %s",
		933:   "SQL command not properly ended",
		934:   "group function is not allowed here",
		935:   "group function is nested too deeply",
		936:   "missing expression",
		937:   "not a single-group group function",
		938:   "not enough arguments for function",
		939:   "too many arguments for function",
		942:   "table or view does not exist",
		947:   "not enough values",
		957:   "duplicate column name",
		960:   "ambiguous column naming in select list",
		969:   "missing ON keyword",
		972:   "identifier is too long",
		979:   "not a GROUP BY expression",
		1006:  "bind variable does not exist",
		1008:  "not all variables bound",
		1013:  "user requested cancel of current operation",
		1027:  "bind variables not allowed for data definition operations",
		1036:  "illegal variable name/number",
		1044:  "size of buffer bound to variable exceeds maximum",
		1427:  "single-row subquery returns more than one row",
		971:   "missing SET keyword",
		1723:  "zero-length columns are not allowed",
		1727:  "numeric precision specifier is out of range (1 to 38)",
		1728:  "numeric scale specifier is out of range (-84 to 127)",
		30088: "datetime/interval precision is out of range",
		1733:  "virtual column not allowed here",
		1740:  "missing double quote in identifier",
		1741:  "illegal zero-length identifier",
		1742:  "comment not terminated properly",
		1747:  "invalid user.table.column, table.column, or column specification",
		1756:  "quoted string not properly terminated",
		1762:  "invalid FOR UPDATE",
		1785:  "ORDER BY item must be the number of a SELECT-list expression",
		1780:  "string literal required",
		1789:  "query block has incorrect number of result columns",
		1790:  "expression must have same datatype as corresponding expression",
		1791:  "not a SELECTed expression",
		1799:  "a column may not be outer-joined to a subquery",
		2287:  "sequence number not allowed here",
		6550:  "line %d, column %d:\n%s",
		30926: "unable to get a stable set of rows in the source tables",
		30483: "window functions are not allowed here",
		30484: "missing window specification for this function",
		38104: "Columns referenced in the ON Clause cannot be updated: %s",
	}[code]
}

func oraTextValue(code int) string {
	return map[int]string{
		1:     "unique constraint (%s) violated",
		1400:  "cannot insert NULL into (%s)",
		1401:  "inserted value too large for column",
		1407:  "cannot update (%s) to NULL",
		1422:  "exact fetch returns more than requested number of rows",
		1403:  "no data found",
		1426:  "numeric overflow",
		1428:  "argument '%s' is out of range",
		1438:  "value larger than specified precision allowed for this column",
		1465:  "invalid hex number",
		1476:  "divisor is equal to zero",
		1481:  "invalid number format model",
		1489:  "result of string concatenation is too long",
		1722:  "invalid number",
		1801:  "date format is too long for internal buffer",
		1810:  "format code appears twice",
		1821:  "date format not recognized",
		1830:  "date format picture ends before converting entire input string",
		1839:  "date not valid for month specified",
		1840:  "input value not long enough for date format",
		1841:  "(full) year must be between -4713 and +9999, and not be 0",
		1843:  "not a valid month",
		1846:  "not a valid day of the week",
		1847:  "day of month must be between 1 and last day of month",
		1848:  "day of year must be between 1 and 365 (366 for leap year)",
		1849:  "hour must be between 1 and 12",
		1850:  "hour must be between 0 and 23",
		1851:  "minutes must be between 0 and 59",
		1852:  "seconds must be between 0 and 59",
		1855:  "AM/A.M. or PM/P.M. required",
		1858:  "a non-numeric character was found where a numeric was expected",
		1861:  "literal does not match format string",
		1867:  "the interval is invalid",
		1873:  "the leading precision of the interval is too small",
		1874:  "time zone hour must be between -15 and 15",
		1875:  "time zone minute must be between -59 and 59",
		1882:  "timezone region not found",
		2290:  "check constraint (%s) violated",
		2291:  "integrity constraint (%s) violated - parent key not found",
		2292:  "integrity constraint (%s) violated - child record found",
		12899: "value too large for column %s (actual: %d, maximum: %d)",
		22835: "Buffer too small for CLOB to CHAR or BLOB to RAW conversion (actual: %d, maximum: %d)",
		32795: "cannot insert into a generated always identity column",
		32796: "cannot update a generated always identity column",
	}[code]
}

func oraTextObject(code int) string {
	return map[int]string{
		54:    "resource busy and acquire with NOWAIT specified or timeout expired",
		60:    "deadlock detected while waiting for resource",
		955:   "name is already used by an existing object",
		959:   "tablespace '%s' does not exist",
		922:   "missing or invalid option",
		940:   "invalid ALTER command",
		1012:  "not logged on",
		1017:  "invalid username/password; logon denied",
		1031:  "insufficient privileges",
		1045:  "user %s lacks CREATE SESSION privilege; logon denied",
		1086:  "savepoint '%s' never established in this session or is invalid",
		1408:  "such column list already indexed",
		1418:  "specified index does not exist",
		1430:  "column being added already exists in table",
		1435:  "user does not exist",
		1439:  "column to be modified must be empty to change datatype",
		1440:  "column to be modified must be empty to decrease precision or scale",
		1441:  "cannot decrease column length because some value is too big",
		1442:  "column to be modified to NOT NULL is already NOT NULL",
		1449:  "column contains NULL values; cannot alter to NOT NULL",
		1451:  "column to be modified to NULL cannot be modified to NULL",
		1452:  "cannot CREATE UNIQUE INDEX; duplicate keys found",
		1456:  "may not perform insert/delete/update operation inside a READ ONLY transaction",
		1543:  "tablespace '%s' already exists",
		1732:  "data manipulation operation not legal on this view",
		953:   "missing or invalid index name",
		1735:  "invalid ALTER TABLE option",
		1758:  "table must be empty to add mandatory (NOT NULL) column",
		1917:  "user or role '%s' does not exist",
		1918:  "user '%s' does not exist",
		1919:  "role '%s' does not exist",
		1920:  "user name '%s' conflicts with another user or role name",
		1921:  "role name '%s' conflicts with another user or role name",
		1922:  "CASCADE must be specified to drop '%s'",
		1924:  "role '%s' not granted or does not exist",
		1927:  "cannot REVOKE privileges you did not grant",
		1940:  "cannot drop a user that is currently connected",
		1950:  "no privileges on tablespace '%s'",
		1952:  "system privileges not granted to '%s'",
		990:   "missing or invalid privilege",
		987:   "missing or invalid username(s)",
		988:   "missing or invalid password(s)",
		2248:  "invalid option for ALTER SESSION",
		2260:  "table can have only one primary key",
		2261:  "such unique or primary key already exists in the table",
		2264:  "name already used by an existing constraint",
		2266:  "unique/primary keys in table referenced by enabled foreign keys",
		2267:  "column type incompatible with referenced column type",
		2270:  "no matching unique or primary key for this column-list",
		2273:  "this unique/primary key is referenced by some foreign keys",
		2289:  "sequence does not exist",
		2293:  "cannot validate (%s) - check constraint violated",
		2296:  "cannot enable (%s) - null values found",
		2298:  "cannot validate (%s) - parent keys not found",
		2299:  "cannot validate (%s) - duplicate keys found",
		2327:  "cannot create index on expression with datatype %s",
		2329:  "column of datatype %s cannot be unique or a primary key",
		2429:  "cannot drop index used for enforcement of unique/primary key",
		2430:  "cannot enable constraint (%s) - no such constraint",
		2443:  "Cannot drop constraint  - nonexistent constraint",
		2449:  "unique/primary keys in table referenced by foreign keys",
		4004:  "MINVALUE must be less than MAXVALUE",
		4006:  "START WITH cannot be less than MINVALUE",
		4008:  "START WITH cannot be more than MAXVALUE",
		4002:  "INCREMENT must be a non-zero integer",
		4043:  "object %s does not exist",
		8002:  "sequence %s.CURRVAL is not yet defined in this session",
		8004:  "sequence %s.NEXTVAL %s %s and cannot be instantiated",
		12991: "column is referenced in a multi-column constraint",
		12983: "cannot drop all columns in a table",
		12992: "cannot drop parent key column",
		28000: "The account is locked.",
		43853: "SECUREFILE lobs cannot be used in non-ASSM tablespace \"%s\"",
		65096: "common user or role name must start with C##",
	}[code]
}
