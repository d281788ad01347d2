package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

const database = "bench-maven/database:20s"

// base is the Java runtime in the registry, for image.mode: layers.
func (b *bench) base() string { return b.registry + "/base/orders-jre:17" }

func (b *bench) pushBase(ctx context.Context) error {
	for _, args := range [][]string{{"tag", "orders-jre:17", b.base()}, {"push", "--quiet", b.base()}, {"rmi", b.base()}} {
		if out, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("docker %v: %w\n%s", args, err, out)
		}
	}
	return nil
}

// ways are what is compared, in the order of a round.
func (b *bench) ways(ctx context.Context) ([]*way, *steps, error) {
	config := [][2]string{{"oracle-standin:latest", database}, {"127.0.0.1:5018", b.registry}}
	layers := append(config, [2]string{"  init: [db/init]\n", "  init: [db/init]\n  snapshot: auto\n"},
		[2]string{"name: orders-maven", "name: bench-maven"},
		[2]string{"  args:\n    BASE: orders-jre:17", "  mode: layers\n  context: web\n  mainClass: shop.web.Main\n  base: " + b.base() + "\n #"},
		[2]string{"/demo/orders-maven", "/demo/orders-layers"})
	projects := map[string]map[string][][2]string{
		"pipeline": {"pipeline.yaml": config}, "fabric8": fabric8Edits(false), "fabric8-shared": fabric8Edits(true), "shell": nil,
		"pipeline-layers": {"pipeline.yaml": layers, "web/pom.xml": {{"    <plugins>\n", dependencies}}},
	}
	made := map[string]*project{}
	for name, edits := range projects {
		var err error
		if made[name], err = b.newProject(ctx, name, edits); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range []string{"fabric8", "fabric8-shared"} {
		if err := made[name].contextFolder(); err != nil {
			return nil, nil, err
		}
	}
	script, err := filepath.Abs("scripts/bench-maven/way.sh")
	if err != nil {
		return nil, nil, err
	}
	pipeline := func(p *project) func(context.Context, int) error {
		return func(ctx context.Context, _ int) error { return p.command(ctx, nil, "pipeline", "run") }
	}
	shell := func(kind string) func(context.Context, int) error {
		return func(ctx context.Context, round int) error {
			return made["shell"].command(ctx, nil, script, fmt.Sprintf("%s/demo/orders-shell:%s%d", b.registry, kind, round))
		}
	}
	return []*way{
		{name: "pipeline", fresh: true, project: made["pipeline"], run: pipeline(made["pipeline"])},
		{name: "fabric8", fresh: true, project: made["fabric8"], run: b.fabric8(made["fabric8"])},
		{name: "fabric8-shared", fresh: true, project: made["fabric8-shared"], run: b.fabric8(made["fabric8-shared"])},
		{name: "shell", fresh: true, project: made["shell"], run: shell("all")},
		{name: "pipeline-class", project: made["pipeline-layers"], run: pipeline(made["pipeline-layers"])},
		{name: "shell-class", project: made["shell"], run: shell("class")},
	}, &steps{}, nil
}

// dependencies collects the libraries of the module web where image.mode:
// layers looks for them.
const dependencies = `    <plugins>
      <plugin>
        <artifactId>maven-dependency-plugin</artifactId>
        <executions>
          <execution>
            <phase>package</phase>
            <goals>
              <goal>copy-dependencies</goal>
            </goals>
            <configuration>
              <includeScope>runtime</includeScope>
            </configuration>
          </execution>
        </executions>
      </plugin>
`
