package sqldb

import (
	"database/sql/driver"
	"strings"
	"time"

	"modernc.org/sqlite"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

func nanoseconds(n int64) time.Duration { return time.Duration(n) }

// gregorian is where Oracle's calendar changes: what is counted across it is
// not known here.
func gregorian() time.Time { return time.Date(1582, 10, 15, 0, 0, 0, 0, time.UTC) }

// moment reads an argument that is a date of some kind.
func moment(v driver.Value) (time.Time, error) {
	t, err := format.DecodeDate(asBytes(v))
	if err != nil {
		return t, oraErr(1841)
	}
	return t, nil
}

// modern is moment for what calculates with days.
func modern(v driver.Value) (time.Time, error) {
	t, err := moment(v)
	if err == nil && t.Before(gregorian()) {
		err = unsupported("calculating with dates before 1582-10-15")
	}
	return t, err
}

// sameKind writes t as the kind of date that like is.
func sameKind(t time.Time, like driver.Value) (driver.Value, error) {
	if t.Year() < 1 || t.Year() > 9999 {
		return nil, oraErr(1841)
	}
	if t.Before(gregorian()) {
		return nil, unsupported("calculating with dates before 1582-10-15")
	}
	switch len(asBytes(like)) {
	case format.DateLen:
		return format.EncodeDate(t), nil
	case format.TimestampLen:
		return format.EncodeTimestamp(t), nil
	}
	return zoned(t)
}

func dateFuncs() map[string]sqlFunc {
	return map[string]sqlFunc{
		"ora_date_text": {2, func(a []driver.Value) (driver.Value, error) {
			t, err := moment(a[0])
			if err != nil {
				return nil, err
			}
			return formatDate(t, asText(a[1]), len(asBytes(a[0])))
		}},
		"ora_local_date": {1, func(a []driver.Value) (driver.Value, error) {
			t, err := moment(a[0])
			return format.EncodeDate(t), err
		}},
		"ora_local_timestamp": {1, func(a []driver.Value) (driver.Value, error) {
			t, err := moment(a[0])
			return format.EncodeTimestamp(t), err
		}},
		"ora_with_zone": {2, func(a []driver.Value) (driver.Value, error) {
			t, err := moment(a[0])
			if err != nil {
				return nil, err
			}
			return zoned(withOffset(t, int(asInt(a[1]))))
		}},
		"ora_at_zone": {2, func(a []driver.Value) (driver.Value, error) {
			t, err := moment(a[0])
			if err != nil {
				return nil, err
			}
			return zoned(t.In(time.FixedZone("", int(asInt(a[1]))*60)))
		}},
	}
}

// dateArithFuncs calculate with dates.
func dateArithFuncs() map[string]sqlFunc {
	return map[string]sqlFunc{
		"ora_add_days":      {2, addDays},
		"ora_days_between":  {2, daysBetween},
		"ora_nanos_between": {2, nanosBetween},
		"ora_nanos":         {2, intervalOf},
		"ora_add_interval": {2, func(a []driver.Value) (driver.Value, error) {
			t, err := modern(a[0])
			if err != nil {
				return nil, err
			}
			n := asInt(a[1])
			if len(asBytes(a[0])) == format.DateLen && n%int64(time.Second) != 0 {
				return nil, unsupported("fractions of seconds added to a DATE")
			}
			return sameKind(t.Add(nanoseconds(n)), a[0])
		}},
		"ora_add_year_month": {2, func(a []driver.Value) (driver.Value, error) {
			t, err := modern(a[0])
			if err != nil {
				return nil, err
			}
			out, clipped := addMonths(t, int(asInt(a[1])))
			if clipped {
				return nil, oraErr(1839)
			}
			return sameKind(out, a[0])
		}},
		"ora_add_integers":   {2, func(a []driver.Value) (driver.Value, error) { return asInt(a[0]) + asInt(a[1]), nil }},
		"ora_add_months":     {2, oraAddMonths},
		"ora_last_day":       {1, lastDay},
		"ora_next_day":       {2, nextDay},
		"ora_months_between": {2, monthsBetween},
		"ora_extract":        {2, extractField},
		"ora_extract_interval": {2, func(a []driver.Value) (driver.Value, error) {
			n := asInt(a[1])
			d := map[string][2]int64{
				"DAY": {int64(24 * time.Hour), 1 << 62}, "HOUR": {int64(time.Hour), 24}, "MINUTE": {int64(time.Minute), 60},
			}[asText(a[0])]
			if asText(a[0]) == "SECOND" {
				return encoded(format.FromInt(n % int64(time.Minute)).Quo(format.FromInt(int64(time.Second))))
			}
			if d[0] == 0 {
				return nil, &Error{Code: 30076, Message: "invalid extract field for extract source"}
			}
			return encoded(format.FromInt(n / d[0] % d[1]))
		}},
		"ora_trunc_date": {2, func(a []driver.Value) (driver.Value, error) { return cutDate(a, false) }},
		"ora_round_date": {2, func(a []driver.Value) (driver.Value, error) { return cutDate(a, true) }},
	}
}

// withOffset reads t's fields as local to an offset in minutes.
func withOffset(t time.Time, minutes int) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.FixedZone("", minutes*60))
}

