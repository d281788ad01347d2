package imagebuild_test

import (
	"testing"

	"github.com/haddock-ci/pipeline/imagebuild"
)

func TestFatJarIsFoundAndTheLayeredDockerfileShown(t *testing.T) {
	boot := map[string]string{
		"META-INF/MANIFEST.MF":        "Main-Class: org.springframework.boot.loader.launch.JarLauncher\nStart-Class: com.shop.Orders\n",
		"BOOT-INF/lib/guava-33.0.jar": "jar",
	}
	thin := map[string]string{"META-INF/MANIFEST.MF": "Main-Class: com.shop.Orders\n", "com/shop/Orders.class": "x"}
	cases := map[string]struct {
		dockerfile string
		jar        map[string]string
		line       int
		layered    string
	}{
		"one stage": {
			dockerfile: "FROM temurin:21\nEXPOSE 8080\nCOPY target/*.jar /app.jar\nUSER 1000\nENTRYPOINT [\"java\", \"-Xmx1g\", \"-jar\", \"/app.jar\", \"--x\"]\n",
			jar:        boot, line: 3,
			layered: "FROM temurin:21\nEXPOSE 8080\nCOPY target/dependency /app/libs\nCOPY target/classes /app/classes\nUSER 1000\n" +
				"ENTRYPOINT [\"java\", \"-Xmx1g\", \"-cp\", \"/app/classes:/app/libs/*\", \"com.shop.Orders\", \"--x\"]\n",
		},
		"not built yet": {
			dockerfile: "FROM temurin:21\nCOPY --chown=1000 target/orders.jar \\\n  /app.jar\nCMD java -jar /app.jar\n", line: 2,
			layered: "FROM temurin:21\nCOPY --chown=1000 target/dependency /app/libs\nCOPY --chown=1000 target/classes /app/classes\n" +
				"CMD [\"java\", \"-cp\", \"/app/classes:/app/libs/*\", \"com.example.Main\"]\n",
		},
		"out of another stage": {
			dockerfile: "FROM maven AS build\nCOPY . .\nRUN mvn package\nFROM temurin:21\nCOPY --from=build /src/target/app.jar /\n", line: 5,
			layered: "FROM maven AS build\nCOPY . .\nRUN mvn package\nFROM temurin:21\n" +
				"COPY --from=build /src/target/dependency /app/libs\nCOPY --from=build /src/target/classes /app/classes\n",
		},
		"thin jar":            {dockerfile: "FROM temurin:21\nCOPY target/*.jar /app.jar\n", jar: thin},
		"layers of Boot":      {dockerfile: "FROM temurin:21\nCOPY target/*.jar a.jar\nRUN java -Djarmode=tools -jar a.jar extract --layers\n", jar: boot},
		"libraries":           {dockerfile: "FROM temurin:21\nCOPY target/lib/*.jar /libs/\nCOPY target/classes /classes\n"},
		"jar of an old stage": {dockerfile: "FROM temurin:21 AS a\nCOPY target/*.jar /app.jar\nFROM temurin:21\nCOPY --from=a /x /x\n", jar: boot},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "Dockerfile", c.dockerfile)
			if c.jar != nil {
				jar(t, dir, "target/orders-1.0.jar", c.jar)
			}
			found, ok := imagebuild.FindFatJar(dir, "")
			if ok != (c.line > 0) || found.Line != c.line {
				t.Fatalf("found %t at line %d, want line %d", ok, found.Line, c.line)
			}
			if found.Layered != c.layered {
				t.Errorf("the layered Dockerfile is\n%s\nwant\n%s", found.Layered, c.layered)
			}
		})
	}
}
