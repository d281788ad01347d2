package bamboospecs

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"
)

// The other kinds of documents, and all of a file.
type (
	specs struct {
		Plans       []plan
		Deployments []deployment
		Permissions []permissions
	}
	deployment struct {
		Version    int `yaml:"version"`
		Deployment struct {
			Name       string `yaml:"name"`
			SourcePlan string `yaml:"source-plan"`
		} `yaml:"deployment"`
		Naming struct {
			Next     string `yaml:"next-version-name"`
			Branches bool   `yaml:"applies-to-branches"`
		} `yaml:"release-naming"`
		Environments []string               `yaml:"environments"`
		Each         map[string]environment `yaml:"-"`
	}
	environment struct {
		Tasks    []task   `yaml:"tasks"`
		Triggers []string `yaml:"triggers"`
		Approval string   `yaml:"release-approval-prerequisite"`
	}
	permissions struct {
		Version int `yaml:"version"`
		Plan    struct {
			Key string `yaml:"key"`
		} `yaml:"plan"`
		Deployment struct {
			Name string `yaml:"name"`
		} `yaml:"deployment"`
		OfPlan         []grant              `yaml:"plan-permissions"`
		OfDeployment   []grant              `yaml:"deployment-permissions"`
		OfEnvironments []map[string][]grant `yaml:"environment-permissions"`
	}
	grant struct {
		Groups      []string `yaml:"groups"`
		Users       []string `yaml:"users"`
		Permissions []string `yaml:"permissions"`
	}
)

// read takes one document, whose kind its keys tell.
func (s *specs) read(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: not a mapping", n.Line)
	}
	var keys []string
	for i := 0; i < len(n.Content); i += 2 {
		keys = append(keys, n.Content[i].Value)
	}
	switch {
	case slices.Contains(keys, "plan-permissions"), slices.Contains(keys, "deployment-permissions"):
		var p permissions
		err := strictly(n, &p)
		s.Permissions = append(s.Permissions, p)
		return err
	case slices.Contains(keys, "deployment"):
		d, err := readDeployment(n)
		s.Deployments = append(s.Deployments, d)
		return err
	}
	p, err := readPlan(n)
	s.Plans = append(s.Plans, p)
	return err
}

// readDeployment takes the environments, whose names are keys beside the
// project's own, out of the document and decodes the rest.
func readDeployment(n *yaml.Node) (deployment, error) {
	var named struct {
		Environments []string `yaml:"environments"`
	}
	if err := n.Decode(&named); err != nil {
		return deployment{}, err
	}
	d := deployment{Each: map[string]environment{}}
	rest := *n
	rest.Content = nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !slices.Contains(named.Environments, key.Value) {
			rest.Content = append(rest.Content, key, value)
			continue
		}
		var e environment
		if err := strictly(value, &e); err != nil {
			return d, fmt.Errorf("environment %s: %w", key.Value, err)
		}
		d.Each[key.Value] = e
	}
	each := d.Each
	err := strictly(&rest, &d)
	d.Each = each
	return d, err
}

// faults lists what Bamboo would accept, or refuse only when it imports.
func (s specs) faults() (list []string) {
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	keys := map[string]bool{}
	artifacts := map[string]bool{}
	for _, p := range s.Plans {
		keys[p.Plan.ProjectKey+"-"+p.Plan.Key] = true
		for _, fault := range p.faults() {
			say("plan %s: %s", p.Plan.Key, fault)
		}
		for _, j := range p.Jobs {
			for _, a := range j.Artifacts {
				artifacts[a.Name] = artifacts[a.Name] || a.Shared
			}
		}
	}
	for _, d := range s.Deployments {
		if d.Version != 2 || !keys[d.Deployment.SourcePlan] || d.Naming.Next == "" {
			say("deployment %s: version 2, a plan of this file and a name for the next release are needed", d.Deployment.Name)
		}
		for _, name := range d.Environments {
			e, ok := d.Each[name]
			if !ok || len(e.Tasks) == 0 {
				say("environment %s has no tasks", name)
			}
			for _, t := range e.Tasks {
				list = append(list, t.faults(name)...)
				if t.Download == nil {
					continue
				}
				for _, a := range t.Download.Artifacts {
					if !artifacts[a.Name] {
						say("environment %s downloads %q, which no job shares", name, a.Name)
					}
				}
			}
		}
	}
	for _, p := range s.Permissions {
		if p.Version != 2 || (!keys[p.Plan.Key] && !slices.ContainsFunc(s.Deployments, func(d deployment) bool { return d.Deployment.Name == p.Deployment.Name })) {
			say("permissions for nothing in this file: %s%s", p.Plan.Key, p.Deployment.Name)
		}
	}
	return list
}