func addDays(a []driver.Value) (driver.Value, error) {
	t, err := modern(a[0])
	if err != nil {
		return nil, err
	}
	n, err := decimal(a[1])
	if err != nil {
		return nil, err
	}
	secs, ok := n.Mul(format.FromInt(86400)).Round(0).Int()
	if !ok || secs > 4e11 || secs < -4e11 {
		return nil, oraErr(1841)
	}
	days := int(secs / 86400)
	return sameKind(t.AddDate(0, 0, days).Add(time.Duration(secs%86400)*time.Second), a[0])
}

func daysBetween(a []driver.Value) (driver.Value, error) {
	t, err := modern(a[0])
	if err != nil {
		return nil, err
	}
	u, err := modern(a[1])
	if err != nil {
		return nil, err
	}
	return encoded(format.FromInt(t.Unix() - u.Unix()).Quo(format.FromInt(86400)))
}

func nanosBetween(a []driver.Value) (driver.Value, error) {
	t, err := modern(a[0])
	if err != nil {
		return nil, err
	}
	u, err := modern(a[1])
	if err != nil {
		return nil, err
	}
	secs := t.Unix() - u.Unix()
	if secs > 9e9 || secs < -9e9 {
		return nil, unsupported("intervals over 285 years")
	}
	return secs*int64(time.Second) + int64(t.Nanosecond()-u.Nanosecond()), nil
}

func intervalOf(a []driver.Value) (driver.Value, error) {
	x, err := decimal(a[0])
	if err != nil {
		return nil, err
	}
	unit := map[string]time.Duration{"DAY": 24 * time.Hour, "HOUR": time.Hour, "MINUTE": time.Minute, "SECOND": time.Second}[strings.ToUpper(strings.TrimSpace(asText(a[1])))]
	if unit == 0 {
		return nil, &Error{Code: 1760, Message: "illegal argument for function"}
	}
	n, ok := x.Mul(format.FromInt(int64(unit))).Round(0).Int()
	if !ok || n > 9e18 || n < -9e18 {
		return nil, oraErr(1873)
	}
	return n, nil
}

func daysIn(y int, m time.Month) int { return time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day() }

