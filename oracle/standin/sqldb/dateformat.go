package sqldb

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

// A dateElement is one part of a date format: an element's name in upper
// case, or a literal text.
type dateElement struct {
	name    string
	written string // as in the format, for its case
	literal bool
}

// dateElements is the list of what a format may hold; longer names first.
func dateElementNames() []string {
	return []string{
		"SYYYY", "YYYY", "IYYY", "RRRR", "Y,YYY", "YYY", "IYY", "YY", "IY", "RR", "YEAR", "Y", "I",
		"MONTH", "MON", "MM", "MI", "DDD", "DD", "DAY", "DY", "D", "HH24", "HH12", "HH", "SSSSS", "SS",
		"FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "FF7", "FF8", "FF9", "FF", "A.M.", "P.M.", "AM", "PM", "A.D.", "B.C.", "AD", "BC",
		"TZH", "TZM", "TZR", "TZD", "IW", "WW", "W", "Q", "CC", "J", "RM", "FM", "FX", "X", "TS", "DS", "DL", "EE", "E",
	}
}

func splitDateFormat(model string) ([]dateElement, *Error) {
	if len(model) > 200 {
		return nil, oraErr(1801)
	}
	var out []dateElement
	names := dateElementNames()
	for i := 0; i < len(model); {
		c := model[i]
		if c == '"' {
			j := strings.IndexByte(model[i+1:], '"')
			if j < 0 {
				return nil, oraErr(1821)
			}
			out = append(out, dateElement{name: model[i+1 : i+1+j], literal: true})
			i += j + 2
			continue
		}
		upper := strings.ToUpper(model[i:])
		found := ""
		for _, n := range names {
			if strings.HasPrefix(upper, n) && len(n) > len(found) {
				found = n
			}
		}
		switch {
		case found != "":
			out = append(out, dateElement{name: found, written: model[i : i+len(found)]})
			i += len(found)
			if rest := strings.ToUpper(model[i:]); strings.HasPrefix(rest, "TH") || strings.HasPrefix(rest, "SP") {
				return nil, unsupported("TH and SP in date formats")
			}
		case strings.IndexByte("-/,.;: _", c) >= 0:
			out = append(out, dateElement{name: string(c), literal: true})
			i++
		default:
			return nil, oraErr(1821)
		}
	}
	return out, nil
}

// formatDate is TO_CHAR of a date; size is the length of its internal format.
func formatDate(t time.Time, model string, size int) (string, error) {
	elements, oe := splitDateFormat(model)
	if oe != nil {
		return "", oe
	}
	var b strings.Builder
	fill := true
	for _, e := range elements {
		switch {
		case e.literal:
			b.WriteString(e.name)
		case e.name == "FM":
			fill = !fill
		case e.name == "FX":
		default:
			s, err := formatElement(t, e, fill, size)
			if err != nil {
				return "", err
			}
			b.WriteString(s)
		}
	}
	return b.String(), nil
}

func formatElement(t time.Time, e dateElement, fill bool, size int) (string, error) {
	if n, width, ok := numberElement(t, e.name); ok {
		if fill {
			return fmt.Sprintf("%0*d", width, n), nil
		}
		return fmt.Sprint(n), nil
	}
	switch e.name {
	case "SYYYY":
		return fmt.Sprintf("%5d", t.Year()), nil
	case "MONTH":
		return caseLike(e.written, padName(t.Month().String(), fill)), nil
	case "MON":
		return caseLike(e.written, t.Month().String()[:3]), nil
	case "DAY":
		return caseLike(e.written, padName(t.Weekday().String(), fill)), nil
	case "DY":
		return caseLike(e.written, t.Weekday().String()[:3]), nil
	}
	return formatTimeElement(t, e, size)
}

// numberElement is the value of an element that is a number, and its width.
func numberElement(t time.Time, name string) (n, width int, ok bool) {
	iso, week := t.ISOWeek()
	year := t.Year()
	e, ok := map[string][2]int{
		"YYYY": {year, 4}, "RRRR": {year, 4}, "YYY": {year % 1000, 3}, "YY": {year % 100, 2}, "RR": {year % 100, 2}, "Y": {year % 10, 1},
		"IYYY": {iso, 4}, "MM": {int(t.Month()), 2}, "DD": {t.Day(), 2}, "DDD": {t.YearDay(), 3}, "D": {int(t.Weekday()) + 1, 1},
		"HH24": {t.Hour(), 2}, "HH": {(t.Hour()+11)%12 + 1, 2}, "HH12": {(t.Hour()+11)%12 + 1, 2}, "MI": {t.Minute(), 2}, "SS": {t.Second(), 2},
		"SSSSS": {t.Hour()*3600 + t.Minute()*60 + t.Second(), 5}, "Q": {(int(t.Month()) + 2) / 3, 1}, "IW": {week, 2},
		"WW": {(t.YearDay()-1)/7 + 1, 2}, "W": {(t.Day()-1)/7 + 1, 1},
	}[name]
	return e[0], e[1], ok
}

func padName(s string, fill bool) string {
	if fill {
		return fmt.Sprintf("%-9s", s)
	}
	return s
}

// caseLike writes a name as the element was written: DAY, Day or day.
func caseLike(written, name string) string {
	switch {
	case unicode.IsLower(rune(written[0])):
		return strings.ToLower(name)
	case len(written) > 1 && unicode.IsLower(rune(written[1])):
		return name
	}
	return strings.ToUpper(name)
}

func formatTimeElement(t time.Time, e dateElement, size int) (string, error) {
	switch e.name {
	case "AM", "PM", "A.M.", "P.M.":
		s := "AM"
		if t.Hour() >= 12 {
			s = "PM"
		}
		if len(e.name) == 4 {
			s = s[:1] + ".M."
		}
		return caseLike(e.written, s), nil
	case "X":
		if size > format.DateLen {
			return ".", nil
		}
	case "FF", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "FF7", "FF8", "FF9":
		if size == format.DateLen {
			break
		}
		digits := 6
		nanos := fmt.Sprintf("%09d", t.Nanosecond())
		if len(e.name) == 3 {
			digits = int(e.name[2] - '0')
		} else if !strings.HasSuffix(nanos, "000") {
			digits = 9
		}
		return nanos[:digits], nil
	case "TZH", "TZM", "TZR":
		if size != format.TimestampTZLen {
			break
		}
		zone := t.Format("-07:00")
		switch e.name {
		case "TZH":
			return zone[:3], nil
		case "TZM":
			return zone[4:], nil
		}
		return zone, nil
	default:
		return "", unsupported("%s in date formats", e.name)
	}
	return "", oraErr(1821)
}
