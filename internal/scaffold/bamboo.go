package scaffold

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed plans/job.yaml
var jobPlan string

//go:embed plans/stages.yaml
var stagesPlan string

// A Form is how the stages are laid out in Bamboo.
type Form string

// The two forms of a plan.
const (
	OneJob Form = "job"    // all stages in one job, on one agent
	Stages Form = "stages" // a Bamboo stage for each, on agents that share nothing
)

// Keys name a plan in Bamboo. The zero value takes what the project's name
// suggests.
type Keys struct {
	Project string // such as SHOP
	Plan    string // such as ORDERS
	Group   string // who may see and build it

	Reports []string // that Bamboo shall read; default: where the project's kind leaves them
}

// Bamboo writes the specs of a plan, of its deployment project and of who may
// use them, in the order that Bamboo imports them.
func Bamboo(p Project, form Form, keys Keys) (string, error) {
	plan, ok := map[Form]string{OneJob: jobPlan, Stages: stagesPlan}[form]
	if !ok {
		return "", fmt.Errorf("--form=%s: want job or stages", form)
	}
	if keys.Plan == "" {
		keys.Plan = keyFrom(p.Name)
	}
	if keys.Project == "" {
		keys.Project = "PROJ"
	}
	if keys.Group == "" {
		keys.Group = "developers"
	}
	for flag, key := range map[string]string{"--project-key": keys.Project, "--plan-key": keys.Plan} {
		if !keyPattern.MatchString(key) {
			return "", fmt.Errorf("%s=%s: this is no key in Bamboo; want two or more capitals and digits, a capital first", flag, key)
		}
	}
	if len(keys.Reports) == 0 {
		keys.Reports = reportsOf(p)
	}
	var reports []string
	for _, glob := range keys.Reports {
		reports = append(reports, "          - '"+glob+"'")
	}
	return strings.NewReplacer("@PROJECT@-@PLAN@", keys.Project+"-"+keys.Plan, "@NAME@ - ", p.Name+" - ", "ci-@NAME@", "ci-"+p.Name,
		"@PROJECT@", word(keys.Project), "@PLAN@", word(keys.Plan), "@NAME@", word(p.Name), "@GROUP@", word(keys.Group),
		"@REPORTS@", strings.Join(reports, "\n")).Replace(plan), nil
}

var keyPattern = regexp.MustCompile(`^[A-Z][A-Z0-9]+$`)

// keyFrom makes a key for Bamboo out of a project's name.
func keyFrom(name string) string {
	key := regexp.MustCompile(`[^A-Z0-9]`).ReplaceAllString(strings.ToUpper(name), "")
	key = strings.TrimLeft(key, "0123456789")
	if len(key) < 2 {
		return "APP" + key
	}
	return key
}

// reportsOf are the test reports that Bamboo shall read.
func reportsOf(p Project) []string {
	if _, _, reports := commands(p); reports != "" {
		return []string{strings.Trim(reports, `"`)}
	}
	return []string{"**/target/surefire-reports/TEST-*.xml", "**/target/failsafe-reports/TEST-*.xml"}
}
