package pipeline

import (
	"fmt"
	"path/filepath"
	"reflect"

	"go.yaml.in/yaml/v4"

	"github.com/haddock-ci/pipeline/internal/strictyaml"
)

// maxConfig is the largest pipeline.yaml that is read.
const maxConfig = strictyaml.MaxSize

// smallest is the shortest complete pipeline.yaml, for those who have none.
const smallest = "the smallest one has name, oracle.image, build.test and image.repository"

// Load reads pipeline.yaml, checks every line of it and fills in the defaults.
// What is wrong comes back all at once, as Faults; nothing outside the file is
// looked at but a pom.xml beside it. Which keys must be there depends on the
// stages that shall run: see Config.Require.
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
	c.File, c.Dir = file, filepath.Dir(file)
	if len(faults) > 0 {
		return Config{}, faults.Err()
	}
	c.setDefaults()
	return c, nil
}

// CheckText tells what is wrong in the text of a pipeline.yaml, as Load would, but
// looks at nothing beside it.
func CheckText(name string, text []byte) error {
	_, faults := parse(name, text)
	return faults.Err()
}

// parse turns the text into a Config without its defaults. It needs no file
// system, so that it can be fuzzed.
func parse(file string, data []byte) (Config, Faults) {
	read, root := form().Parse(file, data)
	r := &reader{read}
	var c Config
	if root != nil {
		r.config(&c, root)
	}
	if root != nil && strictyaml.Resolve(root).Kind == yaml.MappingNode {
		r.across(&c)
	}
	c.source = r.Source
	return c, r.Faults
}

func form() strictyaml.Form {
	return strictyaml.Form{Name: "pipeline.yaml", Smallest: smallest, Keys: allKeys()}
}

// allKeys lists every key of pipeline.yaml, dotted, from the fields of Config.
func allKeys() []string { return strictyaml.Keys(reflect.TypeFor[Config]()) }
