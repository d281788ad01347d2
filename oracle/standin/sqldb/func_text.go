package sqldb

import (
	"database/sql/driver"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

const maxPadded = 4000

func onText(fn func(s string) string) sqlFunc {
	return sqlFunc{1, func(a []driver.Value) (driver.Value, error) { return fn(asText(a[0])), nil }}
}

func textFuncs() map[string]sqlFunc {
	return map[string]sqlFunc{
		"ora_upper":   onText(strings.ToUpper),
		"ora_lower":   onText(strings.ToLower),
		"ora_initcap": onText(initcap),
		"ora_substr":  {-1, substr},
		"ora_instr":   {-1, instr},
		"ora_like":    {-1, like},
		"ora_ltrim": {2, func(a []driver.Value) (driver.Value, error) {
			return strings.TrimLeft(asText(a[0]), asText(a[1])), nil
		}},
		"ora_rtrim": {2, func(a []driver.Value) (driver.Value, error) {
			return strings.TrimRight(asText(a[0]), asText(a[1])), nil
		}},
		"ora_lpad":      {3, func(a []driver.Value) (driver.Value, error) { return pad(a, true) }},
		"ora_rpad":      {3, func(a []driver.Value) (driver.Value, error) { return pad(a, false) }},
		"ora_translate": {3, translateChars},
		"ora_chr": {1, func(a []driver.Value) (driver.Value, error) {
			n, err := whole(a[0])
			if err == nil && (n < 1 || n > 127) {
				err = unsupported("CHR beyond 1 to 127")
			}
			if err != nil {
				return nil, err
			}
			return string(rune(n)), nil
		}},
		"ora_ascii": {1, func(a []driver.Value) (driver.Value, error) {
			s := asText(a[0])
			n := int64(0)
			_, size := utf8.DecodeRuneInString(s)
			for i := range size {
				n = n<<8 | int64(s[i])
			}
			return encoded(format.FromInt(n))
		}},
		"ora_hextoraw": {1, func(a []driver.Value) (driver.Value, error) {
			s := asText(a[0])
			if len(s)%2 != 0 {
				s = "0" + s
			}
			b, err := hex.DecodeString(s)
			if err != nil {
				return nil, oraErr(1465)
			}
			return b, nil
		}},
		"ora_raw_text": {1, func(a []driver.Value) (driver.Value, error) { return validText(asBytes(a[0])) }},
	}
}

func initcap(s string) string {
	inWord := false
	return strings.Map(func(r rune) rune {
		word := unicode.IsLetter(r) || unicode.IsDigit(r)
		first := word && !inWord
		inWord = word
		if first {
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, s)
}

func substr(a []driver.Value) (driver.Value, error) {
	r := []rune(asText(a[0]))
	start, err := whole(a[1])
	if err != nil {
		return nil, err
	}
	n := len(r)
	if len(a) > 2 {
		if n, err = whole(a[2]); err != nil {
			return nil, err
		}
	}
	switch {
	case start > 0:
		start--
	case start < 0:
		start += len(r)
	}
	if start < 0 || start >= len(r) || n < 1 {
		return nil, nil
	}
	return string(r[start:min(len(r), start+n)]), nil
}

func instr(a []driver.Value) (driver.Value, error) {
	s, sub := []rune(asText(a[0])), []rune(asText(a[1]))
	from, occurrence := 1, 1
	var err error
	if len(a) > 2 {
		if from, err = whole(a[2]); err != nil {
			return nil, err
		}
	}
	if len(a) > 3 {
		if occurrence, err = whole(a[3]); err != nil {
			return nil, err
		}
	}
	if occurrence < 1 {
		return nil, oraErr(1428, asNumberText(a[3]))
	}
	step, at := 1, from-1
	if from < 0 {
		step, at = -1, min(len(s)+from, len(s)-len(sub))
	}
	for ; from != 0 && at >= 0 && at+len(sub) <= len(s); at += step {
		if string(s[at:at+len(sub)]) == string(sub) {
			if occurrence--; occurrence == 0 {
				return encoded(format.FromInt(int64(at + 1)))
			}
		}
	}
	return encoded(format.Decimal{})
}

func asNumberText(v driver.Value) string {
	x, err := decimal(v)
	if err != nil {
		return ""
	}
	return x.String()
}

// like matches a pattern of % and _.
func like(a []driver.Value) (driver.Value, error) {
	escape := rune(-1)
	if len(a) > 2 {
		e := []rune(asText(a[2]))
		if len(e) != 1 {
			return nil, &Error{Code: 1425, Message: "escape character must be character string of length 1"}
		}
		escape = e[0]
	}
	ok, err := likeMatch([]rune(asText(a[0])), []rune(asText(a[1])), escape)
	if ok {
		return int64(1), err
	}
	return int64(0), err
}

// likeMatch walks over text and pattern, going back to the last % when they
// part.
func likeMatch(s, p []rune, escape rune) (bool, error) {
	for i := 0; i < len(p); i++ {
		if p[i] == escape {
			if i+1 >= len(p) || p[i+1] != '%' && p[i+1] != '_' && p[i+1] != escape {
				return false, &Error{Code: 1424, Message: "missing or illegal character following the escape character"}
			}
			i++
		}
	}
	i, j, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case j < len(p) && p[j] == '%' && p[j] != escape:
			star, mark = j, i
			j++
			continue
		case j < len(p) && p[j] == escape && p[j+1] == s[i]:
			i, j = i+1, j+2
			continue
		case j < len(p) && p[j] != escape && (p[j] == '_' || p[j] == s[i]):
			i, j = i+1, j+1
			continue
		case star < 0:
			return false, nil
		}
		mark++
		i, j = mark, star+1
	}
	for j < len(p) && p[j] == '%' && p[j] != escape {
		j++
	}
	return j == len(p), nil
}

func pad(a []driver.Value, left bool) (driver.Value, error) {
	s, fill := []rune(asText(a[0])), []rune(asText(a[2]))
	n, err := whole(a[1])
	if err != nil || n <= 0 || len(fill) == 0 {
		return nil, err
	}
	for _, r := range append(slices.Clip(s), fill...) {
		if r >= 0x1100 {
			return nil, unsupported("padding of characters that may be wide")
		}
	}
	if n > maxPadded {
		n = maxPadded
	}
	if len(s) >= n {
		return string(s[:n]), nil
	}
	out := make([]rune, 0, n)
	if !left {
		out = append(out, s...)
	}
	for i := range n - len(s) {
		out = append(out, fill[i%len(fill)])
	}
	if left {
		out = append(out, s...)
	}
	return string(out), nil
}

func translateChars(a []driver.Value) (driver.Value, error) {
	from, to := []rune(asText(a[1])), []rune(asText(a[2]))
	return strings.Map(func(r rune) rune {
		for i, f := range from {
			if f != r {
				continue
			}
			if i < len(to) {
				return to[i]
			}
			return -1
		}
		return r
	}, asText(a[0])), nil
}
