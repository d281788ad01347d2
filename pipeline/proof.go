package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/internal/git"
	"github.com/haddock-ci/pipeline/registry"
)

// proofSchema is the version of itest.json that this code writes and reads.
const proofSchema = 1

// ContextHash hashes what the image build would send, by content, and each
// file of it by path.
type ContextHash func(ctx context.Context) (string, map[string]string, error)

// A Snapshot is all that a proof is about, at one moment.
type Snapshot struct {
	Commit       string            // empty without git
	Tree         git.Tree          // the project's files
	Context      string            // hash of the build context; empty when there is none
	ContextFiles map[string]string // its files, git-ignored ones included
	Config       map[string]string // hash by section of pipeline.yaml
}

// Snapshot reads the project as it is now. A nil hash leaves the build context
// out, for a project that builds no image.
func (c Config) Snapshot(ctx context.Context, hash ContextHash) (Snapshot, error) {
	s := Snapshot{}
	var err error
	if s.Tree, err = git.HashTree(ctx, c.Dir); err != nil {
		return Snapshot{}, err
	}
	if s.Commit, err = git.Head(ctx, c.Dir); err != nil {
		return Snapshot{}, err
	}
	if hash != nil {
		if s.Context, s.ContextFiles, err = hash(ctx); err != nil {
			return Snapshot{}, fmt.Errorf("hash the build context: %w", err)
		}
	}
	s.Config, err = c.sectionHashes(ctx)
	return s, err
}

// sectionHashes hashes what decides how the tests run: the oracle section with
// the content of its init files, which git may ignore, and the build section.
func (c Config) sectionHashes(ctx context.Context) (map[string]string, error) {
	hashes := map[string]string{}
	for name, section := range map[string]any{"oracle": c.Oracle, "build": c.Build} {
		text, err := json.Marshal(section)
		if err != nil {
			return nil, fmt.Errorf("hash section %s: %w", name, err)
		}
		sum := sha256.Sum256(text)
		hashes[name] = hex.EncodeToString(sum[:])
	}
	sum := sha256.New()
	for _, name := range slices.Concat(c.Oracle.InitSys, c.Oracle.Init) {
		id, err := git.HashPath(ctx, filepath.Join(c.Dir, filepath.FromSlash(name)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("hash oracle.init: %w", err)
		}
		fmt.Fprintf(sum, "%s\x00%x\x00", name, id)
	}
	hashes["oracle.init"] = hex.EncodeToString(sum.Sum(nil))
	return hashes, nil
}

// A Proof says which tree passed the tests, and against which database. It is
// .pipeline/state/itest.json and only written when the tests have passed.
type Proof struct {
	Schema       int               `json:"schema"`
	Name         string            `json:"name"`
	Commit       string            `json:"commit"`
	Tree         string            `json:"tree"`
	Method       string            `json:"method"`
	Context      string            `json:"context"`
	Config       map[string]string `json:"config"`
	Tests        registry.Tests    `json:"tests"`
	Database     registry.Database `json:"database"`
	CI           registry.CI       `json:"ci"`
	By           string            `json:"by"` // user@host, or maven when its reports are the proof
	Created      time.Time         `json:"created"`
	Tool         string            `json:"tool"`
	Files        map[string]string `json:"files"`
	ContextFiles map[string]string `json:"contextFiles"`
}

// Proof starts the proof of the snapshot. The caller fills in the totals, the
// database, who ran the tests, when, and with which tool.
func (s Snapshot) Proof(name string) Proof {
	return Proof{
		Schema: proofSchema, Name: name, Commit: s.Commit, Tree: s.Tree.Hash, Method: s.Tree.Method,
		Context: s.Context, Config: s.Config, Tests: registry.Tests{Tree: s.Tree.Hash},
		Files: s.Tree.Files, ContextFiles: s.ContextFiles,
	}
}

// Write puts the proof at path, whole or not at all.
func (p Proof) Write(path string) error {
	data, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return fmt.Errorf("write proof: %w", err)
	}
	if err := atomicfile.Write(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write proof: %w", err)
	}
	return nil
}

// ReadProof reads a proof strictly. One that is not there, or that cannot be
// trusted to say what it said when it was written, is an *UntestedError.
func ReadProof(path string) (Proof, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Proof{}, &UntestedError{Reason: "there is no proof that the tests have passed"}
	}
	if err != nil {
		return Proof{}, fmt.Errorf("read proof: %w", err)
	}
	var head struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err == nil && head.Schema != proofSchema {
		return Proof{}, &UntestedError{Reason: fmt.Sprintf("the proof has schema %d, this version reads %d", head.Schema, proofSchema)}
	}
	var p Proof
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return Proof{}, &UntestedError{Reason: fmt.Sprintf("the proof %s is damaged: %v", path, err)}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) || p.Tree == "" || p.Tests.Tree != p.Tree {
		return Proof{}, &UntestedError{Reason: fmt.Sprintf("the proof %s is damaged", path)}
	}
	return p, nil
}

// UntestedError says why there is no proof for the tree as it is now. A caller
// answers it with exit status 2.
type UntestedError struct {
	File   string // the first file that differs; empty when the reason is another
	Others int    // how many more differ
	Reason string // the whole sentence
}

func (e *UntestedError) Error() string { return "this tree is not tested: " + e.Reason }

// Check compares the proof with the project as it is now and returns an
// *UntestedError that names what differs first: a section of pipeline.yaml, a
// file of the project, a file of the build context. The commit does not count:
// committing the very files that were tested changes nothing about them.
func (p Proof) Check(now Snapshot) error {
	if p.Method != git.ByGit || now.Tree.Method != git.ByGit {
		return &UntestedError{Reason: "the project is not under git, so nothing tells its source from what a build makes"}
	}
	for _, section := range []string{"oracle", "build"} {
		if p.Config[section] != now.Config[section] {
			return &UntestedError{Reason: "section " + section + " of pipeline.yaml is not the one of the tests"}
		}
	}
	if p.Tree != now.Tree.Hash {
		return differ(p.Files, now.Tree.Files, "", "the project's files are not those of the tests")
	}
	if p.Context == "" && now.Context != "" {
		return &UntestedError{Reason: "the build context was not known when the tests ran"}
	}
	if p.Context != now.Context {
		return differ(p.ContextFiles, now.ContextFiles, " (ignored by git, but part of the image's build context)",
			"the build context is not that of the tests")
	}
	if p.Config["oracle.init"] != now.Config["oracle.init"] {
		return &UntestedError{Reason: "a file of oracle.init is not the one of the tests"}
	}
	return nil
}

// differ names the first file in which two trees differ.
func differ(then, now map[string]string, where, otherwise string) error {
	all := maps.Clone(then)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, now)
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool {
		before, had := then[name]
		after, has := now[name]
		return had == has && before == after
	})
	if len(names) == 0 {
		return &UntestedError{Reason: otherwise}
	}
	name := names[0]
	what := " was changed after the tests ran"
	if _, had := then[name]; !had {
		what = " was added after the tests ran; if a build makes it, let .gitignore name it"
		if where != "" {
			what = " was added after the tests ran"
		}
	} else if _, has := now[name]; !has {
		what = " was removed after the tests ran"
	}
	reason := name + what + where
	if more := len(names) - 1; more > 0 {
		reason += fmt.Sprintf(", and %d more", more)
	}
	return &UntestedError{File: name, Others: len(names) - 1, Reason: reason}
}
