package pipeline

import (
	"errors"
	"strings"
	"testing"
)

func TestSelectionChoosesStagesInTheirOrder(t *testing.T) {
	tests := map[string]struct {
		selection    Selection
		deployWanted bool
		want         string
	}{
		"nothing said":           {Selection{}, false, "itest image"},
		"branch that deploys":    {Selection{}, true, "itest image deploy"},
		"one stage":              {Selection{Stages: []string{"image"}}, true, "image"},
		"list in any order":      {Selection{Stages: []string{"deploy, itest"}}, false, "itest deploy"},
		"repeated flag":          {Selection{Stages: []string{"itest", "image", "itest"}}, false, "itest image"},
		"until deploy":           {Selection{Until: "deploy"}, false, "itest image deploy"},
		"until itest":            {Selection{Until: "itest"}, true, "itest"},
		"from image":             {Selection{From: "image"}, false, "image"},
		"from deploy":            {Selection{From: "deploy"}, false, "deploy"},
		"from and until the one": {Selection{From: "image", Until: "image"}, true, "image"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tt.selection.Resolve(tt.deployWanted)
			if err != nil {
				t.Fatal(err)
			}
			if got := joined(got); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSelectionRefusesWhatMakesNoSense(t *testing.T) {
	tests := map[string]struct {
		selection Selection
		says      string
	}{
		"misspelt":       {Selection{Stages: []string{"itst"}}, "did you mean itest?"},
		"unknown":        {Selection{From: "quux"}, "the stages are itest, image, deploy"},
		"both ways":      {Selection{Stages: []string{"itest"}, Until: "image"}, "leave --from and --until out"},
		"backwards":      {Selection{From: "image", Until: "itest"}, "comes after"},
		"empty in list":  {Selection{Stages: []string{"itest,"}}, "unknown stage"},
		"unknown to end": {Selection{Until: "imagee"}, "did you mean image?"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := tt.selection.Resolve(false)
			var usage *UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want a *UsageError that says %q", err, tt.says)
			}
		})
	}
}

func joined(stages []Stage) string {
	var text []string
	for _, stage := range stages {
		text = append(text, string(stage))
	}
	return strings.Join(text, " ")
}
