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

func TestWhatIsNoDocumentIsSaidAtItsPlace(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"empty":             {"", "shop.yaml:1:1: is empty; name is enough"},
		"null":              {"~", "shop.yaml:1:1: is empty; name is enough"},
		"two documents":     {"name: baker\n---\nname: baker\n", "shop.yaml:3:1: a second document; shop.yaml is one, without ---"},
		"broken second":     {"name: baker\n---\n[", "shop.yaml:4:1: is no YAML: did not find expected node content"},
		"tab":               {"name: baker\n\ttills: 1\n", "shop.yaml:2:1: is no YAML: found a tab character that violates indentation (indent with spaces, never with a tab)"},
		"UTF-16":            {"\xff\xfea\x00", "shop.yaml:1:1: is UTF-16; save it as UTF-8"},
		"no UTF-8":          {"name: \xe4", "shop.yaml:1:7: byte 0xe4 is no UTF-8; save the file as UTF-8"},
		"control character": {"name: a\nx: \x07", "shop.yaml:2:4: control character 0x07"},
		"a list":            {"[a]", "shop.yaml:1:1: want keys and values, got a list"},
		"twice":             {"tills: 1\ntills: 2\n", "shop.yaml:2:1: tills: written twice, first in line 1"},
		"binary":            {"name: !!binary YQ==\ntills: 1\n", "shop.yaml:1:7: name: YAML tag !!binary is not understood here"},
		"endless merge":     {"tills: 1\nrooms: &r {<<: *r, a: {shelves: [b]}}\n", "shop.yaml:2:16: rooms: << brings in more than 1000 keys"},
	}
	for name, tt := range tests {
		_, faults := readShop(tt.text)
		if got := faults.Error(); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
	}
}

func TestChecksSayWhatToWrite(t *testing.T) {
	tests := map[string]struct{ got, want string }{
		"path, absolute":  {InnerPath("/a"), `"/a" is absolute; want it relative to the project's folder`},
		"path, home":      {InnerPath("~/a"), `"~/a": ~ has no meaning here; want it relative to the project's folder`},
		"path, leaving":   {InnerPath("a/../../b"), `"a/../../b" leaves the project's folder`},
		"path":            {InnerPath("a/./b"), ""},
		"glob":            {Glob("a/[b"), `"a/[b" is no pattern: a [ or \ is not closed`},
		"variable":        {EnvName("A-B"), "no name for an environment variable: want letters, digits and _"},
		"secret, dollar":  {SecretEnvName("${TOKEN}"), "want the name alone, write TOKEN"},
		"secret, a token": {SecretEnvName("ghp_abc"), "wants the name of an environment variable, never the secret itself, such as bamboo_registryPassword"},
		"word":            {OneOf("auto", "off")("sometimes"), `"sometimes" is not known, want auto or off`},
	}
	for name, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", name, tt.got, tt.want)
		}
	}
}
