package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// fabric8 runs one Maven that does it all, in a project with fabric8Edits. The tests are told where the
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

// fabric8Edits make the example one of fabric8's docker-maven-plugin. As its
// documentation has it, start and stop are bound to the phases around the
// integration tests, so that each of the two modules that have some gets a
// database. With shared the first one's serves both and the last module stops
// it, which no documentation shows, but a team might find out.
func fabric8Edits(shared bool) map[string][][2]string {
	tests, stop := fabric8Profile(fabric8Database, fabric8Start+fabric8Stop), ""
	if shared {
		tests, stop = fabric8Profile("<keepRunning>true</keepRunning>"+fabric8Database, fabric8Start), fabric8StopAll
	}
	const end, profiles = "</project>", "  </profiles>\n"
	edits := map[string][][2]string{
		"domain/pom.xml": {{end, "  <profiles>\n" + tests + profiles + end}},
		"image/pom.xml": {
			{profiles, fabric8Profile("", stop+fabric8Image) + profiles},
			{"${project.build.directory}/app", "${project.basedir}/context/app"},
		},
		"db/init/01_orders.sql": {{"-- The schema", "ALTER SESSION SET CONTAINER=FREEPDB1;\nALTER SESSION SET CURRENT_SCHEMA=ORDERS;\n-- The schema"}},
	}
	if !shared {
		edits["web/pom.xml"] = edits["domain/pom.xml"]
	}
	return edits
}

// fabric8Profile is the plugin in a profile that only its own way activates.
func fabric8Profile(configuration, executions string) string {
	return `    <profile>
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
            <configuration>` + configuration + `</configuration>
            <executions>` + executions + `</executions>
          </plugin>
        </plugins>
      </build>
    </profile>
`
}

// The database, as it is started for the tests and waited for.
const (
	fabric8Database = `
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
            `
	fabric8Start = `
              <execution>
                <id>start</id>
                <phase>pre-integration-test</phase>
                <goals>
                  <goal>start</goal>
                </goals>
              </execution>
            `
	fabric8Stop = `
              <execution>
                <id>stop</id>
                <phase>post-integration-test</phase>
                <goals>
                  <goal>stop</goal>
                </goals>
              </execution>
            `
	// fabric8StopAll stops what another module has started.
	fabric8StopAll = `
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
            `
	fabric8Image = `
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
            `
)
