package sqldb

import (
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

// FuzzDateFormat reads any text by any format. What was read can be written by
// the same format, and is a date that the internal format holds.
func FuzzDateFormat(f *testing.F) {
	f.Add("2020-02-29 13:14:15.123 +05:30", "YYYY-MM-DD HH24:MI:SS.FF3 TZH:TZM")
	f.Add("29-feb-20 01.02.03 PM", "DD-MON-RR HH.MI.SS AM")
	f.Add("366 1999", "DDD YYYY")
	f.Add("\xff2020", "\"\xff\"YYYYFM")
	now := time.Date(2026, 11, 22, 23, 59, 58, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text, model string) {
		p, oe := parseDateZone(text, model, now)
		if oe != nil {
			if oe.Code == 0 || oe.Message == "" {
				t.Errorf("%q by %q: got %+v", text, model, oe)
			}
			return
		}
		if _, err := format.DecodeDate(format.EncodeTimestamp(p.at)); err != nil {
			t.Errorf("%q by %q: got %v", text, model, p.at)
		}
		for _, size := range []int{format.DateLen, format.TimestampLen, format.TimestampTZLen} {
			if _, err := formatDate(p.at, model, size); err != nil && !strings.HasPrefix(err.Error(), "ORA-") {
				t.Errorf("%v by %q: %v", p.at, model, err)
			}
		}
	})
}

// FuzzNumberFormat writes any number by any format. What has all its digits is
// read as the number that was written.
func FuzzNumberFormat(f *testing.F) {
	f.Add("-1234567.891", "9G999G990D00")
	f.Add("0", "FMS99.99")
	f.Add(".5", "$0PR")
	f.Add("1e125", "9")
	f.Fuzz(func(t *testing.T, number, model string) {
		x, err := format.ParseNumber(number)
		if err != nil {
			return
		}
		text, err := formatNumber(x, model)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "ORA-") {
				t.Errorf("%s by %q: %v", x, model, err)
			}
			return
		}
		back, err := parseNumberFormat(text, model)
		if err != nil {
			return // some formats only write, and ### is no number
		}
		m, err := splitNumberFormat(model)
		if err != nil || back.Cmp(x.Round(len(m.frac))) != 0 {
			t.Errorf("%s by %q: written as %q, read as %s, %v", x, model, text, back, err)
		}
	})
}
