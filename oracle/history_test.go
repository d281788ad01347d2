package oracle

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sijms/go-ora/v2/network"
)

func TestAHistoryRemembersErrorsAndStalls(t *testing.T) {
	for line, want := range map[string]bool{
		"ORA-00060: Deadlock detected. See Note 60.1 at My Oracle Support":              true,
		"FREEPDB1(3):ORA-01555 caused by SQL statement below":                           true,
		"TNS-12537: TNS:connection closed":                                              true,
		"Thread 1 cannot allocate new log, sequence 12":                                 true,
		"Checkpoint not complete":                                                       true,
		"Errors in file /opt/oracle/diag/rdbms/free/FREE/trace/FREE_ora_1.trc:":         true,
		"USER (ospid: 71): terminating the instance due to ORA error 472":               true,
		"#### DATABASE STARTUP FAILED! ####":                                            true,
		"Completed: ALTER DATABASE OPEN":                                                false,
		"Thread 1 advanced to log sequence 12 (LGWR switch),  current SCN: 2193391":     false,
		"Resize operation completed for file# 3, fname /opt/oracle/oradata/FREE/1.dbf":  false,
		"CONTAINER: Resetting SYS and SYSTEM passwords.":                                false,
		"ORACLE instance started.":                                                      false,
		"Oracle Database 23ai Free Release 23.0.0.0.0 - Develop, Learn, and Run - 2026": false,
	} {
		var h history
		h.line(time.Now(), Answering, line)
		if got := len(h.seen.Lines) == 1; got != want {
			t.Errorf("%s: remembered %t", line, got)
		}
	}
}

func TestAHistoryIsBounded(t *testing.T) {
	var c Container
	for i := range 2000 {
		c.history.line(time.Now(), Answering, fmt.Sprintf("ORA-%05d", i))
		c.history.began(Starting, time.Now(), "x")
		c.history.refused(fmt.Errorf("connection %d was reset", i))
	}
	seen := c.History()
	if len(seen.Lines) != keptNotable || seen.Lines[keptNotable-1].Text != "ORA-01999" {
		t.Errorf("%d lines", len(seen.Lines))
	}
	if len(seen.Phases) != keptPhases || len(seen.Refused) != keptAnswers {
		t.Errorf("%d phases, %d refusals", len(seen.Phases), len(seen.Refused))
	}
}

func TestRefusalsAreCountedByCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Container
		for range 3 {
			c.history.refused(fmt.Errorf("log in as SYSTEM: %w", tidy(network.NewOracleError(12514))))
			time.Sleep(500 * time.Millisecond)
		}
		c.history.refused(errors.New("connection reset"))
		seen := c.History().Refused
		if len(seen) != 2 || seen[0].Count != 3 || seen[0].Code != 12514 || seen[1].Count != 1 {
			t.Fatalf("got %+v", seen)
		}
		if took := seen[0].Last.Sub(seen[0].First); took != time.Second {
			t.Errorf("from first to last: %s", took)
		}
		if text := seen[0].String(); !strings.HasPrefix(text, "   3 times from ") || !strings.Contains(text, "log in as SYSTEM: ORA-12514") {
			t.Errorf("got %q", text)
		}
	})
}

func TestTheEndOfALogBeginsWithAWholeLine(t *testing.T) {
	log := &lastBytes{limit: 20}
	for i := range 100 {
		fmt.Fprintf(log, "line %03d\n", i)
	}
	if got := string(log.Bytes()); got != "line 098\nline 099\n" {
		t.Errorf("got %q", got)
	}
	short := &lastBytes{limit: 20}
	fmt.Fprint(short, "all of it\n")
	if got := string(short.Bytes()); got != "all of it\n" {
		t.Errorf("got %q", got)
	}
}
