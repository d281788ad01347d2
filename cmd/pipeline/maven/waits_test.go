//go:build integration

package maven

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestModulesWaitTogetherAndOneMayFail has two modules that Maven builds side by
// side, and a database that boots longer than Maven needs to get there.
func TestModulesWaitTogetherAndOneMayFail(t *testing.T) {
	p := newProject(t)
	p.slowDatabase(t, "15s")
	p.independentModule(t)
	p.edit(t, "pipeline.yaml", "  compile: mvn -B -q -DskipITs package\n", "")
	p.edit(t, "pipeline.yaml", "mvn -B verify -DskipUTs", "mvn -B -T2 --fail-at-end verify -DskipUTs -Dit.test='ProductsIT,AloneIT' "+noTests)
	out := p.run(t, 0, "pipeline", "run", "--stage=itest")
	wantText(t, out, "14 tests, 0 failed")
	log := p.file(t, ".pipeline/out/logs/test.log")
	for _, text := range []string{"pipeline oracle wait: waiting for the database of run", "pipeline oracle wait: it has answered"} {
		if n := strings.Count(log, text); n != 3 { // domain, alone, and in the end web
			t.Errorf("%d times %q, want 3\n%s", n, text, log)
		}
	}
	first, _, _ := strings.Cut(log, "it has answered")
	t.Logf("%d modules waited at once", strings.Count(first, "waiting for the database"))

	p.edit(t, "domain/src/main/java/shop/orders/Products.java", "FROM products", "FROM produkts")
	out = p.run(t, 1, "pipeline", "run", "--stage=itest")
	wantText(t, out, "pipeline: error: test: shop.orders.ProductsIT.", "ORA-00942: table or view does not exist", "of 14 tests failed)")
	wantText(t, p.file(t, ".pipeline/out/logs/test.log"), "waits for nobody", "orders-web ", "SKIPPED")
}

// slowDatabase gives the project a stand-in that takes its time.
func (p *project) slowDatabase(t *testing.T, boot string) {
	t.Helper()
	name := "pipeline-test-maven/database:" + strings.ToLower(filepath.Base(filepath.Dir(p.dir)))
	build := exec.CommandContext(t.Context(), "docker", "build", "--quiet", "--tag", name, "-")
	build.Stdin = strings.NewReader("FROM oracle-standin:latest\nENV STANDIN_SCRIPT=\"open " + boot + "\"\n")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("make a slow database: %v\n%s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", name).Run() })
	p.edit(t, "pipeline.yaml", "oracle-standin:latest", name)
}

// independentModule adds a module that waits for no other one.
func (p *project) independentModule(t *testing.T) {
	t.Helper()
	dir := filepath.Join(p.dir, "alone")
	tests := filepath.Join(dir, "src/test/java/shop/alone")
	if err := os.MkdirAll(tests, 0o755); err != nil {
		t.Fatal(err)
	}
	pom := strings.ReplaceAll(p.file(t, "domain/pom.xml"), "orders-domain", "orders-alone")
	for path, text := range map[string]string{
		filepath.Join(dir, "pom.xml"): pom,
		filepath.Join(tests, "AloneIT.java"): `package shop.alone;

class AloneIT {
    @org.junit.jupiter.api.Test
    void findsTheDatabase() throws Exception {
        try (java.sql.Connection c = java.sql.DriverManager.getConnection(
                System.getenv("ORACLE_JDBC_URL"), System.getenv("ORACLE_USER"), System.getenv("ORACLE_PASSWORD"))) {
            if (!c.isValid(5)) {
                throw new AssertionError("the database does not answer");
            }
            System.out.println("waits for nobody");
        }
    }
}
`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p.edit(t, "pom.xml", "<module>web</module>", "<module>alone</module>\n    <module>web</module>")
}
