package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/git"
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
	there   *pipeline.Config // that is there already; nil without one
}

func (a *app) initCommand() *cobra.Command {
	var f initFlags
	cmd := &cobra.Command{
		Use: "init", Short: "Write pipeline.yaml from what is in the project", Args: program.NoArguments,
		Long: "init looks for pom.xml, build.gradle or go.mod, the Dockerfile, the database driver and SQL scripts, and\n" +
			"proposes a pipeline.yaml with comments. With --ci=bamboo it writes bamboo-specs/bamboo.yaml too.\n" +
			"A file that is there is never written over; a plan is made for the pipeline.yaml that is there.",
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
	project, err := git.Read(cmd.Context(), a.dir)
	f.choices.HasTag = err == nil && slices.ContainsFunc(project.Tags, func(tag string) bool { return strings.HasPrefix(tag, "v") })
	files, err := a.proposals(&found, &f)
	if err != nil {
		return err
	}
	err = scaffold.Write(a.dir, files...)
	if errors.Is(err, scaffold.ErrExists) {
		return &pipeline.UsageError{Text: strings.ReplaceAll(err.Error(), "\n", ", ") + ", and nothing was written; edit it and run pipeline check, or remove it first"}
	}
	if err != nil {
		return err
	}
	return a.tellFound(found, f, files)
}

// proposals are the files to write. What is proposed must itself be sound. A
// plan is made for the configuration that is there already, if one is.
func (a *app) proposals(found *scaffold.Project, f *initFlags) ([]scaffold.File, error) {
	f.choices.Bamboo = f.ci != ""
	there, err := a.load()
	if !is[*noConfigError](err) && f.ci != "" {
		if err != nil {
			return nil, err
		}
		f.there, found.Name, f.keys.Reports = &there, there.Name, there.Build.Reports
	}
	var files []scaffold.File
	if f.there == nil {
		config := scaffold.Config(*found, f.choices)
		if err := pipeline.CheckText(configName, []byte(config)); err != nil {
			return nil, err
		}
		files = append(files, scaffold.File{Name: configName, Text: config})
	}
	if f.ci == "" {
		return files, nil
	}
	specs, err := scaffold.Bamboo(*found, scaffold.Form(f.form), f.keys)
	if err != nil {
		return nil, &pipeline.UsageError{Text: err.Error()}
	}
	return append(files, scaffold.File{Name: "bamboo-specs/bamboo.yaml", Text: specs}), nil
}

// tellFound says what the proposals are made from, what only the user knows,
// and how to go on.
func (a *app) tellFound(found scaffold.Project, f initFlags, files []scaffold.File) error {
	rows := [][2]string{
		{"project", found.Name},
		{"build", cmp.Or(string(found.Kind), "no pom.xml, build.gradle or go.mod")},
		{"driver", cmp.Or(strings.Join(found.Drivers, ", "), "none that is known")},
		{"Dockerfile", cmp.Or(found.Dockerfile, "none")},
		{"init scripts", cmp.Or(strings.Join(found.Scripts, ", "), "none")},
	}
	for _, file := range files {
		rows = append(rows, [2]string{"written", file.Name})
	}
	for _, todo := range a.leftToDo(found, f) {
		rows = append(rows, [2]string{"to do", todo})
	}
	next := "pipeline check && pipeline doctor && pipeline run --stage=itest"
	if a.dir != "." {
		next = "cd " + quoted(a.dir) + " && " + next
	}
	for _, row := range append(rows, [2]string{"next", next}) {
		if _, err := fmt.Fprintf(a.stdout, "%-13s %s\n", row[0], row[1]); err != nil {
			return err
		}
	}
	return nil
}

// leftToDo is what nobody can see in the project.
func (a *app) leftToDo(found scaffold.Project, f initFlags) (all []string) {
	if f.there == nil && found.Kind == scaffold.Other {
		all = append(all, "build.test in pipeline.yaml: how your tests are started")
	}
	if f.there == nil && f.choices.Repository == "" {
		all = append(all, "image.repository in pipeline.yaml: your registry")
	}
	if f.ci == "" {
		return all
	}
	if f.there != nil && f.there.Registry.PasswordEnv == "" {
		all = append(all, "registry in pipeline.yaml: {userEnv: bamboo_registryUser, passwordEnv: bamboo_registryPassword}, as the plan calls them")
	}
	if f.keys.Project == "" {
		all = append(all, "project-key in bamboo-specs/bamboo.yaml: PROJ stands for your project in Bamboo")
	}
	all = append(all, "registryPassword in bamboo-specs/bamboo.yaml: encrypt it in Bamboo")
	if _, err := os.Stat(filepath.Join(a.dir, "haddock.yaml")); err != nil {
		all = append(all, "haddock.yaml, which the deployment takes: haddock init   (or remove the deployment from bamboo-specs/bamboo.yaml)")
	}
	return all
}
