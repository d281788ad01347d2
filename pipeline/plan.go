package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/haddock-ci/pipeline/internal/ci"
	"github.com/haddock-ci/pipeline/internal/git"
	"github.com/haddock-ci/pipeline/internal/watchdog"
	"github.com/haddock-ci/pipeline/oracle"
)

// Describe tells what Run would do: every step with its command or image, and
// the names, not the values, of the environment the commands get. It reads the
// project's files and touches nothing.
func Describe(ctx context.Context, cfg Config, stages []Stage, build ci.Build) (string, error) {
	if err := cfg.Require(stages); err != nil {
		return "", err
	}
	var text strings.Builder
	p := &plan{cfg: cfg, table: tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)}
	for _, stage := range stages {
		var err error
		switch stage {
		case StageITest:
			p.itest()
		case StageImage:
			err = p.image(ctx, build)
		case StageDeploy:
			p.row(StageDeploy, StepHandOff, strings.Join(cfg.Deploy.Command, " "))
		}
		if err != nil {
			return "", err
		}
	}
	if err := p.table.Flush(); err != nil {
		return "", fmt.Errorf("write plan: %w", err)
	}
	return text.String(), nil
}

type plan struct {
	cfg   Config
	table *tabwriter.Writer
}

func (p *plan) row(stage Stage, step, text string) {
	fmt.Fprintf(p.table, "%s\t%s\t%s\n", stage, step, text)
}

func (p *plan) itest() {
	cfg := p.cfg
	p.row(StageITest, StepOracleStart, cfg.Oracle.Image)
	p.row(StageITest, StepOracleWait, fmt.Sprintf("service %s, schemas %s, at most %v",
		cfg.Oracle.Service, strings.Join(cfg.schemaNames(), ", "), cfg.Oracle.Timeout))
	if cfg.Oracle.Snapshot == "auto" {
		p.row(StageITest, StepOracleWait, "from a snapshot, which the first run makes")
	}
	for _, script := range cfg.Oracle.InitSys {
		p.row(StageITest, StepOracleWait, "init "+script+" as SYS")
	}
	for _, script := range cfg.Oracle.Init {
		p.row(StageITest, StepOracleWait, "init "+script)
	}
	if cfg.Build.Compile != "" {
		p.row(StageITest, StepCompile, cfg.Build.Compile+"    (beside the database's boot)")
	}
	test := cfg.Build.Test
	if cfg.Build.Waits {
		test += "    (beside the database's boot, for which it waits itself)"
	}
	p.row(StageITest, StepTest, test)
	p.row(StageITest, "", "environment "+strings.Join(p.environment(), " "))
	p.row(StageITest, "", "reports "+strings.Join(cfg.Build.Reports, " "))
	p.row(StageITest, StepOracleStop, "always")
}

// environment names the variables that the test command gets.
func (p *plan) environment() []string {
	db := oracle.Database{}
	for _, schema := range p.cfg.schemaNames() {
		db.Schemas = append(db.Schemas, oracle.Schema{Name: schema, User: schema})
	}
	names := []string{watchdog.RunIDVariable}
	for _, pair := range db.Env() {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	own := make([]string, 0, len(p.cfg.Build.Env))
	for name := range p.cfg.Build.Env {
		own = append(own, name)
	}
	slices.Sort(own)
	return append(names, own...)
}

func (p *plan) image(ctx context.Context, build ci.Build) error {
	cfg := p.cfg
	version, err := cfg.ResolveVersion(ctx)
	if err != nil {
		return err
	}
	project, err := git.Read(ctx, cfg.Dir)
	if err != nil && !errors.Is(err, git.ErrNone) {
		return err
	}
	from := fmt.Sprintf("%s (context %s)", cfg.Image.Dockerfile, cfg.Image.Context)
	if cfg.Image.Mode == modeLayers {
		from = fmt.Sprintf("layers of %s on %s, no engine", path.Join(cfg.Image.Context, "target"), cfg.Image.Base)
	}
	p.row(StageImage, StepImageBuild, from)
	tag := uniqueTag(version.Text, build.Number, project.Short, project.Dirty, "")
	if !project.NamesTree(build.Number) {
		tag += "-<hash of the tree>" // as it is when its tests have passed
	}
	p.row(StageImage, StepImagePush, cfg.Image.Repository+":"+tag)
	return nil
}
