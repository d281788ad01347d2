package pipeline

import _ "embed"

//go:embed pipeline.schema.json
var schemaText []byte

// Schema is the JSON Schema (draft 7) of pipeline.yaml, for editors. What it
// accepts is not yet sound: Load looks at values together too.
func Schema() []byte { return schemaText }
