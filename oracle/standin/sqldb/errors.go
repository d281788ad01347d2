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
	if oe, ok := errors.AsType[*Error](err); ok {
		return oe, true
	}
	text := err.Error()
	i := strings.Index(text, "ORA-")
	if i < 0 || len(text) < i+11 || text[i+9] != ':' {
		return nil, false
	}
	if !isDigits(text[i+4 : i+9]) {
		return nil, false
	}
	code, _ := strconv.Atoi(text[i+4 : i+9])
	message := text[i+11:]
	if j := strings.LastIndex(message, " ("); j >= 0 && strings.HasSuffix(message, ")") {
		if _, numErr := strconv.Atoi(message[j+2 : len(message)-1]); numErr == nil {
			message = message[:j]
		}
	}
	return &Error{Code: code, Message: message}, true
}
