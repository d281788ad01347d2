package console

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/haddock-ci/pipeline/internal/ci"
)

// A Mode is a way to show progress.
type Mode string

// The modes, as --progress names them; Auto becomes one of the others.
const (
	Auto  Mode = "auto"
	TTY   Mode = "tty"   // one line per step, redrawn in place
	Plain Mode = "plain" // lines with time and step
	Quiet Mode = "quiet" // warnings and failures alone
)

// A Wish is what the flags say.
type Wish struct {
	Progress string // a Mode
	Color    string // auto, always or never
	Verbose  bool   // show what child processes print, as it comes
}

// Surroundings are what decides where the flags do not.
type Surroundings struct {
	Terminal bool                // stdout is one
	Vendor   string              // the CI system, as package ci names it; empty at home
	Getenv   func(string) string // TERM, LANG, NO_COLOR and the like
}

// A Look is how progress is shown: the flags and the surroundings, resolved.
type Look struct {
	Mode    Mode
	Color   bool
	Unicode bool
	Verbose bool
	Vendor  string
}

// Resolve decides. For progress: the flag, then tty on a terminal at home,
// else plain. For colour: the flag, then NO_COLOR, then FORCE_COLOR and
// CLICOLOR_FORCE, then what the CI system is known to show, then the terminal.
func (w Wish) Resolve(s Surroundings) (Look, error) {
	look := Look{Verbose: w.Verbose, Vendor: s.Vendor, Unicode: speaksUTF8(s.Getenv)}
	able := s.Terminal && s.Getenv("TERM") != "dumb" && s.Getenv("TERM") != ""
	switch look.Mode = Mode(w.Progress); look.Mode {
	case Plain, Quiet:
	case TTY:
		if !able {
			return look, fmt.Errorf("--progress=tty needs a terminal; write auto, plain or quiet")
		}
	case Auto:
		look.Mode = Plain
		if able && s.Vendor == "" && !isSet(s.Getenv("CI")) {
			look.Mode = TTY
		}
	default:
		return look, fmt.Errorf("--progress=%s: write auto, tty, plain or quiet", w.Progress)
	}
	switch w.Color {
	case "always", "never":
		look.Color = w.Color == "always"
	case "auto":
		look.Color = colors(s, able)
	default:
		return look, fmt.Errorf("--color=%s: write auto, always or never", w.Color)
	}
	return look, nil
}

func colors(s Surroundings, able bool) bool {
	forced := cmp.Or(s.Getenv("FORCE_COLOR"), s.Getenv("CLICOLOR_FORCE"))
	switch {
	case s.Getenv("NO_COLOR") != "":
		return false
	case forced != "":
		return isSet(forced)
	}
	switch s.Vendor {
	case ci.GitHub, ci.GitLab, ci.Azure, ci.TeamCity:
		return true
	case "":
		return able && s.Getenv("CLICOLOR") != "0"
	}
	return false // Bamboo and Jenkins show the escape codes
}

// isSet reads a variable that says yes or no.
func isSet(value string) bool { return value != "" && value != "0" && value != "false" }

// speaksUTF8 asks the locale, by the order in which the C library does.
func speaksUTF8(getenv func(string) string) bool {
	locale := strings.ToLower(cmp.Or(getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG")))
	return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
}
