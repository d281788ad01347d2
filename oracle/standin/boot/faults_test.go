package boot

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestScriptsFaultsHappenInTime(t *testing.T) {
	const refused = 12514
	registered := func(c *container) { c.Register() }
	for name, test := range map[string]struct {
		script string
		after  time.Duration
		act    func(*container)
		target Target
		want   []Answer // of connections one after the other
	}{
		"12514 for ever": {
			script: "ready answer 12514 for ever", after: time.Hour, act: registered,
			want: []Answer{{Act: Refuse, Code: refused}},
		},
		"12514 for a while": {script: "ready answer 12514 for 9s", after: 10 * time.Second, want: []Answer{{}}},
		"12514 not over yet": {
			script: "ready answer 12514 for 9s", after: 8 * time.Second, want: []Answer{{Act: Refuse, Code: refused}},
		},
		"12514 until registered": {
			script: "ready answer 12514 until registered", after: time.Hour, want: []Answer{{Act: Refuse, Code: refused}},
		},
		"registered": {
			script: "ready answer 12514 until registered", after: time.Second, act: registered, want: []Answer{{}},
		},
		"one service only": {
			script: "ready answer 12514 service FREEPDB1", after: time.Second, target: Target{Service: "FREE"},
			want: []Answer{{}},
		},
		"first two": {
			script: "ready answer close first 2", after: time.Second, want: []Answer{{Act: Close}, {Act: Close}, {}},
		},
		"later": {
			script: "ready after 3s answer silent for 2s", after: 4 * time.Second, want: []Answer{{Act: Silent}},
		},
		"not yet": {script: "ready after 3s answer silent for 2s", after: 2 * time.Second, want: []Answer{{}}},
		"first rule wins": {
			script: "ready answer shortrefuse first 1\nready answer barerefuse", after: time.Second,
			want: []Answer{{Act: ShortRefuse}, {Act: BareRefuse}},
		},
		"early listener": {
			script: "init 9s\ninit answer close", after: time.Second, want: []Answer{{Act: Close}},
		},
		"in a phase": {
			script: "mount 9s\nmount answer 1034 for 2s", after: time.Second, want: []Answer{{Act: Refuse, Code: 1034}},
		},
		"phase as usual afterwards": {
			script: "mount 9s\nmount answer 1034 for 2s", after: 3 * time.Second, want: []Answer{{Act: Refuse, Code: 12528}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newContainer(t, test.script)
				c.start()
				c.after(test.after)
				if test.act != nil {
					test.act(c)
				}
				if test.target == (Target{}) {
					test.target.Service = "FREEPDB1"
				}
				for i, want := range test.want {
					if got := c.Connect(test.target); got != want {
						t.Errorf("connection %d: %+v, want %+v", i+1, got, want)
					}
				}
				c.kill()
				c.wait()
			})
		})
	}
}

func TestLogonsAreRefusedAsTheScriptSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newContainer(t, "ready login 28000 user app\nready login 1017 first 2\nready after 5s login 1034\n")
		c.start()
		c.after(time.Second)
		for i, want := range []int{1017, 1017, 0} {
			if got := c.Login("SYSTEM"); got != want {
				t.Errorf("logon %d gets %d, want %d", i+1, got, want)
			}
		}
		if got := c.Login("APP"); got != 28000 {
			t.Errorf("the locked user gets %d", got)
		}
		c.after(5 * time.Second)
		if got := c.Login("SYSTEM"); got != 1034 {
			t.Errorf("after 5 s a logon gets %d", got)
		}
		c.end()
	})
}

func TestListenerGoesDownAndUpAsTheScriptSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newContainer(t, "ready after 2s answer refused for 2s\nready after 7s disconnect")
		c.start()
		for second, up := range []bool{true, true, false, false, true} {
			c.after(500 * time.Millisecond)
			if c.endpoint.up() != up {
				t.Errorf("second %d: up is %v", second, !up)
			}
			c.after(500 * time.Millisecond)
		}
		c.after(3 * time.Second)
		if c.endpoint.disconnected != 1 {
			t.Errorf("disconnected %d times", c.endpoint.disconnected)
		}
		c.end()
	})
}

