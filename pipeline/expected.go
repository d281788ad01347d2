package pipeline

import (
	"strings"

	"github.com/haddock-ci/pipeline/internal/events"
)

// begun is the event that begins a run.
func (r *run) begun() events.Event {
	fields := map[string]string{
		events.FieldProject: r.cfg.Name, events.FieldRunID: r.outcome.RunID, events.FieldTool: r.set.Tool,
		events.FieldStages: strings.Join(stageNames(r.set.Stages), ","), events.FieldSteps: strings.Join(r.expected(), ","),
		events.FieldVendor: r.set.CI.Vendor, events.FieldBuild: r.set.CI.Key,
	}
	for key, value := range fields {
		if value == "" {
			delete(fields, key)
		}
	}
	return events.Event{Kind: events.RunStarted, Fields: fields}
}

// expected are the steps that the chosen stages consist of.
func (r *run) expected() []string {
	steps := []string{StepPrepare}
	if r.wants(StageITest) {
		if r.cfg.Build.Compile != "" {
			steps = append(steps, StepCompile)
		}
		steps = append(steps, StepOracleStart, StepOracleWait, StepTest, StepOracleStop)
	}
	if r.wants(StageITest, StageImage) {
		steps = append(steps, StepProof)
	}
	if r.wants(StageImage) {
		steps = append(steps, StepImageBuild, StepImagePush)
	}
	if r.wants(StageDeploy) {
		steps = append(steps, StepHandOff)
	}
	return steps
}

// stepStarted is the event that begins a step.
func stepStarted(name string) events.Event {
	e := events.Event{Kind: events.StepStarted}
	switch name {
	case StepCompile, StepOracleStart, StepOracleWait, StepTest, StepOracleStop, StepProof:
		e.Fields = map[string]string{events.FieldStage: string(StageITest)}
	case StepImageBuild, StepImagePush, StepImageTag:
		e.Fields = map[string]string{events.FieldStage: string(StageImage)}
	case StepHandOff:
		e.Fields = map[string]string{events.FieldStage: string(StageDeploy)}
	}
	return e
}
