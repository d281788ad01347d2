package haddock

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"time"
)

//go:embed config.go
var configSource string

const (
	durationPattern = `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	sizePattern     = `^[0-9]+[kKmMgG]?[iI]?[bB]?$`
	sharePattern    = `^[0-9]+%$`
)

// node is a part of a JSON schema.
type node = map[string]any

// Schema gives the JSON schema of haddock.yaml, for editors: its keys are the
// fields of Config, its descriptions their comments. Load is stricter.
func Schema() ([]byte, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", configSource, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("read the comments of config.go: %w", err)
	}
	s := schema{comments: comments(file)}
	root := s.object(reflect.TypeFor[Config]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "haddock.yaml"
	root["required"] = []string{"service", "environments"}
	text, err := json.MarshalIndent(root, "", "  ")
	return append(text, '\n'), err
}

// schema makes nodes from types.
type schema struct {
	comments map[string]string // by type, and by type and field
}

func (s schema) object(t reflect.Type) node {
	keys := node{}
	for field := range t.Fields() {
		name, ok := field.Tag.Lookup("yaml")
		if !ok || name == "-" {
			continue
		}
		value := s.value(field.Type)
		if text := s.comments[t.Name()+"."+field.Name]; text != "" {
			value["description"] = text
		}
		keys[name] = value
	}
	object := node{"type": "object", "properties": keys, "additionalProperties": false}
	switch t {
	case reflect.TypeFor[ServiceConfig]():
		object["required"] = []string{"name"}
	case reflect.TypeFor[Step]():
		object["required"] = []string{"percent"}
	case reflect.TypeFor[DrainConfig]():
		keys["deadline"].(node)["pattern"] = durationPattern[:1] + "never$|" + durationPattern
	}
	return object
}

func (s schema) value(t reflect.Type) node {
	object := func() node {
		n := s.object(t)
		if text := s.comments[t.Name()]; text != "" {
			n["description"] = text
		}
		return n
	}
	switch t {
	case reflect.TypeFor[time.Duration]():
		return node{"type": "string", "pattern": durationPattern}
	case reflect.TypeFor[int64]():
		return node{"type": []string{"string", "integer"}, "pattern": sizePattern}
	case reflect.TypeFor[AnalysisConfig]():
		return node{"anyOf": []node{{"const": "off"}, object()}}
	case reflect.TypeFor[Step]():
		return node{"anyOf": []node{{"type": "integer", "minimum": 1, "maximum": 100}, {"type": "string", "pattern": sharePattern}, object()}}
	case reflect.TypeFor[Environment]():
		return node{"anyOf": []node{{"type": "null"}, object()}}
	}
	switch t.Kind() {
	case reflect.Struct:
		return object()
	case reflect.Slice:
		return node{"type": "array", "minItems": 1, "items": s.value(t.Elem())}
	case reflect.Map:
		return node{"type": "object", "minProperties": 1, "additionalProperties": s.value(t.Elem())}
	case reflect.Int:
		return node{"type": "integer"}
	case reflect.Float64:
		return node{"type": "number"}
	case reflect.Bool:
		return node{"type": "boolean"}
	default:
		return node{"type": []string{"string", "number", "boolean"}} // text, however it looks
	}
}

// comments gives what stands beside the types and their fields.
func comments(file *ast.File) map[string]string {
	found := map[string]string{}
	for _, decl := range file.Decls {
		general, ok := decl.(*ast.GenDecl)
		if !ok || general.Tok != token.TYPE {
			continue
		}
		for _, spec := range general.Specs {
			declared, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			name := declared.Name.Name
			// "ProxyConfig is what ..." is "what ..." to whoever reads the file
			text := oneLineOf(general.Doc)
			for _, head := range []string{"A " + name, name} {
				text = strings.TrimPrefix(text, head+" ")
			}
			found[name] = strings.TrimPrefix(strings.TrimPrefix(text, "is "), "says ")
			fields, ok := declared.Type.(*ast.StructType)
			if !ok {
				continue
			}
			for _, field := range fields.Fields.List {
				for _, id := range field.Names {
					found[name+"."+id.Name] = oneLineOf(field.Comment)
				}
			}
		}
	}
	return found
}

func oneLineOf(group *ast.CommentGroup) string {
	return strings.Join(strings.Fields(group.Text()), " ")
}
