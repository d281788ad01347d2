package main

import (
	"bytes"
	"errors"
	"testing"

	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/pipeline"
)

func TestAFailedRunEndsWithWhereToLookAndWhatToDo(t *testing.T) {
	for name, tt := range map[string]struct {
		args        []string
		dir, config string
		outcome     pipeline.Outcome
		again, want string
	}{
		"a step with a log": {
			[]string{"run"},
			".", "pipeline.yaml",
			pipeline.Outcome{RunID: "R", Log: ".pipeline/out/logs/test.log"},
			"pipeline run --stage=itest",
			"pipeline: error: test: red as [secret]\npipeline: hint: look\npipeline: log: .pipeline/out/logs/test.log\npipeline: again: pipeline run --stage=itest\n",
		},
		"another project": {
			[]string{"run", "-C", "my shop", "--config=it.yaml"},
			"my shop", "it.yaml",
			pipeline.Outcome{RunID: "R", Log: "x", Diagnosis: "d"},
			"pipeline run --stage=itest",
			"pipeline: diagnosis: my shop/d\npipeline: error: test: red as [secret]\npipeline: hint: look\npipeline: log: my shop/x\npipeline: again: pipeline run --stage=itest -C 'my shop' --config=it.yaml\n",
		},
		"no log, no stage": {
			[]string{"image", "build", "--reports=**/TEST-*.xml", "it's"},
			".", "pipeline.yaml",
			pipeline.Outcome{RunID: "R"},
			"",
			"pipeline: error: test: red as [secret]\npipeline: hint: look\npipeline: log: .pipeline/out/report.html\npipeline: again: pipeline image build '--reports=**/TEST-*.xml' 'it'\\''s'\n",
		},
		"nothing was left": {
			[]string{"run"},
			".", "pipeline.yaml",
			pipeline.Outcome{},
			"",
			"pipeline: error: test: red as [secret]\npipeline: hint: look\npipeline: again: pipeline run\n",
		},
	} {
		var stderr bytes.Buffer
		a := &app{args: tt.args, dir: tt.dir, config: tt.config, stderr: &stderr, secrets: redact.New("tiger-tiger")}
		err := a.fail(tt.outcome, errors.New("test: red as tiger-tiger"), tt.again)
		if a.last(err, "look"); stderr.String() != tt.want {
			t.Errorf("%s: got\n%swant\n%s", name, stderr.String(), tt.want)
		}
	}
}
