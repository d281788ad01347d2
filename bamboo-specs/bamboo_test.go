// Package bamboospecs holds the strict check of bamboo.yaml and of the example
// in the README: Bamboo validates them online only, and late.
package bamboospecs

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/internal/scaffold"
)

func TestOurOwnPlan(t *testing.T) {
	text, err := os.ReadFile("bamboo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	check(t, text)
}

func TestThePlanInTheREADME(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1) {
		if strings.Contains(string(block[1]), "\nplan:") {
			found++
			check(t, block[1])
		}
	}
	if found == 0 {
		t.Error("no plan in the README")
	}
}

func check(t *testing.T, text []byte) {
	t.Helper()
	specs, err := readSpecs(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	for _, fault := range specs.faults() {
		t.Error(fault)
	}
	if err := checkPublic(t, text); err != nil {
		t.Errorf("the public schema: %v", err)
	}
	if len(specs.Plans) == 0 {
		t.Error("no plan")
	}
}

// TestThePlansOfInit holds what `pipeline init` writes for others to what we
// ask of our own.
func TestThePlansOfInit(t *testing.T) {
	for _, form := range []scaffold.Form{scaffold.OneJob, scaffold.Stages} {
		for _, kind := range []scaffold.Kind{scaffold.Maven, scaffold.Gradle, scaffold.Go, scaffold.Other} {
			text, err := scaffold.Bamboo(scaffold.Project{Name: "order-service", Kind: kind}, form, scaffold.Keys{Project: "SHOP"})
			if err != nil {
				t.Fatal(err)
			}
			check(t, []byte(text))
			specs, err := readSpecs([]byte(text))
			if err != nil || len(specs.Plans) != 1 || len(specs.Deployments) != 1 || len(specs.Permissions) != 2 {
				t.Errorf("%s, %s: %+v, %v", form, kind, specs, err)
			}
			if jobs := len(specs.Plans[0].Jobs); jobs != map[scaffold.Form]int{scaffold.OneJob: 1, scaffold.Stages: 2}[form] {
				t.Errorf("%s: %d jobs", form, jobs)
			}
		}
	}
}

func TestTheCheckIsStrict(t *testing.T) {
	const sound = `version: 2
plan: {project-key: SHOP, key: ORDERS, name: Orders}
variables: {registryPassword: BAMSCRT@0@0@x}
stages: [{Verify: {jobs: [Build]}}]
Build:
  key: BLD
  tasks:
    - checkout: {force-clean-build: true}
    - script: [exec pipeline run]
    - inject-variables: {file: .pipeline/out/bamboo.properties, scope: RESULT, namespace: pipeline}
  final-tasks:
    - script: [exec pipeline clean]
  artifacts:
    - {name: release, location: out, pattern: '*', required: true, shared: true}
---
version: 2
deployment: {name: Orders, source-plan: SHOP-ORDERS}
release-naming: {next-version-name: '${bamboo.pipeline.version}'}
environments: [Test]
Test:
  tasks:
    - clean
    - artifact-download: {artifacts: [{name: release, destination: r}]}
    - script: [exec haddock deploy]
---
version: 2
plan: {key: SHOP-ORDERS}
plan-permissions: [{groups: [devs], permissions: [view]}]
`
	check(t, []byte(sound))
	for name, change := range map[string][2]string{
		"misspelt task list":      {"final-tasks:", "final-taks:"},
		"misspelt task":           {"inject-variables", "inject-variable"},
		"misspelt key of a task":  {"scope:", "scoop:"},
		"misspelt key of a plan":  {"project-key:", "projectkey:"},
		"job that is not there":   {"jobs: [Build]", "jobs: [Bild]"},
		"secret in the open":      {"BAMSCRT@0@0@x", "tiger"},
		"shell that stays":        {"exec pipeline run", "pipeline run"},
		"logic in a script":       {"exec pipeline run", "exec pipeline run && echo done"},
		"textual replacement":     {"exec pipeline clean", `"exec pipeline clean --run-id=${bamboo.buildResultKey}"`},
		"no checkout":             {"    - checkout: {force-clean-build: true}\n", ""},
		"variables of a failure":  {"    - script: [exec pipeline clean]", "    - inject-variables: {file: x, scope: RESULT, namespace: p}"},
		"variables of a job only": {"scope: RESULT", "scope: LOCAL"},
		"key in small letters":    {"key: BLD", "key: bld"},
		"another plan":            {"source-plan: SHOP-ORDERS", "source-plan: SHOP-ORDER"},
		"artifact of nobody":      {"[{name: release, d", "[{name: releases, d"},
		"artifact that is kept":   {"shared: true", "shared: false"},
		"misspelt environment":    {"\nTest:\n  tasks", "\nTset:\n  tasks"},
		"misspelt permission":     {"plan-permissions: [{groups", "plan-permissions: [{group"},
		"permissions of nothing":  {"plan: {key: SHOP-ORDERS}", "plan: {key: SHOP-ORDER}"},
		"shell of a deployment":   {"exec haddock", "haddock"},
		"text for a number":       {"version: 2", "version: two"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(sound, change[0], change[1], 1)
			if text == sound {
				t.Fatal("nothing was changed")
			}
			specs, err := readSpecs([]byte(text))
			if err == nil && len(specs.faults()) == 0 {
				t.Error("passed the check")
			}
		})
	}
}
