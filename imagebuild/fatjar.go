package imagebuild

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// thinJar is what a jar without its libraries may weigh at most.
const thinJar = 2 << 20

// A FatJar is a COPY that puts a whole Java program into one layer: a changed
// class is sent, stored and pulled with all libraries then.
type FatJar struct {
	Line    int    // of the COPY
	Source  string // as the Dockerfile names it
	Layered string // the Dockerfile with a layer for the libraries and one for the classes
}

// FindFatJar looks for a fat jar in the last stage of a Java project's
// Dockerfile. A jar that lies there and is thin, and a Dockerfile that takes
// the jar apart itself, are fine.
func FindFatJar(dir, dockerfile string) (FatJar, bool) {
	c, err := OpenContext(dir, dockerfile)
	if err != nil || bytes.Contains(c.recipe, []byte("jarmode")) || bytes.Contains(c.recipe, []byte("BOOT-INF")) {
		return FatJar{}, false
	}
	parsed, err := parser.Parse(bytes.NewReader(c.recipe))
	if err != nil {
		return FatJar{}, false
	}
	last := parsed.AST.Children
	for i, node := range slices.Backward(last) {
		if strings.EqualFold(node.Value, "FROM") {
			last = last[i+1:]
			break
		}
	}
	at := slices.IndexFunc(last, func(n *parser.Node) bool { return c.jarOf(n) != "" })
	if at < 0 {
		return FatJar{}, false
	}
	source := c.jarOf(last[at])
	return FatJar{Line: last[at].StartLine, Source: source, Layered: c.layered(last, last[at], source)}, true
}

// jarOf is the fat jar that an instruction copies, or empty.
func (c *Context) jarOf(n *parser.Node) string {
	if keyword := strings.ToUpper(n.Value); (keyword != "COPY" && keyword != "ADD") || n.Next == nil || n.Next.Next == nil || n.Next.Next.Next != nil {
		return ""
	}
	source := n.Next.Value
	folder := path.Base(path.Dir(source))
	isJar := strings.HasSuffix(source, ".jar") || regexp.MustCompile(`(?i)^\$\{?jar`).MatchString(source)
	if !isJar || slices.Contains([]string{"lib", "dependency", "dependencies"}, folder) {
		return ""
	}
	for _, flag := range n.Flags {
		if strings.HasPrefix(flag, "--from=") { // out of another stage: nobody can look into it yet
			return source
		}
	}
	found, err := filepath.Glob(filepath.Join(globText(c.Dir), filepath.FromSlash(source)))
	if err != nil || len(found) == 0 {
		return source // not built yet
	}
	if slices.ContainsFunc(found, isFat) {
		return source
	}
	return ""
}

// isFat tells a jar that carries its libraries.
func isFat(name string) bool {
	in, err := zip.OpenReader(name)
	if err != nil {
		return false
	}
	defer in.Close()
	if slices.ContainsFunc(in.File, func(f *zip.File) bool { return strings.HasSuffix(f.Name, ".jar") }) {
		return true
	}
	info, err := os.Stat(name)
	return err == nil && info.Size() > thinJar
}

// layered rewrites the last stage: the COPY of the jar becomes two, and what
// starts the jar starts its main class.
func (c *Context) layered(stage []*parser.Node, jar *parser.Node, source string) string {
	lines := strings.Split(strings.TrimRight(string(c.recipe), "\n"), "\n")
	replaced := map[int]string{}
	replace := func(n *parser.Node, text string) {
		for line := n.StartLine; line <= n.EndLine; line++ {
			replaced[line] = ""
		}
		replaced[n.StartLine] = text
	}
	flags := strings.Join(append(slices.Clone(jar.Flags), ""), " ")
	target := path.Dir(source)
	if strings.Contains(source, "$") || path.Base(target) == "libs" {
		target = "target"
	}
	replace(jar, fmt.Sprintf("COPY %s%s /app/libs\nCOPY %s%s /app/classes", flags, target+"/dependency", flags, target+"/classes"))
	for _, n := range stage {
		if keyword := strings.ToUpper(n.Value); keyword != "ENTRYPOINT" && keyword != "CMD" || !strings.Contains(n.Original, "-jar") {
			continue
		}
		replace(n, strings.ToUpper(n.Value)+" "+start(n, c.mainClass(source)))
	}
	var out []string
	for i, line := range lines {
		text, changed := replaced[i+1]
		switch {
		case !changed:
			out = append(out, line)
		case text != "":
			out = append(out, text)
		}
	}
	return strings.Join(out, "\n") + "\n"
}

// start is the command that starts a class, with the arguments that the jar
// was started with.
func start(n *parser.Node, class string) string {
	words := []string{"java", "-jar"}
	if n.Attributes["json"] {
		words = nil
		for arg := n.Next; arg != nil; arg = arg.Next {
			words = append(words, arg.Value)
		}
	}
	at := slices.Index(words, "-jar")
	if at < 0 {
		words, at = []string{"java", "-jar"}, 1
	}
	rest := words[min(at+2, len(words)):]
	words = slices.Concat(words[:at], []string{"-cp", "/app/classes:/app/libs/*", class}, rest)
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	if out.Encode(words) != nil {
		return ""
	}
	return strings.ReplaceAll(strings.TrimSpace(text.String()), `","`, `", "`)
}

func (c *Context) mainClass(source string) string {
	found, err := filepath.Glob(filepath.Join(globText(c.Dir), filepath.FromSlash(source)))
	if err == nil {
		for _, name := range found {
			if class := classOf(name, "Start-Class"); class != "" {
				return class
			}
		}
		if class := mainClassOf(found); class != "" {
			return class
		}
	}
	return "com.example.Main"
}
