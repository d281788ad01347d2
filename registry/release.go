// Package registry turns a built image into a release: it owns the tag policy,
// the push, the proof of the digest and the credentials, and it keeps one rule:
// a tag that exists with another digest is never overwritten.
package registry

import "time"

// ReleaseSchema is the version of the release.json format that this code
// writes and the newest that it reads.
const ReleaseSchema = 1

// A Release is a published image and everything a deploy step has to know of
// it. It is the contract between pipeline and haddock, written as release.json.
type Release struct {
	Schema     int       `json:"schema"`
	Name       string    `json:"name"`
	Version    string    `json:"version"`
	Repository string    `json:"repository"` // registry.example.com/shop/orders
	Tag        string    `json:"tag"`        // for people
	Digest     string    `json:"digest"`     // for machines: sha256:..., read back from the registry
	Platform   string    `json:"platform"`   // linux/amd64
	Revision   string    `json:"revision"`   // full commit hash; empty without git
	Branch     string    `json:"branch"`
	Dirty      bool      `json:"dirty"`
	Created    time.Time `json:"created"`
	CI         CI        `json:"ci"`
	Tests      Tests     `json:"tests"`
	Tested     bool      `json:"tested"` // false only when built with --allow-untested
	Database   Database  `json:"database"`
	Tool       string    `json:"tool"` // "pipeline 0.1.0"
}

// CI names the build that made the release; all fields are empty at home.
type CI struct {
	Vendor string `json:"vendor"`
	Build  string `json:"build"`
	URL    string `json:"url"`
}

// Tests is the proof's summary: the totals and the tree they ran on.
type Tests struct {
	Total   int    `json:"total"`
	Failed  int    `json:"failed"`
	Skipped int    `json:"skipped"`
	Flaky   int    `json:"flaky"`
	Tree    string `json:"tree"` // tree hash of the tested files
}

// Database names the image that the tests ran against.
type Database struct {
	Image   string `json:"image"`
	Digest  string `json:"digest"`
	StandIn bool   `json:"standIn"` // true for the fake that only speaks Oracle's protocol
}
