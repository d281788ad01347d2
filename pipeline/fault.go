package pipeline

import "github.com/haddock-ci/pipeline/internal/strictyaml"

// A Fault is one thing that is wrong, or doubtful, in pipeline.yaml.
type Fault = strictyaml.Fault

// Faults are all that is wrong in pipeline.yaml, in the order of the file. As
// an error it reads one per line. A caller answers it with exit status 2.
type Faults = strictyaml.Faults

// source knows where the keys of one pipeline.yaml stand.
type source = strictyaml.Source
