package sqldb

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A parsedDate is what a text says, read by a format.
type parsedDate struct {
	at              time.Time
	zoned, fraction bool
}

// A dateReader walks over a text with a format.
type dateReader struct {
	s    string
	i    int
	now  time.Time
	seen map[string]bool

	year, month, day, yearDay  int
	hour, minute, second, nano int
	hour12, pm, am             bool
	zoneHour, zoneMinute       int
	zoneNegative, zoned        bool
	fraction                   bool
}

// parseDate reads a literal: its format leaves nothing open.
func parseDate(s, model string) (time.Time, *Error) {
	if strings.HasPrefix(s, "-") {
		return time.Time{}, beforeYear1()
	}
	p, err := parseDateZone(s, model, time.Time{})
	return p.at, err
}

// parseDateZone is TO_DATE and TO_TIMESTAMP_TZ.
func parseDateZone(s, model string, now time.Time) (parsedDate, *Error) {
	elements, err := splitDateFormat(model)
	if err != nil {
		return parsedDate{}, err
	}
	r := &dateReader{s: strings.TrimSpace(s), now: now, seen: map[string]bool{}, year: -1, month: -1, day: -1, yearDay: -1}
	for n, e := range elements {
		r.blanks()
		if r.i >= len(r.s) && !e.literal {
			if !onlyTime(elements[n:]) {
				return parsedDate{}, oraErr(1840)
			}
			break
		}
		if e.literal {
			if err := r.literal(e.name); err != nil {
				return parsedDate{}, err
			}
			continue
		}
		if err := r.element(e.name, elements[n+1:]); err != nil {
			return parsedDate{}, err
		}
	}
	r.blanks()
	if r.i < len(r.s) {
		return parsedDate{}, oraErr(1830)
	}
	return r.result()
}

// onlyTime reports whether a format goes on with nothing but times of day,
// which are 0 where the text ends early.
func onlyTime(elements []dateElement) bool {
	for _, e := range elements {
		switch e.name {
		case "HH24", "MI", "SS", "X", "FM", "FX":
		default:
			if !e.literal && !strings.HasPrefix(e.name, "FF") {
				return false
			}
		}
	}
	return true
}

func (r *dateReader) blanks() {
	for r.i < len(r.s) && r.s[r.i] == ' ' {
		r.i++
	}
}

