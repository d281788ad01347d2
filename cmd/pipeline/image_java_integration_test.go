//go:build integration

package main

import (
	"os/exec"
	"strings"
	"testing"
)

// javaBase puts an image with a Java runtime into the project's registry.
func (p *testProject) javaBase(t *testing.T) string {
	t.Helper()
	const runtime = "orders-jre:17" // as make demo-maven has it
	name := p.registry.Host + "/base/java:17"
	script := `docker image inspect "$1" >/dev/null 2>&1 || ../../scripts/jre-image.sh "$1"
		docker tag "$1" "$2" && docker push -q "$2" && docker rmi "$2"`
	if out, err := exec.CommandContext(t.Context(), "sh", "-c", script, "sh", runtime, name).CombinedOutput(); err != nil {
		t.Fatalf("push a Java runtime: %v\n%s", err, out)
	}
	return name
}

// TestAJavaProgramStartsFromItsLayers runs an image that no engine has built:
// its classes, resources, dependency and JVM arguments must all be where the
// virtual machine looks for them.
func TestAJavaProgramStartsFromItsLayers(t *testing.T) {
	p := newProject(t, map[string]string{
		"library/Greeting.java": "package library;\npublic class Greeting {\n  public static String to(String name) { return \"hello \" + name; }\n}\n",
		"shop/Main.java": `package shop;
public class Main {
  public static void main(String[] args) throws Exception {
    String name = new String(Main.class.getResourceAsStream("/name.txt").readAllBytes()).trim();
    System.out.println(library.Greeting.to(name) + ", " + System.getProperty("mode") + ", " + args.length);
  }
}
`,
		"resources/name.txt": "orders\n",
		"compile.sh": `set -eu
mkdir -p target/classes target/dependency target/library
javac -d target/library library/Greeting.java
jar --create --file target/dependency/library-1.0.jar -C target/library .
javac -cp target/library -d target/classes shop/Main.java
cp resources/name.txt target/classes/
`,
		"test.sh": testScript,
	})
	base := p.javaBase(t)
	p.write(t, map[string]string{
		"pipeline.yaml": "name: orders\nversion: 2.0.0\noracle:\n  image: oracle-standin:latest\nbuild:\n  compile: sh compile.sh\n  test: sh test.sh\n" +
			"image:\n  repository: " + p.registry.Host + "/shop/orders\n  mode: layers\n  base: " + base + "\n  mainClass: shop.Main\n  jvmArgs: [-Dmode=layers]\n",
	})
	p.commit(t)
	p.run(t, 0, "run")
	image := p.release(t).Image()
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", image).Run() })
	out, err := exec.CommandContext(t.Context(), "docker", "run", "--rm", "--network=none", image, "one", "two").Output()
	if err != nil {
		t.Fatalf("start %s: %v", image, err)
	}
	if got, want := strings.TrimSpace(string(out)), "hello orders, layers, 2"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}
