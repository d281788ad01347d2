package imagebuild

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// recipe is a parsed Dockerfile: enough of it to say which line a step is.
// Engines before 23 report a failing step by its name only.
type recipe struct {
	file   string // as errors name it
	stages []stage
	syntax string   // of the # syntax line, if any
	args   []string // NAME or NAME=default, of the arguments that a FROM may name
	escape rune
}

type stage struct {
	name  string // AS name, else stage-N
	base  string
	steps []instruction // what BuildKit counts as a step, in order
}

type instruction struct {
	keyword string // upper case
	text    string
	line    int
	heredoc bool
}

// isNumbered tells the instructions that BuildKit gives a number. A FROM has
// one only when it fetches an image.
func (r *recipe) isNumbered(keyword string) bool {
	switch keyword {
	case "RUN", "COPY", "ADD", "WORKDIR":
		return true
	case "FROM":
		last := len(r.stages) - 1
		base := r.stages[last].base
		return base != "scratch" && r.index(base, last) < 0
	}
	return false
}

func parseRecipe(c *Context) (*recipe, error) {
	file := c.Dockerfile
	if rel, err := filepath.Rel(c.Dir, file); err == nil && filepath.IsLocal(rel) {
		file = rel
	}
	parsed, err := parser.Parse(bytes.NewReader(c.recipe))
	if err != nil {
		return nil, &BuildError{Dockerfile: file, Line: lineOf(err), Reason: "cannot be parsed", Err: err}
	}
	r := &recipe{file: file, escape: parsed.EscapeToken}
	r.syntax, _, _, _ = parser.DetectSyntax(c.recipe)
	for _, node := range parsed.AST.Children {
		i := instruction{
			keyword: strings.ToUpper(node.Value), text: node.Original, line: node.StartLine,
			heredoc: len(node.Heredocs) > 0,
		}
		if i.keyword == "ARG" && len(r.stages) == 0 {
			for arg := node.Next; arg != nil; arg = arg.Next {
				r.args = append(r.args, arg.Value)
			}
		}
		if i.keyword == "FROM" {
			r.stages = append(r.stages, newStage(node, len(r.stages)))
		}
		if last := len(r.stages) - 1; last >= 0 && r.isNumbered(i.keyword) {
			r.stages[last].steps = append(r.stages[last].steps, i)
		}
	}
	return r, nil
}

func newStage(from *parser.Node, index int) stage {
	s := stage{name: "stage-" + strconv.Itoa(index)}
	if from.Next != nil {
		s.base = from.Next.Value
		if as := from.Next.Next; as != nil && strings.EqualFold(as.Value, "as") && as.Next != nil {
			s.name = strings.ToLower(as.Next.Value)
		}
	}
	return s
}

// base is the image that the target stage is made from in the end, with what
// these build arguments make of its name; empty when it is scratch, or cannot
// be told.
func (r *recipe) base(target string, args map[string]string) string {
	at := len(r.stages) - 1
	if target != "" {
		if i := r.index(target, len(r.stages)); i >= 0 {
			at = i
		}
	}
	values := r.values(args)
	for at >= 0 {
		base := r.expand(r.stages[at].base, values)
		if base == "scratch" {
			return ""
		}
		earlier := r.index(base, at)
		if earlier < 0 {
			return base
		}
		at = earlier
	}
	return ""
}

// values are the arguments before the first FROM as NAME=value, in the order
// in which one may name another.
func (r *recipe) values(args map[string]string) []string {
	var env []string
	for _, arg := range r.args {
		name, text, given := strings.Cut(arg, "=")
		if value, ok := args[name]; ok {
			text, given = value, true
		} else {
			text = r.expand(text, env)
		}
		if given {
			env = append(env, name+"="+text)
		}
	}
	return env
}

// expand puts values into a word as BuildKit does. It is empty for one that
// needs what only the engine knows.
func (r *recipe) expand(word string, values []string) string {
	found, err := shell.NewLex(r.escape).ProcessWordWithMatches(word, shell.EnvsFromSlice(values))
	for name := range found.Unmatched {
		if strings.HasPrefix(name, "TARGET") || strings.HasPrefix(name, "BUILD") {
			return ""
		}
	}
	if err != nil {
		return ""
	}
	return found.Result
}

// index finds a stage by name or number among the first n; -1 is none.
func (r *recipe) index(name string, n int) int {
	for i := n - 1; i >= 0; i-- {
		if strings.EqualFold(r.stages[i].name, name) || strconv.Itoa(i) == name {
			return i
		}
	}
	return -1
}

// find tells which instruction BuildKit means by a step's name, such as
// "[build 2/4] COPY go.mod ." or "[3/3] RUN make".
func (r *recipe) find(step string) (instruction, bool) {
	m := stepName().FindStringSubmatch(step)
	if m == nil {
		return instruction{}, false
	}
	number, err := strconv.Atoi(m[2])
	if err != nil || number < 1 {
		return instruction{}, false
	}
	keyword, _, _ := strings.Cut(strings.ToUpper(m[3]), " ")
	for i, s := range r.stages {
		// The steps of a Dockerfile with one stage go without its name.
		if m[1] != "" && m[1] != s.name && m[1] != "stage-"+strconv.Itoa(i) {
			continue
		}
		if number <= len(s.steps) && s.steps[number-1].keyword == keyword {
			return s.steps[number-1], true
		}
	}
	return r.findText(m[3])
}

// findText is for steps whose number does not fit, because a base image brought
// instructions of its own.
func (r *recipe) findText(text string) (instruction, bool) {
	want := strings.Join(strings.Fields(text), " ")
	for _, s := range r.stages {
		for _, i := range s.steps {
			if strings.Join(strings.Fields(i.text), " ") == want {
				return i, true
			}
		}
	}
	return instruction{}, false
}

func stepName() *regexp.Regexp {
	return regexp.MustCompile(`(?s)^\[(?:linux/\S+ )?(?:(\S+) )?(\d+)/\d+\] (.*)$`)
}

// lineOf takes the line out of the parser's error.
func lineOf(err error) int {
	m := regexp.MustCompile(`line (\d+)`).FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}
