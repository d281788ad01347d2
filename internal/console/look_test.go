package console

import (
	"strings"
	"testing"
)

func TestFlagsAndSurroundingsDecide(t *testing.T) {
	const utf8 = "LANG=C.UTF-8"
	for name, tt := range map[string]struct {
		wish     Wish
		terminal bool
		vendor   string
		env      []string
		want     Look
		fault    string
	}{
		"terminal":            {Wish{}, true, "", []string{"TERM=xterm", utf8}, Look{Mode: TTY, Color: true, Unicode: true}, ""},
		"pipe":                {Wish{}, false, "", []string{"TERM=xterm", utf8}, Look{Mode: Plain, Unicode: true}, ""},
		"dumb":                {Wish{}, true, "", []string{"TERM=dumb", utf8}, Look{Mode: Plain, Unicode: true}, ""},
		"no term":             {Wish{}, true, "", nil, Look{Mode: Plain}, ""},
		"CI":                  {Wish{}, true, "", []string{"TERM=xterm", "CI=true"}, Look{Mode: Plain, Color: true}, ""},
		"CI=false":            {Wish{}, true, "", []string{"TERM=xterm", "CI=false"}, Look{Mode: TTY, Color: true}, ""},
		"bamboo":              {Wish{}, true, "bamboo", []string{"TERM=xterm"}, Look{Mode: Plain, Vendor: "bamboo"}, ""},
		"bamboo, forced":      {Wish{}, false, "bamboo", []string{"FORCE_COLOR=1"}, Look{Mode: Plain, Vendor: "bamboo", Color: true}, ""},
		"bamboo, asked":       {Wish{Color: "always"}, false, "bamboo", []string{"NO_COLOR=1"}, Look{Mode: Plain, Vendor: "bamboo", Color: true}, ""},
		"github":              {Wish{}, false, "github", nil, Look{Mode: Plain, Vendor: "github", Color: true}, ""},
		"github, no":          {Wish{}, false, "github", []string{"NO_COLOR=1", "FORCE_COLOR=1"}, Look{Mode: Plain, Vendor: "github"}, ""},
		"never":               {Wish{Color: "never"}, true, "", []string{"TERM=xterm", "FORCE_COLOR=1"}, Look{Mode: TTY}, ""},
		"empty NO_COLOR":      {Wish{}, true, "", []string{"TERM=xterm", "NO_COLOR="}, Look{Mode: TTY, Color: true}, ""},
		"FORCE_COLOR=0":       {Wish{}, true, "", []string{"TERM=xterm", "FORCE_COLOR=0"}, Look{Mode: TTY}, ""},
		"CLICOLOR=0":          {Wish{}, true, "", []string{"TERM=xterm", "CLICOLOR=0"}, Look{Mode: TTY}, ""},
		"CLICOLOR_FORCE":      {Wish{}, false, "", []string{"CLICOLOR_FORCE=1"}, Look{Mode: Plain, Color: true}, ""},
		"plain":               {Wish{Progress: "plain", Verbose: true}, true, "", []string{"TERM=xterm"}, Look{Mode: Plain, Color: true, Verbose: true}, ""},
		"quiet":               {Wish{Progress: "quiet"}, true, "", nil, Look{Mode: Quiet}, ""},
		"tty":                 {Wish{Progress: "tty"}, true, "github", []string{"TERM=xterm", "LC_ALL=C", utf8}, Look{Mode: TTY, Vendor: "github", Color: true}, ""},
		"tty without":         {Wish{Progress: "tty"}, false, "", []string{"TERM=xterm"}, Look{}, "needs a terminal"},
		"unknown progress":    {Wish{Progress: "fancy"}, true, "", nil, Look{}, "--progress=fancy"},
		"unknown colour":      {Wish{Color: "blue"}, true, "", nil, Look{}, "--color=blue"},
		"LC_CTYPE, old style": {Wish{}, false, "", []string{"LC_CTYPE=de_DE.utf8", "LANG=C"}, Look{Mode: Plain, Unicode: true}, ""},
	} {
		if tt.wish.Progress == "" {
			tt.wish.Progress = "auto"
		}
		if tt.wish.Color == "" {
			tt.wish.Color = "auto"
		}
		values := map[string]string{}
		for _, pair := range tt.env {
			key, value, _ := strings.Cut(pair, "=")
			values[key] = value
		}
		got, err := tt.wish.Resolve(Surroundings{Terminal: tt.terminal, Vendor: tt.vendor, Getenv: func(k string) string { return values[k] }})
		if tt.fault != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("%s: %v, want %q", name, err, tt.fault)
			}
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, tt.want)
		}
	}
}
