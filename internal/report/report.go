// Package report writes the page that a person looks at after a run: one HTML
// file that needs nothing else, no network and no script. It shows what it is
// given; whoever fills a Page has taken the secrets out.
package report

import (
	"time"

	"github.com/haddock-ci/pipeline/internal/junit"
)

// A Page is what the report shows. What is empty is left out.
type Page struct {
	Project string
	Version string
	RunID   string
	Build   string // the CI system's name for it
	URL     string // of the build
	Stages  []string
	Tool    string
	Started time.Time
	Took    time.Duration

	Failure  *Failure // nil: passed
	Steps    []Step   // in the order in which they began
	Phases   []Phase  // of the database's boot
	Database Database
	Tests    junit.Report
	Said     map[string][]string // what the database's log said, by the test's ID
	Image    Image
	Warnings []string
	Facts    []Fact // the environment and versions
	Files    []File // beside the page
	Before   *Run   // the run before this one, on the same machine
}

// A Failure is why the run failed, and what to do about it.
type Failure struct {
	Step  string
	Cause string
	Log   string // path from the page
	Again string // the command that does the same again

	Diagnosis   string // path from the page
	Interrupted bool   // somebody ended the run: nothing is at fault
}

// A Step is one of the run's, with its times since the run began.
type Step struct {
	Name       string
	Start, End time.Duration
	Held       time.Duration // when the database let it go on, for tests that began before; zero for others
	Failed     string        // one sentence; empty when it succeeded
	Stopped    string        // the same, when it was another step that failed
	Skipped    string        // why it did not run
	Result     string        // one phrase
	Log        string        // path from the page
}

// A Phase is one of the database's boot, with its times since the run began.
type Phase struct {
	Name       string
	Start, End time.Duration
}

// A Database is the one that the tests ran against.
type Database struct {
	Image, Digest string
	StandIn       bool
}

// An Image is the one that was built, and published when it has a digest.
type Image struct {
	Repository, Tag, Digest string
	Layers                  []Layer
	Compared                bool // Reused is known
	Untested, Dirty         bool
}

// A Layer is a part of an image.
type Layer struct {
	Name   string
	Size   int64
	Reused bool // the release before has it too
}

// A Fact is one line about the surroundings.
type Fact struct{ Name, Value string }

// A File is one that lies beside the page.
type File struct {
	Path string // from the page
	Size int64
}

// A Run is what is kept of one, to compare the next with.
type Run struct {
	RunID    string                   `json:"runId"`
	Finished time.Time                `json:"finished"`
	Took     time.Duration            `json:"took"`
	Failed   string                   `json:"failed,omitempty"` // the step
	Steps    map[string]time.Duration `json:"steps"`            // of those that succeeded
	Tests    int                      `json:"tests"`
	Red      []string                 `json:"red,omitempty"` // IDs of failed tests
	Size     int64                    `json:"size,omitempty"`
}

// Keep is what the next run is to be compared with.
func (p Page) Keep() Run {
	r := Run{RunID: p.RunID, Finished: p.Started.Add(p.Took), Took: p.Took, Steps: map[string]time.Duration{}, Tests: p.Tests.Total, Size: p.Image.size()}
	if p.Failure != nil {
		r.Failed = p.Failure.Step
	}
	for _, s := range p.Steps {
		if s.Failed == "" && s.Stopped == "" && s.Skipped == "" {
			r.Steps[s.Name] = s.End - s.Start
		}
	}
	for _, c := range p.Tests.Failures {
		r.Red = append(r.Red, c.ID())
	}
	return r
}
