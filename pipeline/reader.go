package pipeline

import "github.com/haddock-ci/pipeline/internal/strictyaml"

// reader turns the nodes of pipeline.yaml into the fields of a Config.
type reader struct{ *strictyaml.Reader }

type (
	read  = strictyaml.Read
	check = strictyaml.Check
)

func quote(text string) string { return strictyaml.Quote(text) }

func indexed(key string, i int) string { return strictyaml.Indexed(key, i) }
