package haddock

import (
	"fmt"
	"strings"
	"time"
)

// A StoppedError says that a command ended before its roll-out did, and where
// it left things. What it wraps says why.
type StoppedError struct {
	State  string // 1.5.0 has 10 % of new sessions, 1.4.1 the rest
	Resume bool   // haddock resume carries on
	Err    error
}

// Error says why, and then where things are.
func (e *StoppedError) Error() string {
	if e.State == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("%v; %s", e.Err, e.State)
}

// Unwrap gives the reason.
func (e *StoppedError) Unwrap() error { return e.Err }

// An AbortedError says that haddock took a bad instance back by itself.
type AbortedError struct {
	Version  string
	Slot     string
	Reason   string
	Visited  bool     // visitors had been sent to it
	Restored string   // who has all new sessions again; empty when there was nobody
	Left     int      // sessions that the bad instance still has
	Gone     bool     // its container is removed
	Log      []string // the last lines of its container
}

func (e *AbortedError) Error() string {
	text := fmt.Sprintf("%s was taken back: %s", e.Version, e.Reason)
	switch {
	case e.Restored != "" && e.Visited:
		text += fmt.Sprintf("; %s has all new sessions again", e.Restored)
	case e.Restored != "":
		text += fmt.Sprintf("; nobody was sent to it, %s has all sessions as before", e.Restored)
	case !e.Visited:
		text += "; nobody was sent to it"
	}
	if !e.Gone && e.Left > 0 {
		text += fmt.Sprintf("; %s that it has end by themselves", sessions(e.Left))
	}
	return text
}

// A TakenBackError says that a person took the roll-out back meanwhile.
type TakenBackError struct{ Version, By string }

func (e *TakenBackError) Error() string {
	return fmt.Sprintf("the roll-out of %s was taken back by %s", e.Version, e.By)
}

// An OvertakenError says that a newer roll-out began meanwhile.
type OvertakenError struct {
	Seq int
	By  Line // the newer one's first line
}

func (e *OvertakenError) Error() string {
	text := "a newer roll-out has begun"
	if e.By.Release != nil {
		text += ": " + e.By.Release.Version
	}
	if e.By.By != "" {
		text += " by " + e.By.By
	}
	return text
}

// An UnfinishedError says that another roll-out is not at its end.
type UnfinishedError struct {
	Version string
	State   string
}

func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("the roll-out of %s is not finished: %s", e.Version, e.State)
}

// A NoSlotError says that every slot is taken.
type NoSlotError struct{ Occupants string }

func (e *NoSlotError) Error() string { return "every slot is taken: " + e.Occupants }

// A RequireError says in what way a release does not meet what the environment
// requires.
type RequireError struct{ Env, Reason string }

func (e *RequireError) Error() string {
	return fmt.Sprintf("environment %s does not take this release: %s", e.Env, e.Reason)
}

// A ConfigError says that something which haddock.yaml names cannot be used.
type ConfigError struct{ Err error }

func (e *ConfigError) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *ConfigError) Unwrap() error { return e.Err }

// A LocatorDownError says that HAProxy has not answered for so long.
type LocatorDownError struct {
	For time.Duration
	Why string // what came of asking it the last time
}

func (e *LocatorDownError) Error() string {
	text := fmt.Sprintf("HAProxy has not answered for %s", e.For)
	if e.Why != "" {
		text += ": " + e.Why
	}
	return text
}

// A SilentError says that the engine, or the host of the locator, has taken
// something on and not answered for so long.
type SilentError struct{ For time.Duration }

func (e *SilentError) Error() string {
	return fmt.Sprintf("the engine or the locator's host has not answered for %s", e.For)
}

// A HookError says that a command of the project failed.
type HookError struct {
	Hook string // preDeploy
	Err  error
}

func (e *HookError) Error() string { return fmt.Sprintf("hooks.%s: %v", e.Hook, e.Err) }

// Unwrap gives what the command said.
func (e *HookError) Unwrap() error { return e.Err }

// A NothingError says that there is nothing to promote, or to roll back.
type NothingError struct{ Text string }

func (e *NothingError) Error() string { return e.Text }

// An Outcome is where a command left things when it did not fail.
type Outcome struct {
	State   string   `json:"state"` // live, paused, baking, draining
	Version string   `json:"version"`
	Slot    string   `json:"slot,omitempty"`
	Text    string   `json:"text"`              // for people
	Finish  string   `json:"finish,omitempty"`  // the command that carries on: haddock resume
	Removed []string `json:"removed,omitempty"` // images that were pruned
}

// What an Outcome may be.
const (
	IsLive     = "live"
	IsPaused   = "paused"
	IsBaking   = "baking"
	IsDraining = "draining"
	IsNothing  = "nothing"
)

// command is how people type this: haddock resume --env prod.
func (s *Service) command(verb string) string {
	words := []string{"haddock", verb}
	if len(s.Config.Environments) > 1 {
		words = append(words, "--env", s.env.Name)
	}
	return strings.Join(words, " ")
}