// literal skips punctuation: any for any, and none where the text goes on
// with digits at once.
func (r *dateReader) literal(text string) *Error {
	if len(text) == 1 && !unicode.IsLetter(rune(text[0])) && !unicode.IsDigit(rune(text[0])) {
		if r.i < len(r.s) && !isAlnum(r.s[r.i]) && r.s[r.i] != '+' && (r.s[r.i] != '-' || text != " ") {
			r.i++
		}
		return nil
	}
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(r.s[r.i:], text) {
		return oraErr(1861)
	}
	r.i += len(text)
	return nil
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// number reads up to width digits.
func (r *dateReader) number(width int) (int, int, *Error) {
	start := r.i
	for r.i < len(r.s) && r.i-start < width && r.s[r.i] >= '0' && r.s[r.i] <= '9' {
		r.i++
	}
	if r.i == start {
		if r.i < len(r.s) && isAlnum(r.s[r.i]) {
			return 0, 0, oraErr(1858)
		}
		return 0, 0, oraErr(1861)
	}
	n, err := strconv.Atoi(r.s[start:r.i])
	if err != nil {
		return 0, 0, oraErr(1861)
	}
	return n, r.i - start, nil
}

func (r *dateReader) ranged(target *int, width, low, high, code int) *Error {
	n, _, err := r.number(width)
	if err != nil {
		return err
	}
	if n < low || n > high {
		return oraErr(code)
	}
	*target = n
	return nil
}

func (r *dateReader) element(name string, rest []dateElement) *Error {
	if name != "FM" && name != "FX" {
		if r.seen[name] {
			return oraErr(1810)
		}
		r.seen[name] = true
	}
	switch name {
	case "FM":
		return nil
	case "FX":
		return unsupported("FX in date formats that read")
	case "YYYY", "RRRR", "YY", "RR":
		return r.readYear(name, rest)
	case "MM", "MON", "MONTH":
		return r.readMonth(name)
	case "DD":
		return r.ranged(&r.day, 2, 1, 31, 1847)
	case "DDD":
		return r.ranged(&r.yearDay, 3, 1, 366, 1848)
	case "HH24":
		return r.ranged(&r.hour, 2, 0, 23, 1850)
	case "HH", "HH12":
		r.hour12 = true
		return r.ranged(&r.hour, 2, 1, 12, 1849)
	case "MI":
		return r.ranged(&r.minute, 2, 0, 59, 1851)
	case "SS":
		return r.ranged(&r.second, 2, 0, 59, 1852)
	case "AM", "PM", "A.M.", "P.M.":
		return r.meridian()
	}
	return r.rareElement(name)
}

func (r *dateReader) rareElement(name string) *Error {
	switch {
	case name == "X":
		if r.i < len(r.s) && r.s[r.i] == '.' {
			r.i++
		}
		return nil
	case strings.HasPrefix(name, "TZ") && name != "TZD":
		return r.zone(name)
	case strings.HasPrefix(name, "FF"):
		return r.readFraction(name)
	}
	return unsupported("%s in date formats that read", name)
}

// readYear reads two or four digits; RR puts two of them into the century
// that is nearer.
func (r *dateReader) readYear(name string, rest []dateElement) *Error {
	width := 4
	if len(name) == 2 && len(rest) > 0 && !rest[0].literal {
		width = 2
	}
	n, digits, err := r.number(width)
	if err != nil {
		return err
	}
	if digits <= 2 && (name == "YY" || name[0] == 'R') {
		if r.now.IsZero() {
			return unsupported("years of two digits here")
		}
		century := r.now.Year() / 100
		current := r.now.Year() % 100
		if name[0] == 'R' {
			switch {
			case n < 50 && current >= 50:
				century++
			case n >= 50 && current < 50:
				century--
			}
		}
		n += century * 100
	}
	if n == 0 {
		return oraErr(1841)
	}
	r.year = n
	return nil
}

func (r *dateReader) readMonth(name string) *Error {
	if r.i < len(r.s) && r.s[r.i] >= '0' && r.s[r.i] <= '9' {
		if name != "MM" {
			return oraErr(1843)
		}
		return r.ranged(&r.month, 2, 1, 12, 1843)
	}
	rest := strings.ToUpper(r.s[r.i:])
	for m := time.January; m <= time.December; m++ {
		full := strings.ToUpper(m.String())
		for _, try := range []string{full, full[:3]} {
			if strings.HasPrefix(rest, try) {
				r.i += len(try)
				r.month = int(m)
				return nil
			}
		}
	}
	if name == "MM" {
		return oraErr(1858)
	}
	return oraErr(1843)
}

func (r *dateReader) meridian() *Error {
	width := 2
	rest := strings.ToUpper(r.s[r.i:])
	switch {
	case strings.HasPrefix(rest, "A.M."), strings.HasPrefix(rest, "P.M."):
		width = 4
	case strings.HasPrefix(rest, "AM"), strings.HasPrefix(rest, "PM"):
	default:
		return oraErr(1855)
	}
	r.pm, r.am = rest[0] == 'P', rest[0] == 'A'
	r.i += width
	return nil
}

func (r *dateReader) readFraction(name string) *Error {
	r.fraction = true
	width := 9
	if len(name) == 3 {
		width = int(name[2] - '0')
	}
	n, digits, err := r.number(width)
	if err != nil {
		return err
	}
	for ; digits < 9; digits++ {
		n *= 10
	}
	r.nano = n
	return nil
}

func (r *dateReader) zone(name string) *Error {
	r.zoned = true
	if name == "TZM" {
		return r.ranged(&r.zoneMinute, 2, 0, 59, 1875)
	}
	if r.i < len(r.s) && (r.s[r.i] == '+' || r.s[r.i] == '-') {
		r.zoneNegative = r.s[r.i] == '-'
		r.i++
	} else if name == "TZR" {
		if strings.EqualFold(r.s[r.i:], "UTC") || strings.EqualFold(r.s[r.i:], "GMT") {
			r.i = len(r.s)
			return nil
		}
		return unsupported("time zones by name")
	}
	if err := r.ranged(&r.zoneHour, 2, 0, 15, 1874); err != nil || name == "TZH" {
		return err
	}
	if r.i < len(r.s) && r.s[r.i] == ':' {
		r.i++
		return r.ranged(&r.zoneMinute, 2, 0, 59, 1875)
	}
	return nil
}

func (r *dateReader) result() (parsedDate, *Error) {
	if r.hour12 {
		if r.hour == 12 {
			r.hour = 0
		}
		if r.pm {
			r.hour += 12
		}
	}
	if (r.year < 0 || r.month < 0 && r.yearDay < 0) && r.now.IsZero() {
		return parsedDate{}, unsupported("dates without a year and month here")
	}
	if r.year < 0 {
		r.year = r.now.Year()
	}
	if r.yearDay > 0 {
		d := time.Date(r.year, 1, r.yearDay, 0, 0, 0, 0, time.UTC)
		if d.Year() != r.year {
			return parsedDate{}, oraErr(1848)
		}
		r.month, r.day = int(d.Month()), d.Day()
	}
	if r.month < 0 {
		r.month = int(r.now.Month())
	}
	if r.day < 0 {
		r.day = 1
	}
	if r.julian() {
		return parsedDate{}, unsupported("days that only one of the Julian and the Gregorian calendar has")
	}
	if r.day > daysIn(r.year, time.Month(r.month)) {
		return parsedDate{}, oraErr(1839)
	}
	offset := r.zoneHour*3600 + r.zoneMinute*60
	if r.zoneNegative {
		offset = -offset
	}
	zone := time.UTC
	if r.zoned {
		zone = time.FixedZone("", offset)
	}
	at := time.Date(r.year, time.Month(r.month), r.day, r.hour, r.minute, r.second, r.nano, zone)
	return parsedDate{at: at, zoned: r.zoned, fraction: r.fraction}, nil
}

// julian reports whether the day is one that Oracle's calendar, Julian up to
// October 4, 1582, has or leaves out unlike the one used here.
func (r *dateReader) julian() bool {
	switch {
	case r.year == 1582 && r.month == 10:
		return r.day > 4 && r.day < 15
	case r.year < 1582 && r.month == 2 && r.day == 29:
		return r.year%100 == 0 && r.year%400 != 0
	}
	return false
}

func beforeYear1() *Error { return unsupported("dates before the year 1") }
