package bamboospecs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// The part of Bamboo Specs that we use. What is not here is a fault: Bamboo's
// public schema lets a misspelt key pass everywhere that matters.
type (
	plan struct {
		Version   int                `yaml:"version"`
		Plan      planHead           `yaml:"plan"`
		Variables map[string]string  `yaml:"variables"`
		Triggers  []string           `yaml:"triggers"`
		Branches  branches           `yaml:"branches"`
		Labels    []string           `yaml:"labels"`
		Stages    []map[string]stage `yaml:"stages"`
		Other     planOther          `yaml:"other"`
		Jobs      map[string]job     `yaml:"-"`
	}
	planHead struct {
		ProjectKey string `yaml:"project-key"`
		Key        string `yaml:"key"`
		Name       string `yaml:"name"`
	}
	planOther struct {
		Concurrent int  `yaml:"concurrent-build-plugin"`
		ForceStop  bool `yaml:"force-stop-build"`
	}
	branches struct {
		Create string `yaml:"create"`
		Delete struct {
			Deleted  int `yaml:"after-deleted-days"`
			Inactive int `yaml:"after-inactive-days"`
		} `yaml:"delete"`
		LinkToJira bool `yaml:"link-to-jira"`
	}
	stage struct {
		Manual bool     `yaml:"manual"`
		Final  bool     `yaml:"final"`
		Jobs   []string `yaml:"jobs"`
	}
	job struct {
		Key        string     `yaml:"key"`
		Tasks      []task     `yaml:"tasks"`
		FinalTasks []task     `yaml:"final-tasks"`
		Artifacts  []artifact `yaml:"artifacts"`
		Subscribed []struct {
			Artifact    string `yaml:"artifact"`
			Destination string `yaml:"destination"`
		} `yaml:"artifact-subscriptions"`
		Requirements []string `yaml:"requirements"`
		Other        struct {
			Clean bool `yaml:"clean-working-dir"`
			Apps  struct {
				Custom struct {
					Hanging map[string]string `yaml:"buildHangingConfig"`
				} `yaml:"custom"`
			} `yaml:"all-other-apps"`
		} `yaml:"other"`
	}
	task struct {
		Checkout *struct {
			Force bool `yaml:"force-clean-build"`
		} `yaml:"checkout"`
		Script   *script   `yaml:"script"`
		Inject   *inject   `yaml:"inject-variables"`
		Download *download `yaml:"artifact-download"`
		Clean    bool      `yaml:"-"` // the task is the word clean
		Tests    *struct {
			Type    string   `yaml:"type"`
			Results []string `yaml:"test-results"`
		} `yaml:"test-parser"`
	}
	inject struct {
		File      string `yaml:"file"`
		Scope     string `yaml:"scope"`
		Namespace string `yaml:"namespace"`
	}
	artifact struct {
		Name     string `yaml:"name"`
		Location string `yaml:"location"`
		Pattern  string `yaml:"pattern"`
		Required bool   `yaml:"required"`
		Shared   bool   `yaml:"shared"`
	}
	download struct {
		Artifacts []struct {
			Name        string `yaml:"name"`
			Destination string `yaml:"destination"`
		} `yaml:"artifacts"`
	}
	script []string
)

// UnmarshalYAML takes the task that is a single word, too.
func (t *task) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Value == "clean" {
		t.Clean = true
		return nil
	}
	type plain task
	return strictly(n, (*plain)(t))
}

// UnmarshalYAML takes both shapes of a script: a list of commands, or an
// interpreter with its scripts.
func (s *script) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		return n.Decode((*[]string)(s))
	}
	var long struct {
		Interpreter string   `yaml:"interpreter"`
		Scripts     []string `yaml:"scripts"`
	}
	if err := strictly(n, &long); err != nil {
		return err
	}
	if long.Interpreter != "SHELL" {
		return fmt.Errorf("line %d: interpreter %q", n.Line, long.Interpreter)
	}
	*s = long.Scripts
	return nil
}

// readSpecs decodes every document, strictly.
func readSpecs(text []byte) (specs, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var s specs
	for {
		var n yaml.Node
		err := decoder.Decode(&n)
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		if err := s.read(n.Content[0]); err != nil {
			return s, err
		}
	}
}

