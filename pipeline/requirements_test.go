package pipeline

import (
	"strings"
	"testing"
)

func TestRequireNamesWhatTheStagesMiss(t *testing.T) {
	tests := map[string]struct {
		text   string
		stages []Stage
		want   []string
	}{
		"nothing asked": {"name: a\n", nil, nil},
		"itest without database and build": {"name: a\n", []Stage{StageITest}, []string{
			"pipeline.yaml:1:1: oracle.image: missing; stage itest needs it, such as gvenzl/oracle-free:23.26.0-slim-faststart",
			"pipeline.yaml:1:1: build.test: missing; stage itest needs it, such as mvn -B verify",
		}},
		"the section is there": {"name: a\nbuild:\n  compile: make\noracle: {image: \"x:1\"}\n", []Stage{StageITest}, []string{
			"pipeline.yaml:2:1: build.test: missing; stage itest needs it, such as mvn -B verify",
		}},
		"image and deploy": {"name: a\n", []Stage{StageImage, StageDeploy}, []string{
			"pipeline.yaml:1:1: image.repository: missing; stage image needs it, such as registry.example.com/shop/a",
			`pipeline.yaml:1:1: deploy.command: missing; stage deploy needs it, such as [haddock, deploy, --release, "{release}"]`,
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := load(t, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := errorText(c.Require(tt.stages)), strings.Join(tt.want, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestRequireNamesAnInitFileThatIsNotThere(t *testing.T) {
	c, err := load(t, "name: a\nbuild: {test: x}\noracle:\n  image: x:1\n  init: [pipeline.yaml, db/init]\n")
	if err != nil {
		t.Fatal(err)
	}
	want := `pipeline.yaml:5:25: oracle.init[1]: "db/init": no such file or folder`
	if got := errorText(c.Require([]Stage{StageITest})); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWarningsTellWhatIsMostLikelyNotMeant(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"nothing":       {minimal, ""},
		"clean":         {"name: a\nbuild:\n  compile: mvn package\n  test: mvn clean verify\n", "pipeline.yaml:4:3: build.test: clean deletes what build.compile has made; leave it out"},
		"clean alone":   {"name: a\nbuild:\n  test: mvn clean verify\n", ""},
		"not clean":     {"name: a\nbuild: {compile: x, test: make clean-db itest}\n", ""},
		"latest":        {"name: a\noracle: {image: \"x/y:latest\"}\n", "pipeline.yaml:2:10: oracle.image: x/y:latest may be another database tomorrow; name a version"},
		"no tag":        {"name: a\noracle: {image: x/y}\n", "pipeline.yaml:2:10: oracle.image: x/y may be another database tomorrow; name a version"},
		"secret":        {"name: a\nbuild: {env: {DB_PASSWORD: tiger}}\n", "pipeline.yaml:2:28: build.env.DB_PASSWORD: looks like a secret written down; the build's commands get pipeline's own environment anyway"},
		"mapped secret": {"name: a\nbuild: {env: {DB_PASSWORD: \"${ORACLE_PASSWORD}\"}}\n", ""},
		"build arg":     {"name: a\nimage: {args: {NPM_TOKEN: x}}\n", "pipeline.yaml:2:27: image.args.NPM_TOKEN: build arguments stay readable in the image; use image.secrets"},
		"plain HTTP":    {"name: a\nregistry: {insecure: true}\n", "pipeline.yaml:2:12: registry.insecure: image and password travel unencrypted"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := load(t, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := Faults(c.Warnings()).Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestServiceFollowsTheImage(t *testing.T) {
	for image, want := range map[string]string{
		"gvenzl/oracle-free:23-slim":                                "FREEPDB1",
		"gvenzl/oracle-xe:21-slim":                                  "XEPDB1",
		"gvenzl/oracle-xe:11-slim":                                  "XE",
		"container-registry.oracle.com/database/express:21.3.0-xe":  "XEPDB1",
		"container-registry.oracle.com/database/free:23.6.0.0":      "FREEPDB1",
		"oracle-standin:dev":                                        "FREEPDB1",
		"r.example.com/oracle-xe@sha256:" + strings.Repeat("a", 64): "XEPDB1",
	} {
		if got := defaultService(image); got != want {
			t.Errorf("service of %s = %s, want %s", image, got, want)
		}
	}
}

func TestSchemaFollowsTheProjectsName(t *testing.T) {
	for name, want := range map[string]string{
		"orders": "ORDERS", "order-service": "ORDER_SERVICE", "order": "APP_ORDER", "2nd.try": "APP_2ND_TRY", "system": "APP_SYSTEM",
	} {
		if got := defaultSchema(name); got != want {
			t.Errorf("schema of %s = %s, want %s", name, got, want)
		}
	}
}
