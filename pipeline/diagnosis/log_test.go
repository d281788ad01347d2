package diagnosis

import (
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/oracle"
)

func TestALineOfTheLogBelongsToTheTestThatRan(t *testing.T) {
	began := time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)
	at := func(seconds float64) time.Time { return began.Add(time.Duration(seconds * float64(time.Second))) }
	spans := []junit.Span{
		{Test: "Order.browse", Start: at(1), End: at(4)},
		{Test: "Order.pay", Start: at(4), End: at(10)},
		{Test: "Slow.all", Start: at(1), End: at(30)},
		{Test: "Slow.all", Start: at(1), End: at(31)},
	}
	deadlock := junit.Case{Class: "Order", Name: "pay", ORA: "ORA-00060: deadlock detected"}
	for name, c := range map[string]struct {
		line     oracle.LogLine
		failures []junit.Case
		want     string
	}{
		"before the tests":   {oracle.LogLine{At: at(-1), Phase: oracle.Opened, Text: "ORA-01109"}, nil, "while the database was opening the database"},
		"by time":            {oracle.LogLine{At: at(5), Text: "Checkpoint not complete"}, nil, "during Order.pay or Slow.all"},
		"by the failure":     {oracle.LogLine{At: at(5), Text: "ORA-00060: Deadlock detected."}, []junit.Case{deadlock}, "during Order.pay"},
		"of another failure": {oracle.LogLine{At: at(5), Text: "ORA-00942: no table"}, []junit.Case{deadlock}, "during Order.pay or Slow.all"},
		"of two failures, the one that ran": {
			oracle.LogLine{At: at(2), Text: "ORA-00060"},
			[]junit.Case{deadlock, {Class: "Order", Name: "browse", Message: "java.sql.SQLException: ORA-00060: deadlock"}},
			"during Order.browse",
		},
		"close to one": {oracle.LogLine{At: at(31.5), Text: "ORA-00060"}, nil, "during or near Slow.all"},
		"at no test":   {oracle.LogLine{At: at(60), Text: "ORA-00060"}, nil, "during the tests"},
	} {
		t.Run(name, func(t *testing.T) {
			of := Failure{Began: began, Tests: junit.Report{Failures: c.failures}}
			if got, _ := of.when(c.line, spans); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if got, _ := (Failure{}).when(oracle.LogLine{At: at(5), Phase: oracle.Ready}, nil); got != "while the database was ready by its log" {
		t.Errorf("without tests: %s", got)
	}
	if got := listed([]string{"a", "b", "c", "d", "e"}); got != "a or b or c or 2 others" {
		t.Errorf("many: %s", got)
	}
}
