package haddock

import (
	"fmt"
	"path/filepath"
	"reflect"

	"go.yaml.in/yaml/v4"

	"github.com/haddock-ci/pipeline/internal/strictyaml"
)

// smallest is what the shortest complete haddock.yaml holds.
const smallest = "the smallest one has service.name and one environment, such as environments: {test: {}}"

// A Fault is one thing that is wrong, or doubtful, in haddock.yaml.
type Fault = strictyaml.Fault

// Faults are all that is wrong in haddock.yaml, in the order of the file. As
// an error it reads one per line. A caller answers it with exit status 2.
type Faults = strictyaml.Faults

// Load reads haddock.yaml, checks every line of it and fills in the defaults.
// What is wrong comes back all at once, as Faults; nothing outside the file is
// looked at.
func Load(path string) (Config, error) {
	file, err := filepath.Abs(path)
	if err != nil {
		return Config{}, fmt.Errorf("find %s: %w", path, err)
	}
	data, err := form().ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	c, faults := parse(path, data)
	if len(faults) > 0 {
		return Config{}, faults.Err()
	}
	c.File, c.Dir = file, filepath.Dir(file)
	return c, nil
}

func form() strictyaml.Form {
	return strictyaml.Form{Name: "haddock.yaml", Smallest: smallest, Keys: strictyaml.Keys(reflect.TypeFor[Config]())}
}

// parse turns the text into a Config with its defaults. It needs no file
// system, so that it can be fuzzed.
func parse(file string, data []byte) (Config, Faults) {
	read, root := form().Parse(file, data)
	r := &reader{read}
	c := preset()
	if root != nil {
		r.config(&c, root)
	}
	if root != nil && strictyaml.Resolve(root).Kind == yaml.MappingNode {
		r.needed(&c)
	}
	c.source = r.Source
	if len(r.Faults) == 0 {
		c.setDefaults()
		r.across(&c)
	}
	return c, r.Faults
}
