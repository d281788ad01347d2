package locator_test

import (
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/haddock-ci/pipeline/haddock/locator"
)

func TestVerbsSendTheirCommands(t *testing.T) {
	tests := map[string]struct {
		do   func(ctx context.Context, p *locator.Proxy) error
		want []string
	}{
		"weights in one line": {
			func(ctx context.Context, p *locator.Proxy) error {
				return p.SetWeights(ctx, locator.Weight{Slot: "s2", Weight: 10}, locator.Weight{Slot: "s1", Weight: 90})
			},
			[]string{"set server app/s2 weight 10;set server app/s1 weight 90"},
		},
		"no weights": {func(ctx context.Context, p *locator.Proxy) error { return p.SetWeights(ctx) }, nil},
		"ready":      {func(ctx context.Context, p *locator.Proxy) error { return p.Ready(ctx, "s1") }, []string{"set server app/s1 state ready"}},
		"drain":      {func(ctx context.Context, p *locator.Proxy) error { return p.Drain(ctx, "s1") }, []string{"set server app/s1 state drain"}},
		"maint":      {func(ctx context.Context, p *locator.Proxy) error { return p.Maint(ctx, "s1") }, []string{"set server app/s1 state maint"}},
		"forget": {
			func(ctx context.Context, p *locator.Proxy) error { return p.Forget(ctx, "s2") },
			[]string{"show servers state app", "clear table app data.server_id eq 2"},
		},
		"strict": {
			func(ctx context.Context, p *locator.Proxy) error { return p.Strict(ctx, "s2", true) },
			[]string{"show acl " + drainList, "add acl " + drainList + " s2"},
		},
		"strict already": {func(ctx context.Context, p *locator.Proxy) error { return p.Strict(ctx, "s1", true) }, []string{"show acl " + drainList}},
		"no longer strict": {
			func(ctx context.Context, p *locator.Proxy) error { return p.Strict(ctx, "s1", false) },
			[]string{"show acl " + drainList, "del acl " + drainList + " s1"},
		},
		"never strict": {func(ctx context.Context, p *locator.Proxy) error { return p.Strict(ctx, "s2", false) }, []string{"show acl " + drainList}},
		"cut":          {func(ctx context.Context, p *locator.Proxy) error { return p.ShutdownSessions(ctx, "s1") }, []string{"shutdown sessions server app/s1"}},
		"another list": {
			func(ctx context.Context, p *locator.Proxy) error {
				return p.WithDrainList("/x/y").Strict(ctx, "s1", true)
			},
			[]string{"show acl /x/y", "add acl /x/y s1"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, answers())
			if err := test.do(t.Context(), f.proxy()); err != nil {
				t.Fatal(err)
			}
			if got := f.sent(t); !slices.Equal(got, test.want) {
				t.Errorf("sent %q, want %q", got, test.want)
			}
		})
	}
}

