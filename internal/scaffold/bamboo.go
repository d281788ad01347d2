package scaffold

import (
	"fmt"
	"regexp"
	"strings"
	"text/template"
)

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
}

// Bamboo writes the specs of a plan, of its deployment project and of who may
// use them, in the order that Bamboo imports them.
func Bamboo(p Project, form Form, keys Keys) (string, error) {
	files := []string{"templates/bamboo-after.yaml.tmpl"}
	switch form {
	case OneJob, Stages:
		files = append(files, "templates/bamboo-"+string(form)+".yaml.tmpl")
	default:
		return "", fmt.Errorf("form %q of a Bamboo plan: want job or stages", form)
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
	for _, key := range []string{keys.Project, keys.Plan} {
		if !keyPattern.MatchString(key) {
			return "", fmt.Errorf("%q is no key in Bamboo: want two or more capitals and digits, a capital first", key)
		}
	}
	t, err := template.ParseFS(templates, files...)
	if err != nil {
		return "", fmt.Errorf("read template: %w", err)
	}
	data := struct {
		Keys
		Name    string
		Reports []string
	}{keys, p.Name, reportsOf(p)}
	var text strings.Builder
	if err := t.ExecuteTemplate(&text, "bamboo-"+string(form)+".yaml.tmpl", data); err != nil {
		return "", fmt.Errorf("fill template: %w", err)
	}
	return strings.TrimRight(text.String(), "\n") + "\n", nil
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
