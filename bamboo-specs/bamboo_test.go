// Package bamboospecs holds the strict check of bamboo.yaml and of the example
// in the README: Bamboo validates them online only, and late.
package bamboospecs

import (
	"os"
	"regexp"
	"strings"
	"testing"
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
	plans, err := readPlans(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plans {
		for _, fault := range p.faults() {
			t.Errorf("plan %s: %s", p.Plan.Key, fault)
		}
	}
	if len(plans) == 0 {
		t.Error("no plan")
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
		"text for a number":       {"version: 2", "version: two"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(sound, change[0], change[1], 1)
			if text == sound {
				t.Fatal("nothing was changed")
			}
			plans, err := readPlans([]byte(text))
			if err == nil && len(plans) == 1 && len(plans[0].faults()) == 0 {
				t.Error("passed the check")
			}
		})
	}
}