func TestVerbsSayWhatWasRefused(t *testing.T) {
	tests := map[string]struct {
		do    func(ctx context.Context, p *locator.Proxy) error
		reply map[string]string
		want  string
	}{
		"no such slot": {
			func(ctx context.Context, p *locator.Proxy) error { return p.Ready(ctx, "s9") }, nil,
			`bring slot s9 to ready: haproxy refuses "set server app/s9 state ready": No such server`,
		},
		"one of two": {
			func(ctx context.Context, p *locator.Proxy) error {
				return p.SetWeights(ctx, locator.Weight{Slot: "s9", Weight: 1}, locator.Weight{Slot: "s1", Weight: 99})
			}, nil,
			`set weights: haproxy refuses "set server app/s9 weight 1": No such server`,
		},
		"read only": {
			func(ctx context.Context, p *locator.Proxy) error { return p.Maint(ctx, "s1") },
			map[string]string{"set server app/s1 state maint": "[3]: Permission denied\n"},
			`bring slot s1 to maint: haproxy refuses "set server app/s1 state maint": Permission denied`,
		},
		"words without a level": {
			func(ctx context.Context, p *locator.Proxy) error { return p.Maint(ctx, "s1") },
			map[string]string{"set server app/s1 state maint": "Not today.\n"},
			`bring slot s1 to maint: haproxy refuses "set server app/s1 state maint": Not today`,
		},
		"nothing to forget": {
			func(ctx context.Context, p *locator.Proxy) error { return p.Forget(ctx, "s9") }, nil,
			`forget the sessions of slot s9: backend app has no slot of this name`,
		},
		"no list": {
			func(ctx context.Context, p *locator.Proxy) error { return p.Strict(ctx, "s9", true) },
			map[string]string{"show acl " + drainList: "[3]: Unknown ACL identifier.\n"},
			`put slot s9 on the drain list: haproxy refuses "show acl /etc/haddock/draining.lst": Unknown ACL identifier`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			replies := answers()
			maps.Copy(replies, test.reply)
			err := test.do(t.Context(), newFake(t, replies).proxy())
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestANoticeIsNoError(t *testing.T) {
	replies := answers()
	replies["set server app/s1 state ready"] = "[6]: it was that already\n"
	if err := newFake(t, replies).proxy().Ready(t.Context(), "s1"); err != nil {
		t.Error(err)
	}
}

func TestNothingIsSentThatCouldBeTwoCommands(t *testing.T) {
	evil := []string{"", "s1;disable frontend web", "s1\nshow info", "s1\r", "s 1", "s1\x00", `s1\`, "s1/weight", "ß", "s1<<x", strings.Repeat("s", 65)}
	for _, value := range evil {
		f := newFake(t, answers())
		slot := func(p *locator.Proxy, value string) []error {
			ctx := t.Context()
			return []error{
				p.SetWeights(ctx, locator.Weight{Slot: value, Weight: 1}), p.Ready(ctx, value), p.Drain(ctx, value), p.Maint(ctx, value),
				p.Forget(ctx, value), p.Strict(ctx, value, true), p.Strict(ctx, value, false), p.ShutdownSessions(ctx, value),
			}
		}
		_, readErr := locator.New(f.dial, value).Read(t.Context())
		_, sessionsErr := locator.New(f.dial, value).Sessions(t.Context())
		_, expireErr := locator.New(f.dial, value).TableExpire(t.Context())
		_, listErr := f.proxy().WithDrainList("/" + value + " x").Read(t.Context())
		errs := slices.Concat(slot(f.proxy(), value), slot(locator.New(f.dial, value), "s1"), []error{readErr, sessionsErr, expireErr, listErr})
		for i, err := range errs {
			if err == nil || !strings.Contains(err.Error(), "is no name of") {
				t.Errorf("%q, call %d: %v", value, i, err)
			}
		}
		if sent := f.sent(t); len(sent) > 0 {
			t.Errorf("%q: sent %q", value, sent)
		}
	}
}

func TestAWeightStaysInItsRange(t *testing.T) {
	for _, weight := range []int{-1, 257} {
		if err := newFake(t, answers()).proxy().SetWeights(t.Context(), locator.Weight{Slot: "s1", Weight: weight}); err == nil {
			t.Errorf("%d is accepted", weight)
		}
	}
}

func TestNobodyThereIsDown(t *testing.T) {
	p := locator.New(func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", "/nowhere/admin.sock")
	}, "app")
	_, err := p.Read(t.Context())
	if !errors.Is(err, locator.ErrDown) || !strings.Contains(err.Error(), "/nowhere/admin.sock") {
		t.Errorf("got %v", err)
	}
}

func TestAConnectionThatEndsAtOnceIsDown(t *testing.T) {
	nothing := ""
	f := newFake(t, nil)
	f.raw = &nothing
	if err := f.proxy().Ready(t.Context(), "s1"); !errors.Is(err, locator.ErrDown) {
		t.Errorf("got %v", err)
	}
}

// silent takes what comes and never answers.
func silent(t *testing.T) locator.Dial {
	t.Helper()
	return func(context.Context) (net.Conn, error) {
		near, far := net.Pipe()
		t.Cleanup(func() { far.Close() })
		go func() {
			buffer := make([]byte, 1024)
			for {
				if _, err := far.Read(buffer); err != nil {
					return
				}
			}
		}()
		return near, nil
	}
}

func TestSilenceIsDownAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := locator.New(silent(t), "app").Ready(t.Context(), "s1")
		if !errors.Is(err, locator.ErrDown) || !strings.Contains(err.Error(), "within 10s") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnInterruptIsNotDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("somebody pressed a key")
		go func() {
			synctest.Wait()
			cancel(why)
		}()
		err := locator.New(silent(t), "app").Ready(ctx, "s1")
		if !errors.Is(err, why) || errors.Is(err, locator.ErrDown) {
			t.Errorf("got %v", err)
		}
	})
}