// readPlan takes the jobs, whose names are keys beside the plan's own, out of
// the document and decodes the rest.
func readPlan(n *yaml.Node) (plan, error) {
	if n.Kind != yaml.MappingNode {
		return plan{}, fmt.Errorf("line %d: not a mapping", n.Line)
	}
	var stages struct {
		Stages []map[string]stage `yaml:"stages"`
	}
	if err := n.Decode(&stages); err != nil {
		return plan{}, err
	}
	names := map[string]bool{}
	for _, s := range stages.Stages {
		for one := range maps.Values(s) {
			for _, name := range one.Jobs {
				names[name] = true
			}
		}
	}
	p := plan{Jobs: map[string]job{}}
	rest := *n
	rest.Content = nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !names[key.Value] {
			rest.Content = append(rest.Content, key, value)
			continue
		}
		var j job
		if err := strictly(value, &j); err != nil {
			return plan{}, fmt.Errorf("job %s: %w", key.Value, err)
		}
		p.Jobs[key.Value] = j
		delete(names, key.Value)
	}
	for name := range names {
		return plan{}, fmt.Errorf("a stage names the job %q, which is not there", name)
	}
	jobs := p.Jobs
	err := strictly(&rest, &p)
	p.Jobs = jobs
	return p, err
}

// strictly decodes a node and refuses what the type does not know.
func strictly(n *yaml.Node, into any) error {
	return n.Load(into, yaml.WithKnownFields())
}

// faults lists what Bamboo would accept and we do not.
func (p plan) faults() (list []string) {
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	key := regexp.MustCompile(`^[A-Z][A-Z0-9]+$`)
	if p.Version != 2 || !key.MatchString(p.Plan.Key) || !key.MatchString(p.Plan.ProjectKey) || p.Plan.Name == "" {
		say("version 2, both keys in capitals and a name are needed")
	}
	for name, value := range p.Variables {
		secret := regexp.MustCompile(`(?i)password|secret|token`).MatchString(name)
		if secret && !strings.HasPrefix(value, "BAMSCRT@") {
			say("variable %s: a secret must be encrypted by the server", name)
		}
	}
	for name, j := range p.Jobs {
		if !key.MatchString(j.Key) {
			say("job %s: key %q", name, j.Key)
		}
		if len(j.Tasks) == 0 || j.Tasks[0].Checkout == nil {
			say("job %s does not begin with a checkout", name)
		}
		for _, t := range slices.Concat(j.Tasks, j.FinalTasks) {
			list = append(list, t.faults(name)...)
		}
		for _, s := range j.Subscribed {
			if s.Artifact == "" || s.Destination == "" || !p.shares(s.Artifact) {
				say("job %s takes the artifact %q, which no job shares", name, s.Artifact)
			}
		}
		for _, t := range j.FinalTasks {
			if t.Inject != nil {
				say("job %s: a failed build would inject variables", name)
			}
		}
	}
	return list
}

// shares tells whether a job offers the artifact to others.
func (p plan) shares(name string) bool {
	for _, j := range p.Jobs {
		if slices.ContainsFunc(j.Artifacts, func(a artifact) bool { return a.Name == name && a.Shared }) {
			return true
		}
	}
	return false
}

// faults of one task: it is exactly one thing, and a script is one command that
// replaces its shell, which would die of Bamboo's stop signal and leave the
// command running.
func (t task) faults(job string) (list []string) {
	say := func(format string, args ...any) { list = append(list, "job "+job+": "+fmt.Sprintf(format, args...)) }
	kinds := 0
	for _, set := range []bool{t.Checkout != nil, t.Script != nil, t.Inject != nil, t.Tests != nil, t.Download != nil, t.Clean} {
		if set {
			kinds++
		}
	}
	if kinds != 1 {
		say("a task with %d kinds", kinds)
	}
	if t.Inject != nil && (t.Inject.Scope != "RESULT" || t.Inject.Namespace == "") {
		say("inject-variables wants scope RESULT and a namespace")
	}
	if t.Script == nil {
		return list
	}
	for _, text := range *t.Script {
		command := strings.TrimSpace(strings.TrimPrefix(text, "#!/bin/sh\n"))
		if !strings.HasPrefix(command, "exec ") || strings.ContainsAny(command, "\n;&|") {
			say("script %q is not a single exec", command)
		}
		if strings.Contains(text, "${bamboo.") {
			say("script %q: Bamboo replaces ${bamboo...} as text, before the shell quotes anything", command)
		}
	}
	return list
}
