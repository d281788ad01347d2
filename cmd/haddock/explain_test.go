package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock"
	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/registry"
)

func TestEveryFailureHasItsStatusAndHint(t *testing.T) {
	stopped := func(err error) error { return &haddock.StoppedError{State: "x", Resume: true, Err: err} }
	tests := map[string]struct {
		err    error
		status int
		hint   string
	}{
		"interrupted":           {&interrupted{Signal: "TERM", Status: 143}, 143, ""},
		"interrupted under way": {stopped(fmt.Errorf("read: %w", &interrupted{Signal: "INT", Status: 130})), 130, "haddock resume"},
		"usage":                 {usage("x"), 2, ""},
		"faults":                {haddock.Faults{{Text: "x"}}, 2, ""},
		"unknown environment":   {&haddock.UnknownEnvironmentError{Name: "x"}, 2, ""},
		"target":                {fmt.Errorf("x: %w", host.ErrTarget), 2, ""},
		"no env file":           {&haddock.ConfigError{Err: fs.ErrNotExist}, 2, ""},
		"no state directory":    {stopped(fmt.Errorf("write: %w", fs.ErrNotExist)), 3, "haddock init"},
		"require":               {&haddock.RequireError{Env: "prod", Reason: "x"}, 2, "require"},
		"nothing to do":         {&haddock.NothingError{Text: "x"}, 2, "haddock status"},
		"no login":              {fmt.Errorf("x: %w", registry.ErrCredentials), 2, ""},
		"aborted":               {&haddock.AbortedError{Gone: true}, 1, ""},
		"aborted, sessions":     {&haddock.AbortedError{}, 1, "haddock resume"},
		"hook":                  {&haddock.HookError{Hook: "preDeploy", Err: errors.New("x")}, 1, ""},
		"taken back meanwhile":  {&haddock.TakenBackError{}, 1, ""},
		"unfinished":            {&haddock.UnfinishedError{}, 3, "haddock promote"},
		"no slot":               {&haddock.NoSlotError{}, 3, "network.slots"},
		"overtaken":             {&haddock.OvertakenError{}, 3, "haddock status"},
		"lock held":             {&host.HeldError{}, 3, "--lock-wait"},
		"locator down":          {stopped(&haddock.LocatorDownError{For: time.Minute}), 3, "admin socket"},
		"locator is silent":     {fmt.Errorf("check: %w", locator.ErrDown), 3, "admin socket"},
		"no root":               {fmt.Errorf("folders: %w", haddock.ErrNotRoot), 3, "sudo"},
		"locator refuses":       {stopped(&locator.CommandError{}), 3, "haddock locator check"},
		"out of space":          {stopped(errors.New("no space left on device")), 3, "haddock resume"},
		"no engine":             {fmt.Errorf("x: %w", engine.ErrNoEngine), 3, "engine in haddock.yaml"},
		"no image":              {&host.PullError{Kind: host.ErrNoImage}, 3, "release.json"},
		"no login at registry":  {&host.PullError{Kind: host.ErrDenied}, 3, "passwordEnv"},
		"differs":               {&differs{Count: 2, From: "x"}, 3, ""},
		"foreign haproxy.cfg":   {fmt.Errorf("x: %w", haddock.ErrForeign), 3, "--replace"},
		"anything else":         {errors.New("x"), 3, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			status, hint := explain(test.err)
			if status != test.status || !strings.Contains(hint, test.hint) || test.hint == "" && hint != "" {
				t.Errorf("%d %q, want %d %q", status, hint, test.status, test.hint)
			}
		})
	}
}

func TestHintsNameTheEnvironmentThatTheUserNamed(t *testing.T) {
	var stderr strings.Builder
	a := &app{secrets: redact.New("s3cret"), stderr: &stderr, env: "prod"}
	status := a.report(&haddock.AbortedError{
		Version: "1.5.0", Reason: "it said s3cret", Visited: true, Restored: "1.4.1", Left: 4, Log: []string{"boom"},
	})
	want := `haddock: error: 1.5.0 was taken back: it said [secret]; 1.4.1 has all new sessions again; 4 sessions that it has end by themselves
haddock: the last lines of its container:
  | boom
haddock: hint: when its sessions have ended, remove it: haddock resume --env prod
`
	if got := stderr.String(); status != 1 || got != want {
		t.Errorf("%d\n%s\nwant\n%s", status, got, want)
	}
}

func TestWhoIsAtWork(t *testing.T) {
	ci := []string{"bamboo_buildResultKey=SHOP-BLD-42", "USER=agent"}
	for name, test := range map[string]struct {
		a    app
		want string
	}{
		"said":       {app{by: "anna", environ: ci}, "anna"},
		"a CI build": {app{environ: ci}, "SHOP-BLD-42"},
		"a person":   {app{environ: []string{"USER=ben"}}, "ben@"},
	} {
		if got := test.a.who(); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestStatusReadsLikeATable(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var out strings.Builder
	err := printStatus(&out, haddock.Status{
		Service: "shop", Env: "prod", Time: now,
		Locator: haddock.LocatorStatus{Version: "2.6.12", Uptime: 200000, Table: 133, Room: 200000, Counted: true},
		Instances: []haddock.InstanceStatus{
			{Seq: 8, Version: "1.5.0", Image: "r/shop@sha256:" + strings.Repeat("a", 64), Slot: "s2", State: "canary", Share: 10, Sessions: 13, Since: now.Add(-3 * time.Minute), By: "SHOP-BLD-42"},
			{Seq: 7, Version: "1.4.1", Image: "r/shop@sha256:" + strings.Repeat("b", 64), Slot: "s1", State: "live", Share: 90, Sessions: 120, Since: now.Add(-80 * time.Hour), By: "anna@ops"},
		},
		Phase: "paused", Rollout: "paused at 10 %", Next: "haddock promote --env prod",
	})
	want := `shop in prod, 2026-11-23 12:00:00
VERSION  SLOT  STATE   NEW SESSIONS  SESSIONS  SINCE  BY           DIGEST
1.5.0    s2    canary  10 %          13        3m     SHOP-BLD-42  sha256:aaaaaaaaaaaa
1.4.1    s1    live    90 %          120       3d     anna@ops     sha256:bbbbbbbbbbbb
HAProxy 2.6.12, up 2d, 133 sessions in a table for 200000
roll-out: paused at 10 %; nobody is watching
go on with: haddock promote --env prod
`
	if err != nil || out.String() != want {
		t.Errorf("%v\n%s", err, out.String())
	}
}
