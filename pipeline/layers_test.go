package pipeline

import (
	"strings"
	"testing"
)

func TestKeysThatTheModeWouldIgnoreAreRefused(t *testing.T) {
	cases := map[string]struct{ image, want string }{
		"layers with a Dockerfile": {
			image: "{mode: layers, base: java:21, dockerfile: Dockerfile}",
			want:  "image.dockerfile: is of no use with image.mode: layers, which needs no Dockerfile",
		},
		"layers with a pull, which they are by themselves": {
			image: "{mode: layers, base: java:21, pull: true}", want: "image.pull: is of no use with image.mode: layers",
		},
		"a base without layers": {image: "{base: java:21}", want: "image.base: is only for image.mode: layers"},
		"no class": {
			image: "{mode: layers, base: java:21, mainClass: com/example/Main}",
			want:  `image.mainClass: "com/example/Main" is no class, such as com.example.orders.Main`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, "name: orders\nimage: "+c.image+"\n")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