// addMonths keeps the day of the month if the month has it.
func addMonths(t time.Time, n int) (out time.Time, clipped bool) {
	y, m, d := t.Date()
	first := time.Date(y, m+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	last := daysIn(first.Year(), first.Month())
	if d > last {
		return first.AddDate(0, 0, last-1), true
	}
	return first.AddDate(0, 0, d-1), false
}

// oraAddMonths maps the last day of a month to the last day of a month.
func oraAddMonths(a []driver.Value) (driver.Value, error) {
	t, err := modern(a[0])
	if err != nil {
		return nil, err
	}
	n, err := whole(a[1])
	if err != nil || n > 200000 || n < -200000 {
		return nil, oraErr(1841)
	}
	out, _ := addMonths(t, n)
	if t.Day() == daysIn(t.Year(), t.Month()) {
		out = out.AddDate(0, 0, daysIn(out.Year(), out.Month())-out.Day())
	}
	return sameKind(out, a[0])
}

func lastDay(a []driver.Value) (driver.Value, error) {
	t, err := modern(a[0])
	if err != nil {
		return nil, err
	}
	return sameKind(t.AddDate(0, 0, daysIn(t.Year(), t.Month())-t.Day()), a[0])
}

func nextDay(a []driver.Value) (driver.Value, error) {
	t, err := modern(a[0])
	if err != nil {
		return nil, err
	}
	name := strings.ToUpper(strings.TrimSpace(asText(a[1])))
	for i := 1; i <= 7; i++ {
		u := t.AddDate(0, 0, i)
		if len(name) >= 3 && strings.HasPrefix(strings.ToUpper(u.Weekday().String()), name[:3]) {
			return sameKind(u, a[0])
		}
	}
	return nil, oraErr(1846)
}

// monthsBetween is whole for equal or last days of months; else the rest
// counts as 31ths of a month.
func monthsBetween(a []driver.Value) (driver.Value, error) {
	t, err := modern(a[0])
	if err != nil {
		return nil, err
	}
	u, err := modern(a[1])
	if err != nil {
		return nil, err
	}
	months := int64((t.Year()-u.Year())*12 + int(t.Month()) - int(u.Month()))
	lastDays := t.Day() == daysIn(t.Year(), t.Month()) && u.Day() == daysIn(u.Year(), u.Month())
	if t.Day() == u.Day() || lastDays {
		return encoded(format.FromInt(months))
	}
	secs := func(v time.Time) int64 { return int64(v.Day()*86400 + v.Hour()*3600 + v.Minute()*60 + v.Second()) }
	const month = 31 * 86400
	return encoded(format.FromInt(months*month + secs(t) - secs(u)).Quo(format.FromInt(month)))
}

func extractField(a []driver.Value) (driver.Value, error) {
	t, err := moment(a[1])
	if err != nil {
		return nil, err
	}
	field := asText(a[0])
	if len(asBytes(a[1])) == format.TimestampTZLen && !strings.HasPrefix(field, "TIMEZONE") {
		t = t.UTC() // EXTRACT answers in UTC
	}
	_, offset := t.Zone()
	n := 0
	switch field {
	case "YEAR":
		n = t.Year()
	case "MONTH":
		n = int(t.Month())
	case "DAY":
		n = t.Day()
	case "HOUR":
		n = t.Hour()
	case "MINUTE":
		n = t.Minute()
	case "SECOND":
		return encoded(format.FromInt(int64(t.Second())*1e9 + int64(t.Nanosecond())).Quo(format.FromInt(1e9)))
	case "TIMEZONE_HOUR":
		n = offset / 3600
	case "TIMEZONE_MINUTE":
		n = offset / 60 % 60
	}
	return encoded(format.FromInt(int64(n)))
}

// cutDate is TRUNC and ROUND of a date.
func cutDate(a []driver.Value, round bool) (driver.Value, error) {
	t, err := modern(a[0])
	if err != nil {
		return nil, err
	}
	y, m, d := t.Date()
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	var low, high, half time.Time
	switch strings.ToUpper(strings.TrimSpace(asText(a[1]))) {
	case "DDD", "DD", "J":
		low, high = day(y, m, d), day(y, m, d+1)
		half = low.Add(12 * time.Hour)
	case "MONTH", "MON", "MM", "RM":
		low, high, half = day(y, m, 1), day(y, m+1, 1), day(y, m, 16)
	case "YYYY", "YEAR", "YY", "Y", "YYY", "SYYYY", "SYEAR":
		low, high, half = day(y, 1, 1), day(y+1, 1, 1), day(y, 7, 1)
	case "Q":
		q := (m-1)/3*3 + 1
		low, high, half = day(y, q, 1), day(y, q+3, 1), day(y, q+1, 16)
	case "HH", "HH12", "HH24":
		low = t.Truncate(time.Hour)
		high, half = low.Add(time.Hour), low.Add(30*time.Minute)
	case "MI":
		low = t.Truncate(time.Minute)
		high, half = low.Add(time.Minute), low.Add(30*time.Second)
	case "IW":
		low = day(y, m, d-(int(t.Weekday())+6)%7)
		if round {
			return nil, unsupported("ROUND to weeks")
		}
	case "D", "DAY", "DY":
		low = day(y, m, d-int(t.Weekday()))
		if round {
			return nil, unsupported("ROUND to weeks")
		}
	default:
		return nil, unsupported("TRUNC and ROUND to %s", asText(a[1]))
	}
	if round && !t.Before(half) {
		return sameKind(high, a[0])
	}
	return sameKind(low, a[0])
}

// toDateFunc reads text by a format; missing parts come from the date of now.
func toDateFunc(name string) func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
	return func(_ *sqlite.FunctionContext, a []driver.Value) (driver.Value, error) {
		if a[0] == nil || a[1] == nil {
			return nil, nil
		}
		var now time.Time
		if a[2] != nil {
			var err error
			if now, err = moment(a[2]); err != nil {
				return nil, err
			}
		}
		t, oe := parseDateZone(asText(a[0]), asText(a[1]), now)
		if oe != nil {
			return nil, oe
		}
		switch name {
		case "ora_to_date":
			if t.zoned || t.fraction {
				return nil, oraErr(1821)
			}
			return format.EncodeDate(t.at), nil
		case "ora_to_timestamp":
			return format.EncodeTimestamp(t.at), nil
		}
		if !t.zoned {
			t.at = withOffset(t.at, int(asInt(a[3])))
		}
		return zoned(t.at)
	}
}
