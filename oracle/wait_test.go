package oracle

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sijms/go-ora/v2/network"

	"github.com/haddock-ci/pipeline/internal/events"
)

// rehearsal is a readiness whose database is a function, and what it did.
type rehearsal struct {
	readiness
	mu     sync.Mutex
	logins []time.Duration // since the beginning
	nudges int
	said   []string
	began  time.Time
	isUp   chan struct{}
	isDown chan struct{}
}

// rehearse must be called in a synctest bubble.
func rehearse(timeout time.Duration, login func(ctx context.Context, try int) error) *rehearsal {
	r := &rehearsal{began: time.Now(), isUp: make(chan struct{}), isDown: make(chan struct{})}
	r.readiness = readiness{
		ready: r.isUp, failed: r.isDown, deadline: time.Now().Add(timeout),
		settings: settings{grace: 75 * time.Second, interval: 500 * time.Millisecond, heartbeat: 10 * time.Second, silence: time.Minute},
		phase:    func() Phase { return Instance },
		stuck:    func(time.Duration) bool { return false },
		sink:     func(e events.Event) { r.said = append(r.said, e.Text) },
		register: func(context.Context) error { r.nudges++; return nil },
		services: func(context.Context) []string { return []string{"FREE", "freepdb1"} },
		login: func(ctx context.Context) error {
			r.mu.Lock()
			r.logins = append(r.logins, time.Since(r.began))
			try := len(r.logins)
			r.mu.Unlock()
			return login(ctx, try)
		},
	}
	return r
}

func answering(codes ...int) func(context.Context, int) error {
	return func(_ context.Context, try int) error {
		if try > len(codes) {
			return nil
		}
		return network.NewOracleError(codes[try-1])
	}
}

func always(code int) func(context.Context, int) error {
	return func(context.Context, int) error { return network.NewOracleError(code) }
}

func TestNoLoginBeforeTheReadyLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rehearse(time.Minute, answering())
		time.AfterFunc(25*time.Second, func() { close(r.isUp) })
		if err := r.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(r.logins, []time.Duration{25 * time.Second}) {
			t.Errorf("logins at %v, want one, at the line", r.logins)
		}
		if len(r.said) != 2 || r.said[0] != "10s: the database is starting the instance" {
			t.Errorf("heartbeats: %q", r.said)
		}
	})
}

func TestTransientErrorsAreTriedAtMostTwiceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rehearse(time.Minute, answering(1033, 12528, 1109, 12541))
		close(r.isUp)
		if err := r.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		const half = 500 * time.Millisecond
		if want := []time.Duration{0, half, 2 * half, 3 * half, 4 * half}; !slices.Equal(r.logins, want) {
			t.Errorf("logins at %v, want %v", r.logins, want)
		}
	})
}

func TestAFullDatabaseIsNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rehearse(time.Minute, answering(12516, 20, 18))
		close(r.isUp)
		if err := r.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}; !slices.Equal(r.logins, want) {
			t.Errorf("logins at %v, want %v", r.logins, want)
		}
	})
}

func TestHopelessErrorsEndTheWaitAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		code int
		want Reason
	}{
		"wrong password":     {1017, WrongPassword},
		"no CREATE SESSION":  {1045, WrongPassword},
		"locked":             {28000, Refused},
		"expired":            {28001, Refused},
		"protocol":           {28040, Refused},
		"listener's own ACL": {12506, Refused},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rehearse(time.Minute, always(c.code))
				close(r.isUp)
				err := r.run(t.Context())
				e, ok := errors.AsType[*NotReadyError](err)
				if !ok || e.Reason != c.want || e.Code != c.code || len(r.logins) != 1 {
					t.Errorf("got %v after %d logins", err, len(r.logins))
				}
			})
		})
	}
}

func TestAnUnlistedErrorHasThreeTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rehearse(time.Minute, always(65096))
		close(r.isUp)
		e, ok := errors.AsType[*NotReadyError](r.run(t.Context()))
		if !ok || e.Reason != Refused || e.Code != 65096 || len(r.logins) != 3 {
			t.Errorf("got %v after %d logins", e, len(r.logins))
		}
		r = rehearse(time.Minute, answering(65096, 65096, 12528, 65096, 65096))
		close(r.isUp)
		if err := r.run(t.Context()); err != nil {
			t.Errorf("not in a row: got %v", err)
		}
	})
}

func TestAnUnknownServiceIsNudgedOnceAndThenNamed(t *testing.T) {
	for _, code := range []int{12514, 12505} {
		synctest.Test(t, func(t *testing.T) {
			r := rehearse(5*time.Minute, always(code))
			close(r.isUp)
			e, ok := errors.AsType[*NotReadyError](r.run(t.Context()))
			if !ok || e.Reason != WrongService || !slices.Equal(e.Services, []string{"FREE", "freepdb1"}) {
				t.Fatalf("got %v", e)
			}
			if took := time.Since(r.began); took < 75*time.Second || took > 76*time.Second {
				t.Errorf("gave up after %s, want the grace", took)
			}
			if r.nudges != 1 {
				t.Errorf("nudged %d times", r.nudges)
			}
		})
	}
}

