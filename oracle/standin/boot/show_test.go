package boot

import (
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

func TestValuesAreShownInOraclesDefaultFormats(t *testing.T) {
	noon := time.Date(2026, 11, 22, 13, 4, 5, 120000000, time.FixedZone("", 3600))
	number, err := format.FromInt(-42).Encode()
	check(t, err)
	for want, value := range map[string]sqldb.Value{
		"-42":                                 {Type: sqldb.Number, Data: number},
		"22-NOV-26":                           {Type: sqldb.Date, Data: format.EncodeDate(noon)},
		"22-NOV-26 01.04.05.120000 PM":        {Type: sqldb.Timestamp, Data: format.EncodeTimestamp(noon)},
		"22-NOV-26 01.04.05.120000 PM +01:00": {Type: sqldb.TimestampTZ, Data: format.EncodeTimestampTZ(noon)},
		"CAFE":                                {Type: sqldb.Raw, Data: []byte{0xca, 0xfe}},
		"text":                                {Type: sqldb.Clob, Data: []byte("text")},
		"1.5E+00":                             {Type: sqldb.BinaryDouble, Data: format.EncodeDouble(1.5)},
		"":                                    {Type: sqldb.Varchar2},
	} {
		if got, err := show(value); err != nil || got != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}
