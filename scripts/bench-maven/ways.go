package main

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
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
	fabric8 := map[string][][2]string{
		"domain/pom.xml": {{"</project>", fabric8Start}}, "image/pom.xml": {{"  </profiles>\n", fabric8Image}, {"${project.build.directory}/app", "${project.basedir}/context/app"}},
		"db/init/01_orders.sql": {{"-- The schema", "ALTER SESSION SET CONTAINER=FREEPDB1;\nALTER SESSION SET CURRENT_SCHEMA=ORDERS;\n-- The schema"}},
	}
	projects := map[string]map[string][][2]string{
		"pipeline": {"pipeline.yaml": config}, "fabric8": fabric8, "shell": nil,
		"pipeline-layers": {"pipeline.yaml": layers, "web/pom.xml": {{"    <plugins>\n", dependencies}}},
	}
	made := map[string]*project{}
	for name, edits := range projects {
		var err error
		if made[name], err = b.newProject(ctx, name, edits); err != nil {
			return nil, nil, err
		}
	}
	if err := made["fabric8"].contextFolder(); err != nil {
		return nil, nil, err
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
		{name: "shell", fresh: true, project: made["shell"], run: shell("all")},
		{name: "pipeline-class", project: made["pipeline-layers"], run: pipeline(made["pipeline-layers"])},
		{name: "shell-class", project: made["shell"], run: shell("class")},
	}, &steps{}, nil
}

// fabric8 runs one Maven that does it all. The tests are told where the
// database will be, which therefore has a port that is free now.
func (b *bench) fabric8(p *project) func(context.Context, int) error {
	return func(ctx context.Context, round int) error {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
		if err := listener.Close(); err != nil {
			return err
		}
		env := []string{"ORACLE_JDBC_URL=jdbc:oracle:thin:@//127.0.0.1:" + port + "/FREEPDB1", "ORACLE_USER=ORDERS", "ORACLE_PASSWORD=bench"}
		return p.command(ctx, env, "mvn", "-B", "-q", "install", "-P!database", "-Dmaven.install.skip=true", "-Dmaven.deploy.skip=true",
			"-Dbench.port="+port, "-Dbench.image="+fmt.Sprintf("%s/demo/orders-fabric8:%d", b.registry, round))
	}
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

// fabric8Start starts the database for the integration tests and waits for its
// line; the other modules use it too, which their documentation does not show
// but is faster than one database each.
const fabric8Start = `
  <profiles>
    <profile>
      <id>fabric8</id>
      <activation>
        <property>
          <name>bench.port</name>
        </property>
      </activation>
      <build>
        <plugins>
          <plugin>
            <groupId>io.fabric8</groupId>
            <artifactId>docker-maven-plugin</artifactId>
            <version>0.46.0</version>
            <configuration>
              <keepRunning>true</keepRunning>
              <images>
                <image>
                  <alias>database</alias>
                  <name>` + database + `</name>
                  <run>
                    <ports>
                      <port>127.0.0.1:${bench.port}:1521</port>
                    </ports>
                    <env>
                      <ORACLE_PASSWORD>bench</ORACLE_PASSWORD>
                      <APP_USER>ORDERS</APP_USER>
                      <APP_USER_PASSWORD>bench</APP_USER_PASSWORD>
                    </env>
                    <volumes>
                      <bind>
                        <volume>${maven.multiModuleProjectDirectory}/db/init:/container-entrypoint-initdb.d:ro</volume>
                      </bind>
                    </volumes>
                    <wait>
                      <log>DATABASE IS READY TO USE!</log>
                      <time>300000</time>
                    </wait>
                  </run>
                </image>
              </images>
            </configuration>
            <executions>
              <execution>
                <id>start</id>
                <phase>pre-integration-test</phase>
                <goals>
                  <goal>start</goal>
                </goals>
              </execution>
            </executions>
          </plugin>
        </plugins>
      </build>
    </profile>
  </profiles>
</project>`

// fabric8Image stops the database, builds the image and pushes it.
const fabric8Image = `    <profile>
      <id>fabric8</id>
      <activation>
        <property>
          <name>bench.port</name>
        </property>
      </activation>
      <build>
        <plugins>
          <plugin>
            <groupId>io.fabric8</groupId>
            <artifactId>docker-maven-plugin</artifactId>
            <version>0.46.0</version>
            <executions>
              <execution>
                <id>stop</id>
                <phase>post-integration-test</phase>
                <goals>
                  <goal>stop</goal>
                </goals>
                <configuration>
                  <allContainers>true</allContainers>
                  <images>
                    <image>
                      <name>` + database + `</name>
                    </image>
                  </images>
                </configuration>
              </execution>
              <execution>
                <id>image</id>
                <phase>install</phase>
                <goals>
                  <goal>build</goal>
                  <goal>push</goal>
                </goals>
                <configuration>
                  <images>
                    <image>
                      <name>${bench.image}</name>
                      <build>
                        <contextDir>${project.basedir}/context</contextDir>
                        <args>
                          <BASE>orders-jre:17</BASE>
                        </args>
                      </build>
                    </image>
                  </images>
                </configuration>
              </execution>
            </executions>
          </plugin>
        </plugins>
      </build>
    </profile>
  </profiles>
`
