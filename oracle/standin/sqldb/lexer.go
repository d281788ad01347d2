package sqldb

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of what is parsed.
const (
	maxStatement = 1 << 20 // bytes of one statement
	maxDepth     = 120     // nested expressions and queries
	maxIdent     = 128     // bytes of a name
	maxChain     = 900     // operators in a row
)

type tokenKind uint8

const (
	tokEOF tokenKind = iota
	tokWord
	tokQuoted
	tokNumber
	tokString
	tokBind
	tokOp
)

// A token is one word of a statement; text is upper case for words, and
// unquoted for strings and quoted names.
type token struct {
	kind     tokenKind
	text     string
	pos, end int
}

// lex splits a statement into tokens. Comments and hints are skipped.
func lex(sql string) ([]token, *Error) {
	if len(sql) > maxStatement {
		return nil, unsupported("statements over %d bytes", maxStatement)
	}
	var out []token
	for i := 0; ; {
		i = skipBlanks(sql, i)
		if i < 0 {
			return nil, oraErr(1742)
		}
		if i >= len(sql) {
			return append(out, token{kind: tokEOF, pos: len(sql), end: len(sql)}), nil
		}
		tok, err := lexOne(sql, i)
		if err != nil {
			return nil, err.at(i)
		}
		out = append(out, tok)
		i = tok.end
	}
}

// skipBlanks returns the place of the next token, or -1 when a comment does
// not end.
func skipBlanks(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsSpace(r) || r == 0:
			i += n
		case strings.HasPrefix(s[i:], "--"):
			j := strings.IndexByte(s[i:], '\n')
			if j < 0 {
				return len(s)
			}
			i += j + 1
		case strings.HasPrefix(s[i:], "/*"):
			j := strings.Index(s[i+2:], "*/")
			if j < 0 {
				return -1
			}
			i += j + 4
		default:
			return i
		}
	}
	return i
}

func lexOne(s string, i int) (token, *Error) {
	c := s[i]
	switch {
	case c == '\'':
		return lexString(s, i, i)
	case (c == 'n' || c == 'N') && i+1 < len(s) && s[i+1] == '\'':
		return lexString(s, i, i+1)
	case (c == 'q' || c == 'Q') && i+1 < len(s) && s[i+1] == '\'':
		return lexQString(s, i)
	case c == '"':
		return lexQuoted(s, i)
	case c >= '0' && c <= '9', c == '.' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
		return lexNumber(s, i), nil
	case c == ':' && !strings.HasPrefix(s[i:], ":="):
		return lexBind(s, i)
	}
	if j := wordEnd(s, i); j > i {
		if j-i > maxIdent {
			return token{}, oraErr(972)
		}
		return token{tokWord, strings.ToUpper(s[i:j]), i, j}, nil
	}
	for _, op := range []string{"<>", "!=", "^=", "<=", ">=", "||", ":=", "=>", ".."} {
		if strings.HasPrefix(s[i:], op) {
			return token{tokOp, op, i, i + 2}, nil
		}
	}
	if strings.IndexByte("+-*/(),.=<>;@?%[]|", c) >= 0 {
		return token{tokOp, string(c), i, i + 1}, nil
	}
	return token{}, oraErr(911)
}

func wordEnd(s string, i int) int {
	start := i
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		ok := unicode.IsLetter(r) || i > start && (unicode.IsDigit(r) || r == '_' || r == '$' || r == '#')
		if !ok || r == utf8.RuneError {
			break
		}
		i += n
	}
	return i
}

func lexString(s string, pos, i int) (token, *Error) {
	var b strings.Builder
	for i++; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return token{tokString, b.String(), pos, i + 1}, nil
	}
	return token{}, oraErr(1756)
}

func lexQString(s string, pos int) (token, *Error) {
	i := pos + 2
	if i >= len(s) {
		return token{}, oraErr(1756)
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	closer := string(r)
	if j := strings.IndexRune("[{(<", r); j >= 0 {
		closer = string("]})>"[j])
	}
	body := s[i+n:]
	j := strings.Index(body, closer+"'")
	if j < 0 {
		return token{}, oraErr(1756)
	}
	return token{tokString, body[:j], pos, i + n + j + len(closer) + 1}, nil
}

func lexQuoted(s string, i int) (token, *Error) {
	j := strings.IndexByte(s[i+1:], '"')
	switch {
	case j < 0:
		return token{}, oraErr(1740)
	case j == 0:
		return token{}, oraErr(1741)
	case j > maxIdent:
		return token{}, oraErr(972)
	}
	name := s[i+1 : i+1+j]
	if strings.ContainsRune(name, 0) || !utf8.ValidString(name) {
		return token{}, oraErr(911)
	}
	return token{tokQuoted, name, i, i + j + 2}, nil
}

func lexNumber(s string, i int) token {
	j := i
	digits := func() {
		for j < len(s) && s[j] >= '0' && s[j] <= '9' {
			j++
		}
	}
	digits()
	if j < len(s) && s[j] == '.' && !strings.HasPrefix(s[j:], "..") {
		j++
		digits()
	}
	if j < len(s) && (s[j] == 'e' || s[j] == 'E') {
		k := j + 1
		if k < len(s) && (s[k] == '+' || s[k] == '-') {
			k++
		}
		if k < len(s) && s[k] >= '0' && s[k] <= '9' {
			j = k
			digits()
		}
	}
	text := s[i:j]
	if j < len(s) && (s[j]|0x20 == 'd' || s[j]|0x20 == 'f') && wordEnd(s, j) == j+1 {
		j++
		text = s[i:j]
	}
	return token{tokNumber, text, i, j}
}

func lexBind(s string, i int) (token, *Error) {
	j := skipBlanks(s, i+1)
	if j < 0 || j >= len(s) {
		return token{}, oraErr(1008)
	}
	if s[j] == '"' {
		t, err := lexQuoted(s, j)
		return token{tokBind, t.text, i, t.end}, err
	}
	k := j
	for k < len(s) && s[k] >= '0' && s[k] <= '9' {
		k++
	}
	if k == j {
		k = wordEnd(s, j)
	}
	if k == j {
		return token{}, oraErr(1036)
	}
	return token{tokBind, strings.ToUpper(s[j:k]), i, k}, nil
}