func TestContainerEndsAsTheScriptSays(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		status int
		log    []string
		lacks  string
	}{
		"exit":                 {"mount log ORA-27102: out of memory\nmount exit 9", 9, []string{"ORA-27102: out of memory"}, "mounted"},
		"fail at boot":         {"mount fail", 1, []string{"DATABASE STARTUP FAILED!"}, "READY"},
		"fail later":           {"user log ORA-01109: database not open\nuser fail", 1, []string{"ORA-01109"}, "DATABASE"},
		"die when ready":       {"ready after 2s log ORA-00600: internal\nready after 2s exit 7", 7, []string{"DATABASE IS READY", "ORA-00600"}, "x!"},
		"oracle's random pass": {"flavour oracle\nready exit 0", 0, []string{"ORACLE PASSWORD FOR SYS, SYSTEM AND PDBADMIN: "}, "CONTAINER"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newContainer(t, test.script)
				c.start()
				status, log := c.wait()
				if status != test.status {
					t.Errorf("exit status %d, want %d", status, test.status)
				}
				wantInOrder(t, log, test.log...)
				if strings.Contains(log, test.lacks) {
					t.Errorf("log has %q:\n%s", test.lacks, log)
				}
			})
		})
	}
}

func TestOraclesOwnImageIsReadyBeforeItsScriptsAndStaysUpWhenItFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newContainer(t, "flavour oracle")
		c.env = map[string]string{"ORACLE_PWD": "secret"}
		c.file("opt/oracle/scripts/startup/a.sql", "prompt at start\nwhenever sqlerror exit 1\nselect * from nowhere;", 0o644)
		c.file("opt/oracle/scripts/startup/bad.sh", "", 0o644)
		c.file("opt/oracle/scripts/startup/readme", "", 0o644)
		c.start()
		c.after(time.Second)
		_, log := c.end()
		wantInOrder(t, log, "Starting Oracle Net Listener.", "Starting Oracle Database instance FREE.", "User altered.",
			"DATABASE IS READY TO USE!", "Executing user defined scripts",
			"/opt/oracle/runUserScripts.sh: running "+c.root+"/opt/oracle/scripts/startup/a.sql", "at start",
			"/opt/oracle/runUserScripts.sh: running "+c.root+"/opt/oracle/scripts/startup/bad.sh",
			"/opt/oracle/runUserScripts.sh: ignoring "+c.root+"/opt/oracle/scripts/startup/readme",
			"DONE: Executing user defined scripts", "The following output is now a tail of the alert.log:",
			"SIGTERM received, shutting down database!", "ORACLE instance shut down.")
		if strings.Contains(log, "CONTAINER: shut") || strings.Contains(log, "secret") {
			t.Errorf("log:\n%s", log)
		}

		c = newContainer(t, "flavour oracle\ninit 5s\nopen 5s")
		c.start()
		c.after(time.Second)
		c.stop <- struct{}{} // nothing is there to be stopped
		c.after(6 * time.Second)
		c.stop <- struct{}{}
		c.after(time.Hour)
		_, log = c.end()
		wantInOrder(t, log, "SIGTERM received", "Starting Oracle Net Listener.", "SIGTERM received", "ORACLE instance shut down.",
			"DATABASE SETUP WAS NOT SUCCESSFUL!")

		c = newContainer(t, "flavour oracle\nopen fail")
		c.start()
		c.after(time.Hour)
		select {
		case <-c.status:
			t.Error("the failed container ended")
		default:
		}
		status, log := c.end()
		if wantInOrder(t, log, "DATABASE SETUP WAS NOT SUCCESSFUL!"); status != 143 {
			t.Errorf("exit status %d", status)
		}
	})
}

