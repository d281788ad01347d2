package oracle

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sijms/go-ora/v2/network"
)

func TestNotReadyErrorIsOneSentence(t *testing.T) {
	login := fmt.Errorf("log in as ORDERS at 127.0.0.1:1: %w", network.NewOracleError(1017))
	for name, c := range map[string]struct {
		err  NotReadyError
		want string
	}{
		"timeout in the boot": {
			NotReadyError{Reason: Timeout, After: 5 * time.Minute, Phase: Opened, Code: 1034, Lines: []string{"Database mounted.", "", " "}},
			`database not ready after 5m0s: still opening the database when the time was up, last error ORA-01034; its log ends with "Database mounted."`,
		},
		"timeout of a later wait": {
			NotReadyError{Reason: Timeout, After: 40 * time.Minute, Waited: 5 * time.Minute, Phase: Opened},
			"database not ready after 40m0s: still opening the database when the 5m0s of this wait were up",
		},
		"timeout after READY": {
			NotReadyError{Reason: Timeout, After: time.Minute, Phase: LoggingIn, Code: 12528, Err: network.NewOracleError(12528)},
			"database not ready after 1m0s: ready by its log, but no login succeeded before the time was up: ORA-12528",
		},
		"exit": {
			NotReadyError{Reason: Exited, After: 1234 * time.Millisecond, Phase: Instance, ExitCode: 1},
			"database not ready after 1.2s: the container exited with status 1 while starting the instance",
		},
		"out of memory": {
			NotReadyError{Reason: OutOfMemory, After: time.Second, Phase: Instance, ExitCode: 137},
			"database not ready after 1s: the container ran out of memory while starting the instance",
		},
		"killed": {
			NotReadyError{Reason: Killed, After: time.Second, Phase: Opened, ExitCode: 137},
			"database not ready after 1s: the container was killed (status 137) while opening the database, not through the engine: most likely memory ran out",
		},
		"removed": {
			NotReadyError{Reason: Removed, After: time.Second, Phase: Instance},
			"database not ready after 1s: somebody removed the container while starting the instance",
		},
		"engine gone": {
			NotReadyError{Reason: Lost, After: time.Second, Phase: Opened, Err: errors.New("EOF")},
			"database not ready after 1s: the engine does not answer any more; the database was opening the database: EOF",
		},
		"failed by its log": {
			NotReadyError{Reason: StartupFailed, After: time.Second, Phase: Instance, Code: 443, Err: errors.New(failedText)},
			"database not ready after 1s: its log reports a failed start while starting the instance: DATABASE STARTUP FAILED!, last error ORA-00443",
		},
		"wrong service": {
			NotReadyError{
				Reason: WrongService, After: 80 * time.Second, Service: "FREEPDB", Services: []string{"FREE", "freepdb1"}, Nearest: "freepdb1",
				Code: 12514, Err: network.NewOracleError(12514),
			},
			"database not ready after 1m20s: the listener does not know the service FREEPDB, it offers FREE, freepdb1; did you mean freepdb1?",
		},
		"wrong password": {
			NotReadyError{Reason: WrongPassword, After: time.Second, Code: 1017, Err: login},
			"database not ready after 1s: it refuses the password: log in as ORDERS at 127.0.0.1:1: ORA-1017",
		},
		"locked": {
			NotReadyError{Reason: Refused, After: time.Second, Code: 28000, Err: network.NewOracleError(28000)},
			"database not ready after 1s: it refuses the login: ORA-28000",
		},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestNotReadyErrorCarriesTheDriversError(t *testing.T) {
	var err error = &NotReadyError{Reason: Refused, Err: network.NewOracleError(28000)}
	if errorCode(fmt.Errorf("wait: %w", err)) != 28000 {
		t.Error("the code is lost")
	}
}

func TestInitErrorSaysWhere(t *testing.T) {
	for want, e := range map[string]InitError{
		`init script db/01.sql:7: ORA-00942: table or view does not exist (in "INSERT INTO nowhere")`: {
			File: "db/01.sql", Line: 7, Statement: "INSERT INTO nowhere", Message: "ORA-00942: table or view does not exist",
		},
		"init script /x/01.sh: bash ended with status 3: no such thing":           {File: "/x/01.sh", Message: "bash ended with status 3: no such thing"},
		"init script /i/01.sql: ORA-00942: no (the image went on in spite of it)": {File: "/i/01.sql", Message: "ORA-00942: no", InImage: true},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
