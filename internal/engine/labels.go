package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
)

// The labels on every container, network and volume that we create. They say
// who may remove it, and when.
const (
	LabelRunID    = "pipeline.run-id"   // the run it belongs to
	LabelCIKey    = "pipeline.ci-key"   // the CI system's name for the build, when there is one
	LabelHost     = "pipeline.host"     // the machine the owner runs on
	LabelOwner    = "pipeline.owner"    // <pid>@<start> of the process that needs it
	LabelDeadline = "pipeline.deadline" // after this time nobody needs it
)

// An Ownership is what the labels say: whose a container is and how long it
// may live. Without an OwnerPID only the deadline counts.
type Ownership struct {
	RunID, CIKey, Host string
	OwnerPID           int
	OwnerStart         string // opaque, from command.Identify
	Deadline           time.Time
}

// Own returns the ownership of the calling process on this machine.
func Own(runID, ciKey string, deadline time.Time) (Ownership, error) {
	self, err := command.Self()
	if err != nil {
		return Ownership{}, fmt.Errorf("label what run %s creates: %w", runID, err)
	}
	return Ownership{
		RunID: runID, CIKey: ciKey, Host: Host(),
		OwnerPID: self.PID, OwnerStart: self.Start, Deadline: deadline,
	}, nil
}

// Host names this machine as in the label pipeline.host: its name and, where it
// has one, a hash of its machine id (machine-id(5) wants the id itself kept
// secret). Two agents of one name on one engine are two machines, and neither
// may sweep what the other's processes own.
func Host() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "unknown"
	}
	id, err := os.ReadFile("/etc/machine-id")
	if id = bytes.TrimSpace(id); err != nil || len(id) == 0 {
		return name
	}
	sum := sha256.Sum256(append([]byte("pipeline.host "), id...))
	return name + "." + hex.EncodeToString(sum[:4])
}

// Labels returns the labels to put on what is created; unset fields have none.
func (o Ownership) Labels() map[string]string {
	labels := map[string]string{LabelRunID: o.RunID, LabelHost: o.Host}
	if o.CIKey != "" {
		labels[LabelCIKey] = o.CIKey
	}
	if o.OwnerPID > 0 {
		labels[LabelOwner] = strconv.Itoa(o.OwnerPID) + "@" + o.OwnerStart
	}
	if !o.Deadline.IsZero() {
		labels[LabelDeadline] = o.Deadline.UTC().Format(time.RFC3339)
	}
	return labels
}

// ParseOwnership reads the labels back. It returns false when there is no run
// id: then the thing is not ours. A label it cannot read counts as absent, so
// that doubt never shortens a life.
func ParseOwnership(labels map[string]string) (Ownership, bool) {
	if labels[LabelRunID] == "" {
		return Ownership{}, false
	}
	o := Ownership{RunID: labels[LabelRunID], CIKey: labels[LabelCIKey], Host: labels[LabelHost]}
	pid, start, _ := strings.Cut(labels[LabelOwner], "@")
	if n, err := strconv.Atoi(pid); err == nil && n > 0 && start != "" {
		o.OwnerPID, o.OwnerStart = n, start
	}
	if t, err := time.Parse(time.RFC3339, labels[LabelDeadline]); err == nil {
		o.Deadline = t
	}
	return o, true
}

// Abandoned reports whether the thing may be swept from host at that time: it
// was created from this host, and its owner is certainly gone or its deadline
// has passed.
func (o Ownership) Abandoned(host string, now time.Time) bool {
	if o.RunID == "" || o.Host != host {
		return false
	}
	if !o.Deadline.IsZero() && now.After(o.Deadline) {
		return true
	}
	return command.Process{PID: o.OwnerPID, Start: o.OwnerStart}.Gone()
}
