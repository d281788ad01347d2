package boot

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// show is a value as SQL*Plus prints it with Oracle's default formats.
func show(v sqldb.Value) (string, error) {
	if len(v.Data) == 0 {
		return "", nil
	}
	switch v.Type {
	case sqldb.Number:
		n, err := format.DecodeNumber(v.Data)
		return n.String(), err
	case sqldb.Date:
		t, err := format.DecodeDate(v.Data)
		return strings.ToUpper(t.Format("02-Jan-06")), err
	case sqldb.Timestamp, sqldb.TimestampLTZ:
		t, err := format.DecodeDate(v.Data)
		return strings.ToUpper(t.Format("02-Jan-06 03.04.05.000000 PM")), err
	case sqldb.TimestampTZ:
		t, err := format.DecodeDate(v.Data)
		return strings.ToUpper(t.Format("02-Jan-06 03.04.05.000000 PM -07:00")), err
	case sqldb.Raw, sqldb.LongRaw, sqldb.Blob:
		return fmt.Sprintf("%X", v.Data), nil
	case sqldb.BinaryDouble, sqldb.BinaryFloat:
		f, err := format.DecodeDouble(v.Data)
		return strings.ToUpper(strconv.FormatFloat(f, 'E', -1, 64)), err
	default: // text
		return string(v.Data), nil
	}
}