func TestAnUnknownServiceThatRegistersIsFine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rehearse(5*time.Minute, answering(12514, 12514))
		close(r.isUp)
		if err := r.run(t.Context()); err != nil || r.nudges != 1 {
			t.Errorf("got %v, nudged %d times", err, r.nudges)
		}
	})
}

func TestTheDeadlineTellsTheLastError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rehearse(20*time.Second, always(12528))
		close(r.isUp)
		e, ok := errors.AsType[*NotReadyError](r.run(t.Context()))
		if !ok || e.Reason != Timeout || e.Phase != LoggingIn || e.Code != 12528 {
			t.Errorf("got %+v", e)
		}
		if took := time.Since(r.began); took != 20*time.Second {
			t.Errorf("took %s", took)
		}
		if !slices.ContainsFunc(r.said, func(s string) bool { return strings.Contains(s, "ready by its log, but the login fails: ORA-12528") }) {
			t.Errorf("heartbeats: %q", r.said)
		}
	})
}

func TestAHangingLoginEndsAtTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rehearse(20*time.Second, func(ctx context.Context, try int) error {
			if try == 1 {
				return network.NewOracleError(12528)
			}
			<-ctx.Done()
			return context.Cause(ctx)
		})
		close(r.isUp)
		e, ok := errors.AsType[*NotReadyError](r.run(t.Context()))
		if !ok || e.Reason != Timeout || e.Code != 12528 {
			t.Errorf("got %+v, want the code from before it hung", e)
		}
	})
}

func TestTheDeadlineHoldsWithoutTheReadyLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rehearse(20*time.Second, answering())
		e, ok := errors.AsType[*NotReadyError](r.run(t.Context()))
		if !ok || e.Reason != Timeout || len(r.logins) != 0 {
			t.Errorf("got %+v after %d logins", e, len(r.logins))
		}
	})
}

func TestAnInterruptIsNoTimeout(t *testing.T) {
	interrupt := errors.New("interrupt signal received")
	hang := func(ctx context.Context, _ int) error { <-ctx.Done(); return errNoAnswer }
	for name, c := range map[string]struct {
		up    bool
		login func(context.Context, int) error
	}{
		"while booting":       {false, answering()},
		"between two logins":  {true, always(12528)},
		"in a hanging login":  {true, hang},
		"while it is unknown": {true, always(12514)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				r := rehearse(time.Minute, c.login)
				if c.up {
					close(r.isUp)
				}
				time.AfterFunc(7250*time.Millisecond, func() { cancel(interrupt) })
				if err := r.run(ctx); !errors.Is(err, interrupt) {
					t.Errorf("got %v, want the interrupt", err)
				}
				if took := time.Since(r.began); took != 7250*time.Millisecond {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

func TestADeadContainerEndsTheWaitAtOnce(t *testing.T) {
	hang := func(ctx context.Context, _ int) error { <-ctx.Done(); return errNoAnswer }
	for name, c := range map[string]struct {
		up    bool
		login func(context.Context, int) error
	}{
		"while booting":      {false, answering()},
		"between two logins": {true, always(12541)},
		"in a hanging login": {true, hang},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rehearse(time.Minute, c.login)
				if c.up {
					close(r.isUp)
				}
				time.AfterFunc(3250*time.Millisecond, func() { close(r.isDown) })
				if err := r.run(t.Context()); !errors.Is(err, errBootFailed) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(r.began); took > 4*time.Second {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

func TestTheTimeoutCountsFromTheCallOnceReadyOrOfAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Container{cfg: Config{Timeout: time.Minute}}
		old := func() *instance {
			return &instance{started: time.Now().Add(-2 * time.Minute), log: &follower{ready: make(chan struct{})}}
		}
		booting, ready, another := old(), old(), old()
		close(ready.log.ready)
		another.found = true
		for name, test := range map[string]struct {
			in   *instance
			want time.Duration
		}{"booting": {booting, -time.Minute}, "ready long ago": {ready, time.Minute}, "another process's": {another, time.Minute}} {
			if got := time.Until(c.deadline(test.in)); got != test.want {
				t.Errorf("%s: %s are left, want %s", name, got, test.want)
			}
		}
	})
}

// An interrupt ends the context and stops the database at the same moment.
func TestAWaitThatIsInterruptedDoesNotBlameTheStop(t *testing.T) {
	interrupt := errors.New("interrupted")
	ended := endedUnseen{context.Background(), interrupt}
	c := newContainer(Config{}, nil)
	bound, done, err := c.within(ended)
	if err != nil {
		t.Fatal(err)
	}
	c.end(errStopped)
	<-bound.Done()
	if got := context.Cause(bound); !errors.Is(got, interrupt) {
		t.Errorf("in the wait: %v", got)
	}
	done()
	c.stopped = true
	if _, _, err := c.within(ended); !errors.Is(err, interrupt) {
		t.Errorf("before it: %v", err)
	}
	if _, _, err := c.within(t.Context()); !errors.Is(err, errStopped) {
		t.Errorf("with no interrupt: %v", err)
	}
}

// An endedUnseen context has ended, but those that are made of it are still to
// hear of that.
type endedUnseen struct {
	context.Context
	err error
}

func (e endedUnseen) Err() error { return e.err }
