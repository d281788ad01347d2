package boot

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestScriptSaysWhatItSays(t *testing.T) {
	s, err := ParseScript("# a comment\n\nflavour oracle\nsid xe\nno-ready\nmount 2s\nmount again 100ms\n" +
		"ready after 5s answer ORA-12514 for 3s until registered service xepdb1\n" +
		"ready login 01017 first 3 user system\n" +
		"open after 2ms log ORA-00443: background process \"X\" did not start\nopen log first\nopen exit 7\nuser hog 2K\n")
	if err != nil {
		t.Fatal(err)
	}
	if s.Flavour != Oracle || s.SID != "XE" || !s.NeverReady || s.pdb() != "XEPDB1" {
		t.Errorf("%+v", s)
	}
	if s.length(Mount, false) != 2*time.Second || s.length(Mount, true) != 100*time.Millisecond {
		t.Errorf("mount lasts %v, then %v", s.length(Mount, false), s.length(Mount, true))
	}
	if got := s.length(Open, true); got != 2500*time.Microsecond {
		t.Errorf("a second boot's open lasts %v, want half of the first one's", got)
	}
	wantRules := []rule{
		{
			after: 5 * time.Second, answer: Answer{Act: Refuse, Code: 12514}, during: 3 * time.Second, until: true,
			whose: "XEPDB1",
		},
		{login: true, answer: Answer{Act: Refuse, Code: 1017}, first: 3, whose: "SYSTEM"},
	}
	if got := s.phases[Ready].rules; !reflect.DeepEqual(got, wantRules) {
		t.Errorf("rules %+v\nwant  %+v", got, wantRules)
	}
	wantEvents := []event{
		{deed: doLog, text: "first"},
		{deed: doExit, number: 7},
		{after: 2 * time.Millisecond, deed: doLog, text: `ORA-00443: background process "X" did not start`},
	}
	if got := s.phases[Open].events; !reflect.DeepEqual(got, wantEvents) {
		t.Errorf("events %+v\nwant   %+v", got, wantEvents)
	}
	if got := s.phases[User].events[0].number; got != 2048 {
		t.Errorf("2K is %d bytes", got)
	}
}

func TestScriptFaultNamesItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"\n\nmuont 2s":                     `line 3: unknown word "muont"`,
		"mount":                            `line 1: nothing said about mount`,
		"mount 2":                          `line 1: "2" is not a length of time such as 250ms or 2s`,
		"mount -2s":                        `line 1: unknown word "-2s"`,
		"mount 2s 3s":                      `line 1: unexpected "3s" at the end`,
		"mount again soon":                 `line 1: "soon" is not a length of time such as 250ms or 2s`,
		"mount after 1s 2s":                `line 1: unknown word "2s"`,
		"mount after":                      `line 1: "" is not a length of time such as 250ms or 2s`,
		"ready 5s":                         `line 1: ready has no length: it lasts until the container is stopped`,
		"ready again 5s":                   `line 1: ready has no length: it lasts until the container is stopped`,
		"open answer":                      `line 1: unknown answer ""`,
		"open answer maybe":                `line 1: unknown answer "maybe"`,
		"open answer 123456":               `line 1: unknown answer "123456"`,
		"open login close":                 `line 1: "close" is not an ORA code`,
		"open login 1017 service FREE":     `line 1: unknown word "service"`,
		"open answer 1033 user SYS":        `line 1: unknown word "user"`,
		"open answer 1033 for":             `line 1: "" is not a length of time such as 250ms or 2s`,
		"open answer 1033 for 0s":          `line 1: for 0s is never`,
		"open answer 1033 first 0":         `line 1: "0" is not a number from 1 to 2147483647`,
		"open answer 1033 until tomorrow":  `line 1: unknown word "tomorrow", want registered`,
		"open answer 1033 service":         `line 1: service needs a name`,
		"open exit 256":                    `line 1: "256" is not a number from 0 to 255`,
		"open exit":                        `line 1: "" is not a number from 0 to 255`,
		"open hog 3T":                      `line 1: "3T" is not a size such as 300M or 2G`,
		"open hog 999G":                    `line 1: "999G" is not a size such as 300M or 2G`,
		"open fail now":                    `line 1: unexpected "now" at the end`,
		"flavour vanilla":                  `line 1: unknown flavour "vanilla", want gvenzl or oracle`,
		"sid ../x":                         `line 1: sid "../X" is not up to 12 letters and digits`,
		"sid":                              `line 1: sid "" is not up to 12 letters and digits`,
		"no-ready ever":                    `line 1: unexpected "ever" at the end`,
		"open answer 1033 for ever really": `line 1: unknown word "really"`,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := ParseScript(text)
			var fault *ScriptError
			if !errors.As(err, &fault) || err.Error() != "stand-in script "+want {
				t.Errorf("got  %v\nwant stand-in script %s", err, want)
			}
		})
	}
}

// The help is the language's only description: its words must be the parser's.
func TestScriptHelpNamesEveryPhaseAndDeed(t *testing.T) {
	for p := range phaseCount {
		if !strings.Contains(ScriptHelp, " "+p.String()) {
			t.Errorf("phase %s is missing", p)
		}
	}
	for _, word := range []string{
		"log TEXT", "exit STATUS", "fail", "hang", "hog SIZE", "disconnect", "answer ACT", "login CODE", "accept", "close",
		"silent", "shortrefuse", "barerefuse", "refused", "for ever", "until registered", "first N", "service NAME", "user NAME",
	} {
		if !strings.Contains(ScriptHelp, word) {
			t.Errorf("%s is missing", word)
		}
	}
}

func FuzzParseScript(f *testing.F) {
	f.Add("flavour oracle\nmount 2s\nready after 5s answer 12514 for 3s until registered\n")
	f.Add("open hog 2G\nopen log x\nsid XE\nready login 1017 first 3 user a")
	f.Add("hog\nopen hog K\nopen answer 1 for ever\n\t# x")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseScript(text)
		var fault *ScriptError
		if err != nil && (!errors.As(err, &fault) || fault.Line < 1 || fault.Line > strings.Count(text, "\n")+1) {
			t.Errorf("%q: %v", text, err)
		}
		if err == nil && !plainName(s.SID) {
			t.Errorf("%q: sid %q", text, s.SID)
		}
	})
}
