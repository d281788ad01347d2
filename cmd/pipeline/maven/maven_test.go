//go:build integration

package maven

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	profiles = "-PbuildDockerImage,pushDockerImage"
	noTests  = "-Dfailsafe.failIfNoSpecifiedTests=false"
)

func TestAMavenProjectGoesFromSourceToRelease(t *testing.T) {
	p := newProject(t)
	// The test command may be the one that does all by itself outside of a run.
	p.edit(t, "pipeline.yaml", "mvn -B verify -DskipUTs", "mvn -B install -DskipUTs -Dmaven.install.skip=true "+profiles)
	p.commit(t)
	p.run(t, 0, "pipeline", "run")
	p.released(t)
	log := p.file(t, ".pipeline/out/logs/test.log")
	wantText(t, log, "pipeline image build: nothing to do, run local-", "pipeline image push: nothing to do, run local-")
}

func TestTheMavenCommandOfTheTeamReleasesTheImage(t *testing.T) {
	p := newProject(t)
	out := p.maven(t, 0, "-T2", "clean", "install", profiles)
	wantText(t, out, "oracle-start) @ orders-domain", "oracle-start) @ orders-web", "this is it", "44 tests, 0 failed")
	if release := p.released(t); release.Dirty {
		t.Errorf("the build made its own tree dirty: %+v", release)
	}
	wantText(t, p.file(t, ".pipeline/state/itest.json"), `"by": "maven"`)
	if left := p.databases(t); left != "" {
		t.Errorf("left %s", left)
	}
	if _, err := os.Stat(filepath.Join(p.dir, ".pipeline/state/oracle.properties")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the database's address: %v", err)
	}

	// Without tests there is no image, whatever an earlier build has left.
	out = p.maven(t, 1, "install", profiles, "-DskipITs")
	wantText(t, out, "no test report counts: this build has not called pipeline oracle start")
}

func TestOneRedTestMeansNoImageAndNoDatabase(t *testing.T) {
	p := newProject(t)
	p.edit(t, "domain/src/main/java/shop/orders/Products.java", "FROM products", "FROM produkts")
	p.commit(t)
	out := p.maven(t, 1, "-T2", "--fail-at-end", "install", profiles, "-Dit.test=ProductsIT", noTests)
	wantText(t, out, "BUILD FAILURE")
	if strings.Contains(out, "(image-build)") {
		t.Errorf("the image's module was not left out:\n%s", out)
	}
	eventually(t, 5*time.Second, "the database is gone", func() bool { return p.databases(t) == "" })

	// Maven can be told to go on all the same; then the reports speak.
	out = p.maven(t, 0, "--fail-never", "install", profiles, "-Dit.test=ProductsIT", noTests)
	wantText(t, out, "pipeline: error: proof: domain/target/failsafe-reports/TEST-shop.orders.ProductsIT.xml: shop.orders.ProductsIT.", "ORA-00942: table or view does not exist (and ")
	if _, err := os.Stat(filepath.Join(p.dir, ".pipeline/state/image.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an image was built: %v", err)
	}

	p.edit(t, "pipeline.yaml", "-DskipUTs", "-DskipUTs -Dit.test=ProductsIT "+noTests)
	out = p.run(t, 1, "pipeline", "run", "--stage=itest")
	wantText(t, out, "pipeline: error: test: shop.orders.ProductsIT.", "ORA-00942: table or view does not exist")
	wantText(t, p.file(t, ".pipeline/out/TEST-pipeline.xml"), "shop.orders.ProductsIT.", "ORA-00942: table or view does not exist")
}

func TestAKilledMavenLeavesNoDatabase(t *testing.T) {
	p := newProject(t)
	p.hang(t)
	maven := p.command("mvn", "-B", "-pl", "domain", "-am", "verify", "-Dit.test=HangsIT", noTests)
	maven.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // mvn is a script: the JVM is in its group
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	maven.Stdout, maven.Stderr = log, log
	if err := maven.Start(); err != nil {
		t.Fatal(err)
	}
	group := -maven.Process.Pid
	t.Cleanup(func() { _ = syscall.Kill(group, syscall.SIGKILL); _ = log.Close() })
	eventually(t, 2*time.Minute, "the tests have begun", func() bool {
		text, err := os.ReadFile(log.Name())
		if err != nil {
			t.Fatal(err)
		}
		return contains(text, "Running shop.orders.HangsIT")
	})
	if p.databases(t) == "" {
		t.Fatal("no database runs")
	}
	if err := syscall.Kill(group, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = maven.Wait() // its end is what the test is about
	eventually(t, 5*time.Second, "the database is gone", func() bool { return p.databases(t) == "" })
}

func TestAMavenThatHangsIsStoppedWithAThreadDump(t *testing.T) {
	p := newProject(t)
	p.hang(t)
	p.maven(t, 0, "-q", "-pl", "domain", "-am", "test-compile") // a busy machine takes its time for it
	p.edit(t, "pipeline.yaml", "timeout: 15m", "timeout: 40s")
	p.edit(t, "pipeline.yaml", "  compile: mvn -B -q -DskipITs package\n", "")
	p.edit(t, "pipeline.yaml", "verify -DskipUTs", "-pl domain -am verify -DskipUTs -Dit.test=HangsIT "+noTests)
	out := p.run(t, 5, "pipeline", "run", "--stage=itest")
	wantText(t, out, "test: stopped after build.timeout (40s)")
	log := p.file(t, ".pipeline/out/logs/test.log")
	wantText(t, log, "org.codehaus.plexus.classworlds.launcher.Launcher.main", "at shop.orders.HangsIT.waitsForEver(HangsIT.java:6)")
}

func TestAMissingJDKIsNamed(t *testing.T) {
	p := newProject(t)
	p.environ = append(p.environ, "JAVA_HOME=/nowhere")
	out := p.run(t, 3, "pipeline", "run", "--stage=itest")
	wantText(t, out, "pipeline: error: compile: the build found no JDK: JAVA_HOME is /nowhere, where there is no bin/javac",
		"pipeline: hint: install one: sudo apt-get install openjdk-17-jdk-headless")
	p.environ = append(p.environ, "PATH=/nowhere:/bin-of-nobody")
	p.edit(t, "pipeline.yaml", "mvn -B -q", "exec mvn -B -q")
	out = p.run(t, 3, "pipeline", "run", "--stage=itest")
	wantText(t, out, "/nowhere:/bin-of-nobody")
}

func TestABuildWithoutMavenCentralSaysSo(t *testing.T) {
	p := newProject(t)
	p.edit(t, "pipeline.yaml", "mvn -B -q", "mvn -B -q --offline -Dmaven.repo.local="+t.TempDir())
	cmd := p.command("pipeline", "run", "--stage=itest")
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != 1 {
		t.Errorf("exit status %d, want 1", got)
	}
	wantText(t, string(out), "pipeline: error: compile: mvn -B -q --offline", "Cannot access central", "in offline mode")
}
