package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/internal/nearest"
)

// A Stage is what Bamboo shows; a step is a thing inside it.
type Stage string

// The stages, in the order in which they run.
const (
	StageITest  Stage = "itest"
	StageImage  Stage = "image"
	StageDeploy Stage = "deploy"
)

// Stages lists every stage in the order in which they run.
func Stages() []Stage { return []Stage{StageITest, StageImage, StageDeploy} }

// The steps, named alike in events, logs, errors and reports.
const (
	StepPrepare     = "prepare" // everything that is checked before the first side effect
	StepCompile     = "compile"
	StepOracleStart = "oracle-start"
	StepOracleWait  = "oracle-wait"
	StepTest        = "test"
	StepOracleStop  = "oracle-stop"
	StepProof       = "proof"
	StepImageBuild  = "image-build"
	StepImagePush   = "image-push"
	StepImageTag    = "image-tag"
	StepHandOff     = "hand-off"
)

// Reproduce is the command that runs the stage of a failed step again; empty
// when only the same call does.
func Reproduce(step string) string {
	switch step {
	case StepImageBuild, StepImagePush, StepImageTag:
		return "pipeline run --stage=image"
	case StepHandOff:
		return "pipeline run --stage=deploy"
	case "", StepPrepare:
		return ""
	}
	return "pipeline run --stage=itest"
}

// A Selection is what the user asked to run. The zero value means the stages
// itest and image, and deploy where deploy.branches asks for it.
type Selection struct {
	Stages []string // --stage, repeatable or comma-separated
	From   string   // --from
	Until  string   // --until
}

// Default tells whether the user asked for nothing in particular.
func (s Selection) Default() bool { return len(s.Stages) == 0 && s.From == "" && s.Until == "" }

// Resolve turns the selection into stages in running order. deploy is added to
// the default only when wanted is true. A name that is no stage is an error
// that lists the stages and names the nearest one.
func (s Selection) Resolve(deployWanted bool) ([]Stage, error) {
	if len(s.Stages) > 0 && (s.From != "" || s.Until != "") {
		return nil, &UsageError{"--stage names the stages; leave --from and --until out"}
	}
	if len(s.Stages) > 0 {
		return named(s.Stages)
	}
	from, until := StageITest, StageImage
	if deployWanted {
		until = StageDeploy
	}
	var err error
	if s.From != "" {
		if from, err = parseStage(s.From); err != nil {
			return nil, err
		}
		if from == StageDeploy {
			until = StageDeploy
		}
	}
	if s.Until != "" {
		if until, err = parseStage(s.Until); err != nil {
			return nil, err
		}
	}
	all := Stages()
	first, last := slices.Index(all, from), slices.Index(all, until)
	if first > last {
		return nil, &UsageError{fmt.Sprintf("--from=%s comes after --until=%s; the order is %s", from, until, StageList())}
	}
	return all[first : last+1], nil
}

func named(names []string) ([]Stage, error) {
	wanted := map[Stage]bool{}
	for _, list := range names {
		for name := range strings.SplitSeq(list, ",") {
			stage, err := parseStage(strings.TrimSpace(name))
			if err != nil {
				return nil, err
			}
			wanted[stage] = true
		}
	}
	return slices.DeleteFunc(Stages(), func(s Stage) bool { return !wanted[s] }), nil
}

func parseStage(name string) (Stage, error) {
	if slices.Contains(Stages(), Stage(name)) {
		return Stage(name), nil
	}
	text := fmt.Sprintf("unknown stage %q, the stages are %s", name, StageList())
	return "", &UsageError{text + nearest.Suffix(name, stageNames(Stages()))}
}

// StageList is what the stages are called, in running order.
func StageList() string { return strings.Join(stageNames(Stages()), ", ") }

func stageNames(stages []Stage) []string {
	names := make([]string, 0, len(stages))
	for _, stage := range stages {
		names = append(names, string(stage))
	}
	return names
}

// A UsageError is a wrong call: flags that contradict each other, a stage that
// does not exist. Exit status 2.
type UsageError struct{ Text string }

func (e *UsageError) Error() string { return e.Text }
