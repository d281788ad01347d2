package oracle

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestKnownFlakesAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		failure NotReadyError
		locked  bool
		flake   bool
	}{
		"hangs after the grants":           {failure: NotReadyError{Reason: Hanging, Phase: Users}, flake: true},
		"1109 while creating the user":     {failure: NotReadyError{Reason: StartupFailed, Phase: Users, Code: 1109}, flake: true},
		"exits with 1109 then":             {failure: NotReadyError{Reason: Exited, ExitCode: 85, Phase: Users, Code: 1109}, flake: true},
		"1109 later":                       {failure: NotReadyError{Reason: Exited, Phase: Scripts, Code: 1109}},
		"a lock at the passwords":          {failure: NotReadyError{Reason: Exited, Phase: Passwords, Code: 4021}, locked: true, flake: true},
		"a lock, and on with no password":  {failure: NotReadyError{Reason: WrongPassword, Phase: LoggingIn, Code: 1017}, locked: true, flake: true},
		"another password":                 {failure: NotReadyError{Reason: WrongPassword, Phase: LoggingIn, Code: 1017}},
		"a lock, and the time is up later": {failure: NotReadyError{Reason: Timeout, Phase: LoggingIn}, locked: true},
		"another exit at the passwords":    {failure: NotReadyError{Reason: Exited, Phase: Passwords}},
		"a timeout":                        {failure: NotReadyError{Reason: Timeout, Phase: Users}},
	} {
		if got := flakeOf(&c.failure, c.locked); (got != "") != c.flake {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestALogThatEndsAtAGrantIsStuck(t *testing.T) {
	grants := []string{"CONTAINER: Creating app user for default pluggable database.", "User created.", "", grantText, ""}
	for name, c := range map[string]struct {
		lines []string
		after time.Duration
		want  bool
	}{
		"soon":            {grants, 59 * time.Second, false},
		"at last":         {grants, time.Minute, true},
		"it goes on":      {slices.Concat(grants, []string{"CONTAINER: DONE: Creating app user"}), time.Hour, false},
		"in a script":     {slices.Concat([]string{"CONTAINER: running /container-entrypoint-initdb.d/1.sql ..."}, grants), time.Hour, false},
		"when it is over": {slices.Concat(grants, []string{readyText, grantText}), time.Hour, false},
		"nothing at all":  {nil, time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &follower{
					mask: strings.NewReplacer(), seen: new(history), heard: time.Now(), ready: make(chan struct{}), failed: make(chan struct{}),
				}
				for _, line := range c.lines {
					f.take(time.Now().Format(time.RFC3339Nano) + " " + line)
					time.Sleep(time.Nanosecond) // the engine's times differ
				}
				time.Sleep(c.after)
				if got := f.stuck(time.Minute); got != c.want {
					t.Errorf("got %v", got)
				}
			})
		})
	}
}

func TestAHangingBootEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rehearse(10*time.Minute, answering())
		r.stuck = func(silence time.Duration) bool { return time.Since(r.began) >= silence }
		err := r.run(t.Context())
		if e, ok := err.(*NotReadyError); !ok || e.Reason != Hanging { //nolint:errorlint // the very one
			t.Errorf("got %v", err)
		}
		if got := time.Since(r.began); got > 70*time.Second {
			t.Errorf("noticed after %s", got)
		}
	})
}

func TestALockAtThePasswordsIsRemembered(t *testing.T) {
	for text, want := range map[string]bool{
		"CONTAINER: Resetting SYS and SYSTEM passwords.\nORA-04021: timeout occurred while waiting to lock object SYSTEM\nCONTAINER: DONE": true,
		"ORA-04021: timeout occurred\nCONTAINER: Resetting SYS and SYSTEM passwords.":                                                      false,
		"CONTAINER: Resetting SYS and SYSTEM passwords.\nORA-00054: resource busy":                                                         true,
	} {
		b := bootLog{}
		for line := range strings.SplitSeq(text, "\n") {
			b.read(line)
		}
		if b.locked != want {
			t.Errorf("%q: got %v", text, b.locked)
		}
	}
}
