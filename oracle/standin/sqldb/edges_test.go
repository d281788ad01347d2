package sqldb

import (
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

func TestDatesAtTheEndsOfTime(t *testing.T) {
	const before, inUTC = "ORA-03001: not in the stand-in: dates before the year 1", "ORA-03001: not in the stand-in: times that in UTC are before the year 1 or after 9999"
	const calendar = "ORA-03001: not in the stand-in: days that only one of the Julian and the Gregorian calendar has"
	const year = "ORA-01841: (full) year must be between -4713 and +9999, and not be 0"
	check(t, newSession(t), [][2]string{
		{"SELECT DATE '-0044-03-15' FROM dual", before},
		{"SELECT TIMESTAMP '-0044-03-15 12:00:00' FROM dual", before},
		{"SELECT DATE '0000-01-01' FROM dual", year},
		{"SELECT DATE '0001-01-01', DATE '9999-12-31' FROM dual", "0001-01-01 00:00:00,9999-12-31 00:00:00"},
		{"SELECT DATE '9999-12-31' + 1 FROM dual", year},
		{"SELECT DATE '1500-02-29' FROM dual", calendar},
		{"SELECT TO_DATE('10.10.1582', 'DD.MM.YYYY') FROM dual", calendar},
		{"SELECT DATE '1582-10-04', DATE '1582-10-15', DATE '1600-02-29' FROM dual", "1582-10-04 00:00:00,1582-10-15 00:00:00,1600-02-29 00:00:00"},
		{"SELECT DATE '1500-02-30' FROM dual", "ORA-01839: date not valid for month specified"},
		{"SELECT TIMESTAMP '0001-01-01 00:00:00 +05:00' FROM dual", inUTC},
		{"SELECT TIMESTAMP '0001-01-01 00:00:00 -05:00' FROM dual", "0001-01-01 00:00:00 -05:00"},
		{"SELECT TIMESTAMP '9999-12-31 23:59:59 -05:00' FROM dual", inUTC},
		{"SELECT TIMESTAMP '9999-12-31 23:59:59 +05:00' FROM dual", "9999-12-31 23:59:59 +05:00"},
		{"SELECT TO_TIMESTAMP_TZ('9999-12-31 23 -05:00', 'YYYY-MM-DD HH24 TZH:TZM') FROM dual", inUTC},
		{"SELECT CAST(TIMESTAMP '9999-12-31 23:59:59.9999 +00:00' AS TIMESTAMP(3) WITH TIME ZONE) FROM dual", year},
	})
}

func TestBoundDatesAtTheEndsOfTime(t *testing.T) {
	s := newSession(t)
	ides := []byte{100 - 0, 100 - 44, 3, 15, 1, 1, 1} // 44 BC
	for name, test := range map[string]struct {
		bind Value
		want string
	}{
		"before the year 1": {Value{Type: Date, Data: ides}, "ORA-03001: not in the stand-in: dates before the year 1"},
		"centuries before":  {Value{Type: Date, Data: append([]byte{100 - 47}, ides[1:]...)}, "ORA-03001: not in the stand-in: dates before the year 1"},
		"no month":          {Value{Type: Date, Data: []byte{120, 120, 13, 1, 1, 1, 1}}, "ORA-01841: (full) year must be between -4713 and +9999, and not be 0"},
		"no such day":       {Value{Type: Date, Data: []byte{120, 120, 2, 30, 1, 1, 1}}, "ORA-01841: (full) year must be between -4713 and +9999, and not be 0"},
		"the last":          {bindOf(t, time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)), "9999-12-31 23:59:59.999999999 +00:00"},
		"its local year": {
			Value{Type: TimestampTZ, Data: append(format.EncodeTimestamp(time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC)), 25, 60)},
			"ORA-01841: (full) year must be between -4713 and +9999, and not be 0",
		},
	} {
		if got := try(t, s, "SELECT :1 FROM dual", test.bind); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}
