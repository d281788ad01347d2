package registry

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func archive(t *testing.T, entries ...*tar.Header) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		if err := w.WriteHeader(e); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(strings.Repeat("x", int(e.Size)))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}

func TestALayersTimesBecomeTheCommits(t *testing.T) {
	sent := time.Date(2004, 5, 6, 7, 8, 9, 0, time.UTC)
	long := strings.Repeat("a-very-long-name/", 12) + "x"
	layer := func(clock time.Time) *bytes.Buffer {
		return archive(t,
			&tar.Header{Name: "app/", Typeflag: tar.TypeDir, Mode: 0o755, ModTime: clock},
			&tar.Header{Name: "app/a.class", Typeflag: tar.TypeReg, Mode: 0o644, Size: 3, ModTime: sent},
			&tar.Header{
				Name: "app/" + long, Typeflag: tar.TypeReg, Mode: 0o755, Size: 5, ModTime: clock, AccessTime: clock, ChangeTime: clock,
				Format: tar.FormatPAX, PAXRecords: map[string]string{"SCHILY.xattr.security.capability": "cap"},
			},
			&tar.Header{Name: "app/link", Typeflag: tar.TypeSymlink, Linkname: "a.class", ModTime: clock},
			&tar.Header{Name: "app/.wh.gone", Typeflag: tar.TypeReg, ModTime: clock},
		)
	}
	n := Normal{Epoch: epoch}
	var texts []string
	for _, clock := range []time.Time{
		epoch.Add(time.Hour), epoch.Add(8760*time.Hour + 123456789), epoch.Add(-300 * time.Hour), // the last from a cache
	} {
		var out bytes.Buffer
		changed, err := n.copyLayer(&out, layer(clock))
		if err != nil || !changed {
			t.Fatalf("changed %v, %v", changed, err)
		}
		texts = append(texts, out.String())
	}
	if texts[0] != texts[1] || texts[0] != texts[2] {
		t.Error("the clock is still in the layer")
	}
	in, seen := tar.NewReader(strings.NewReader(texts[0])), 0
	for ; ; seen++ {
		head, err := in.Next()
		if err != nil {
			break
		}
		want := epoch
		if head.Name == "app/a.class" {
			want = sent
		}
		if !head.ModTime.Equal(want) || !head.AccessTime.IsZero() || !head.ChangeTime.IsZero() {
			t.Errorf("%s: %v %v %v", head.Name, head.ModTime, head.AccessTime, head.ChangeTime)
		}
		if strings.Contains(head.Name, "long") && head.PAXRecords["SCHILY.xattr.security.capability"] != "cap" {
			t.Errorf("%s has lost its capability", head.Name)
		}
	}
	if seen != 5 {
		t.Errorf("%d entries", seen)
	}
	if changed, err := n.copyLayer(&bytes.Buffer{}, strings.NewReader(texts[0])); err != nil || changed {
		t.Errorf("what is normal already: changed %v, %v", changed, err)
	}
	if _, err := n.copyLayer(&bytes.Buffer{}, strings.NewReader(texts[0][:700])); err == nil {
		t.Error("half a layer: no error")
	}
}

func TestAConfigurationForgetsTheOneBuild(t *testing.T) {
	text := `{"architecture":"amd64","config":{"Env":["A=<b>"],"Healthcheck":{"Interval":9007199254740993},"Labels":{"a":"b"}},
		"created":"2026-09-09T00:00:00Z","moby.buildkit.cache.v0":"x","container":"y","os":"linux",
		"history":[{"created":"2020-01-01T00:00:00Z","created_by":"base"},{"created":"2020-01-02T00:00:00Z","empty_layer":true},
			{"created":"2026-09-09T00:00:00Z","created_by":"COPY"}],
		"rootfs":{"type":"layers","diff_ids":["sha256:1","sha256:2"]}}`
	out, err := Normal{Epoch: epoch}.config([]byte(text), 1, []string{"sha256:1", "sha256:3"})
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Created string
		Config  struct {
			Healthcheck struct{ Interval json.Number }
		}
		History []struct{ Created string }
		RootFS  struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	if err := json.Unmarshal(out, &config); err != nil {
		t.Fatal(err)
	}
	const want = "2026-01-02T03:04:05Z"
	if config.Created != want || config.History[0].Created != "2020-01-01T00:00:00Z" || config.History[1].Created != want ||
		config.History[2].Created != want || config.RootFS.DiffIDs[1] != "sha256:3" || config.Config.Healthcheck.Interval != "9007199254740993" {
		t.Errorf("%+v", config)
	}
	for _, gone := range []string{"moby", "container\"", `\u003c`} {
		if strings.Contains(string(out), gone) {
			t.Errorf("%s is still in %s", gone, out)
		}
	}
	if _, err := (Normal{}).config([]byte("x"), 0, nil); err == nil {
		t.Error("no JSON: no error")
	}
}

func TestTheBaseIsOnlyWhatTheImageBeginsWith(t *testing.T) {
	layers := []string{"a", "b", "c"}
	for base, want := range map[string]int{"": 0, "a": 1, "a b": 2, "b": 0, "a c": 0, "a b c": 3, "a b c d": 0} {
		if got := (Normal{Base: strings.Fields(base)}).baseLayers(layers); got != want {
			t.Errorf("%q: %d, want %d", base, got, want)
		}
	}
}
