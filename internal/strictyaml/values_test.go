package strictyaml

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

func TestDurationsAreExplained(t *testing.T) {
	for text, want := range map[string]string{
		"5m": "", "1h30m": "", "90 seconds": "write 90s", "1 hr": "write 1h", "5 min": "write 5m", "3h ": "write 3h",
		"10": "write 10s or 10m", "soon": "write such as 90s", "0s": "longer than nothing", "-1m": "longer than nothing", "2 fortnights": "write such as",
	} {
		d, got := ParseDuration(text)
		if (want == "") != (got == "") || !strings.Contains(got, want) || (want == "") != (d > 0) {
			t.Errorf("ParseDuration(%q) = %v, %q, want %q", text, d, got, want)
		}
	}
}

type shop struct {
	Name   string          `yaml:"name"`
	Open   bool            `yaml:"open"`
	Tills  int             `yaml:"tills"`
	Closes time.Duration   `yaml:"closes"`
	Rooms  map[string]room `yaml:"rooms"`
	Dir    string          `yaml:"-"`
}

type room struct {
	Shelves []string `yaml:"shelves"`
}

func readShop(text string) (shop, Faults) {
	r, root := Form{Name: "shop.yaml", Smallest: "name is enough", Keys: Keys(reflect.TypeFor[shop]())}.Parse("shop.yaml", []byte(text))
	s := shop{Rooms: map[string]room{}}
	if root == nil {
		return s, r.Faults
	}
	rooms := func(key string, n *yaml.Node) {
		r.Pairs(key, n, func(name string, _, v *yaml.Node) {
			var in room
			r.Mapping(Join(key, name), v, map[string]Read{"shelves": r.List(&in.Shelves)})
			s.Rooms[name] = in
		})
	}
	r.Mapping("", root, map[string]Read{
		"name": r.Text(&s.Name, OneOf("grocer", "baker")), "open": r.Truth(&s.Open), "tills": r.Number(&s.Tills, 1, 9),
		"closes": r.Duration(&s.Closes), "rooms": rooms,
	})
	if !r.Has("tills") {
		r.RefuseKey("tills", "missing")
	}
	return s, r.Faults
}

func TestEveryValueIsRead(t *testing.T) {
	got, faults := readShop("name: baker\nopen: true\ntills: 3\ncloses: 90m\nrooms: {front: {shelves: [a, 1]}}\n")
	want := shop{Name: "baker", Open: true, Tills: 3, Closes: 90 * time.Minute, Rooms: map[string]room{"front": {[]string{"a", "1"}}}}
	if len(faults) > 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, faults, want)
	}
}

func TestAllFaultsComeBackInTheOrderOfTheFile(t *testing.T) {
	_, faults := readShop("closes: soon\nname: bakre\nopne: true\nshelves: 1\nrooms: {front: {shelves: a}}\n")
	want := []string{
		`shop.yaml:1:1: tills: missing`,
		`shop.yaml:1:9: closes: "soon" is no duration, write such as 90s, 5m or 1h30m`,
		`shop.yaml:2:7: name: "bakre" is not known, did you mean baker?`,
		`shop.yaml:3:1: opne: unknown key, did you mean open?`,
		`shop.yaml:4:1: shelves: unknown key, did you mean rooms.<name>.shelves?`,
		`shop.yaml:5:26: rooms.front.shelves: want a list such as [a, b], got "a"`,
	}
	if got := strings.Split(faults.Err().Error(), "\n"); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestNoFaultsAreNoError(t *testing.T) {
	if err := (Faults{}).Err(); err != nil {
		t.Errorf("Err of no faults = %v", err)
	}
}