func TestStopInTheMiddleOfTheBoot(t *testing.T) {
	for name, test := range map[string]struct {
		script  string
		signal  time.Duration // when it comes
		status  int
		elapsed time.Duration // until the container has ended
		log     []string
	}{
		"before the listener": {
			"uncompress 5s", time.Second, 1, 5 * time.Second,
			[]string{"CONTAINER: done uncompressing", "CONTAINER: shutdown request received.", "TNS-12541"},
		},
		"while it opens": {
			"open 5s", time.Second, 1, 5 * time.Second,
			[]string{"Database opened.", "CONTAINER: shutdown request received.", "Database closed.", "DATABASE STARTUP FAILED!"},
		},
		"while passwords are set": {
			"reset 5s", time.Second, 10, 5 * time.Second,
			[]string{"CONTAINER: stopping container.", "CONTAINER: Creating app user", "ERROR:", "ORA-01034: "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newContainer(t, test.script)
				c.env["APP_USER"], c.env["APP_USER_PASSWORD"] = "app", "pw"
				start := time.Now()
				c.start()
				c.after(test.signal)
				status, log := c.end()
				if status != test.status {
					t.Errorf("exit status %d, want %d", status, test.status)
				}
				if got := time.Since(start).Round(time.Second); got != test.elapsed {
					t.Errorf("ended after %v, want %v", got, test.elapsed)
				}
				wantInOrder(t, log, test.log...)
			})
		})
	}
}

// With nothing left that fails, the real script goes on to READY without a
// database and is killed in the end.
func TestStopDuringScriptsIsReadyWithoutADatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newContainer(t, "setup 5s")
		c.file("container-entrypoint-initdb.d/a.sql", "prompt a\n", 0o644)
		c.file("container-entrypoint-initdb.d/b.sql", "select 1 from dual;\n", 0o644)
		c.start()
		c.after(time.Second)
		c.stop <- struct{}{}
		c.after(time.Hour)
		if got := c.Connect(Target{Service: "FREEPDB1"}); got.Code != 12514 || c.endpoint.up() {
			t.Errorf("%+v, listener up: %v", got, c.endpoint.up())
		}
		select {
		case <-c.status:
			t.Error("the container ended by itself")
		default:
		}
		status, log := c.end()
		if status != 1 {
			t.Errorf("exit status %d", status)
		}
		wantInOrder(t, log, "CONTAINER: stopping container.", "ORA-01034: ", "DATABASE IS READY TO USE!", "TNS-12541")
	})
}

func TestContainerThatNeverGetsReady(t *testing.T) {
	for name, script := range map[string]string{"hang": "mount hang", "no-ready": "no-ready"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newContainer(t, script)
				c.start()
				c.after(time.Hour)
				c.kill()
				if _, log := c.wait(); strings.Contains(log, "READY") {
					t.Errorf("log:\n%s", log)
				}
			})
		})
	}
}

func TestShellScripts(t *testing.T) {
	for name, test := range map[string]struct {
		file, text string
		mode       int
		status     int
		log        string
	}{
		"succeeds":       {"good.sh", "#!/bin/sh\n", 0o755, 143, "ran good.sh"},
		"fails":          {"bad.sh", "#!/bin/sh\n", 0o755, 3, "ran bad.sh"},
		"no interpreter": {"good.sh", "#!/no/such/shell\n", 0o755, 126, "has no shell"},
		"broken archive": {"a.sql.gz", "no archive", 0o644, 1, "unpack "},
		"broken zip":     {"a.sql.zip", "no archive", 0o644, 1, "unpack "},
		"whenever exit":  {"a.sql", "whenever sqlerror exit 5\nselect * from nowhere;\n", 0o644, 5, "select * from nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newContainer(t, "")
				if test.mode&0o111 == 0 || test.status != 143 {
					c.file("container-entrypoint-initdb.d/z.sql", "prompt later", 0o644)
				}
				c.file("container-entrypoint-initdb.d/"+test.file, test.text, 0o755)
				c.start()
				c.after(time.Second)
				c.stop <- struct{}{}
				status, log := c.wait()
				if status != test.status || !strings.Contains(log, test.log) {
					t.Errorf("status %d, want %d; log:\n%s", status, test.status, log)
				}
				if status != 143 && (strings.Contains(log, "later") || strings.Contains(log, "READY")) {
					t.Errorf("went on after the failure:\n%s", log)
				}
			})
		})
	}
}
