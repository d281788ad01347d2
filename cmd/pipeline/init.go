package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/internal/scaffold"
	"github.com/haddock-ci/pipeline/pipeline"
)

// initFlags are the flags of init.
type initFlags struct {
	ci      string
	form    string
	keys    scaffold.Keys
	choices scaffold.Choices
}

func (a *app) initCommand() *cobra.Command {
	var f initFlags
	cmd := &cobra.Command{
		Use: "init", Short: "Write pipeline.yaml from what is in the project", Args: program.NoArguments,
		Long: "init looks for pom.xml, build.gradle or go.mod, the Dockerfile, the database driver and SQL scripts, and\n" +
			"proposes a pipeline.yaml with comments. With --ci=bamboo it writes bamboo-specs/bamboo.yaml too.\n" +
			"A file that is there is never written over.",
		Example: "  pipeline init --repository=registry.example.com/shop/orders\n" +
			"  pipeline init --ci=bamboo --project-key=SHOP                the plan: all stages in one job\n" +
			"  pipeline init --ci=bamboo --form=stages --project-key=SHOP  a Bamboo stage for each, on any agents",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.initialise(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.choices.Repository, "repository", "", "where the image goes, without a tag")
	flags.StringVar(&f.ci, "ci", "", "bamboo: write the specs of a plan, its deployment and permissions too")
	flags.StringVar(&f.form, "form", string(scaffold.OneJob), "of the plan: job or stages")
	flags.StringVar(&f.keys.Project, "project-key", "", "the project in Bamboo (default PROJ)")
	flags.StringVar(&f.keys.Plan, "plan-key", "", "the plan in Bamboo (default from the project's name)")
	flags.StringVar(&f.keys.Group, "group", "", "who may see and build the plan (default developers)")
	return cmd
}

func (a *app) initialise(cmd *cobra.Command, f initFlags) error {
	if f.ci != "" && f.ci != "bamboo" {
		return &pipeline.UsageError{Text: fmt.Sprintf("--ci=%s: plans can be written for bamboo; other systems only have to call pipeline run", f.ci)}
	}
	for _, name := range []string{"form", "project-key", "plan-key", "group"} {
		if f.ci == "" && cmd.Flags().Changed(name) {
			return &pipeline.UsageError{Text: fmt.Sprintf("--%s is for --ci=bamboo", name)}
		}
	}
	found, err := scaffold.Find(a.dir)
	if err != nil {
		return err
	}
	git, err := pipeline.ReadGit(cmd.Context(), a.dir)
	f.choices.HasTag = err == nil && slices.ContainsFunc(git.Tags, func(tag string) bool { return strings.HasPrefix(tag, "v") })
	files, err := proposals(found, f)
	if err != nil {
		return err
	}
	err = scaffold.Write(a.dir, files...)
	if errors.Is(err, scaffold.ErrExists) {
		return &pipeline.UsageError{Text: strings.ReplaceAll(err.Error(), "\n", ", ") + "; nothing was written (remove it first, or edit it: pipeline check)"}
	}
	if err != nil {
		return err
	}
	return a.tellFound(found, files)
}

// proposals are the files to write. What is proposed must itself be sound.
func proposals(found scaffold.Project, f initFlags) ([]scaffold.File, error) {
	config := scaffold.Config(found, f.choices)
	files := []scaffold.File{{Name: "pipeline.yaml", Text: config}}
	if err := pipeline.CheckText("pipeline.yaml", []byte(config)); err != nil {
		return nil, err
	}
	if f.ci == "" {
		return files, nil
	}
	specs, err := scaffold.Bamboo(found, scaffold.Form(f.form), f.keys)
	if err != nil {
		return nil, &pipeline.UsageError{Text: err.Error()}
	}
	return append(files, scaffold.File{Name: "bamboo-specs/bamboo.yaml", Text: specs}), nil
}

// tellFound says what the proposals are made from, and how to go on.
func (a *app) tellFound(found scaffold.Project, files []scaffold.File) error {
	or := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	rows := [][2]string{
		{"project", found.Name},
		{"build", or(string(found.Kind), "no pom.xml, build.gradle or go.mod: write build.test yourself")},
		{"driver", or(strings.Join(found.Drivers, ", "), "none that is known")},
		{"Dockerfile", or(found.Dockerfile, "none")},
		{"init scripts", or(strings.Join(found.Scripts, ", "), "none")},
	}
	for _, row := range rows {
		fmt.Fprintf(a.stdout, "%-13s %s\n", row[0], row[1])
	}
	for _, file := range files {
		fmt.Fprintf(a.stdout, "written       %s\n", file.Name)
	}
	_, err := fmt.Fprint(a.stdout, "next          pipeline check && pipeline doctor && pipeline run --stage=itest\n")
	return err
}
