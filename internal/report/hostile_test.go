package report

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// hostile are texts that would be markup, were they not escaped for the place
// where they stand.
var hostile = map[string]string{
	"ends an attribute":      `"><script>alert(1)</script>`,
	"ends another attribute": `'><img src=x onerror=alert(1)>`,
	"adds an attribute":      `x" onmouseover="alert(1)" style="position:fixed`,
	"needs no quotes":        "x onmouseover=alert(1) `",
	"ends what it stands in": `</b></code></pre></title></style></svg></summary></details><iframe src=//evil.example.com>`,
	"ends a line":            "first\n\"><script>alert(1)</script>\n\n</pre><b onclick=x>",
	"a script for a link":    `javascript:alert(1)//"><script>`,
	"a script in disguise":   " \x01java\tscript:alert(1)",
	"a page for a link":      `data:text/html,<script>alert(1)</script>`,
	"a host for a link":      `//evil.example.com/"><script>`,
	"a link to the web":      `https://evil.example.com/" onclick="alert(1)`,
	"a style":                `100%;background:url(//evil.example.com)}</style><script>`,
	"a comment":              `<!-- --!> --> <![CDATA[ ]]> <?php`,
	"entities":               `&lt;script&gt;&#60;script&#62;&quot;&colon;`,
	"not text":               "\x00<\x00script>\xff\xfe<\xc0\xbcscript>\r\n\u2028<b>",
	"drawn in the page":      `<svg><g onload=alert(1)><script xlink:href="data:,alert(1)"/></g></svg><math><mtext><style><a title="</style><img src onerror=x>">`,
}

// fill puts a text into every string that v holds, each with a number of its
// own.
func fill(v reflect.Value, text string, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("%s%d", text, *n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n) * int64(time.Second))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text, n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 4, 4))
		for i := range v.Len() {
			fill(v.Index(i), text, n)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for _, field := range v.Fields() {
			fill(field, text, n)
		}
	case reflect.Map: // its keys are the IDs of tests and steps: see filled
	default:
		panic("a page has a " + v.Kind().String())
	}
}

// filled is a page that shows everything that a page can show, and every text
// of it is the one given.
func filled(text string, failed bool) Page {
	var p Page
	var n int
	fill(reflect.ValueOf(&p).Elem(), text, &n)
	p.Steps[0].Skipped, p.Steps[1].Failed, p.Steps[2].Failed, p.Steps[2].Skipped = "", "", "", ""
	p.Steps[3].Failed, p.Steps[3].Skipped, p.Steps[3].Result = "", "", ""
	p.Steps[0].Stopped, p.Steps[1].Stopped, p.Steps[3].Stopped = "", "", ""
	p.Before.Steps = map[string]time.Duration{p.Steps[0].Name: 3 * sec}
	p.Before.Tests, p.Image.Layers[1].Reused = 7, false
	p.Tests.Total, p.Tests.Failed, p.Tests.Flaky, p.Tests.Skipped = 100, 60, 2, 3
	for len(p.Tests.Failures) < 60 {
		c := p.Tests.Failures[len(p.Tests.Failures)%4]
		c.Name = fmt.Sprintf("%s n%d", c.Name, len(p.Tests.Failures))
		p.Tests.Failures = append(p.Tests.Failures, c)
	}
	p.Tests.Failures[1].ORA = ""
	p.Tests.Failures[2].ORA, p.Tests.Failures[2].Message = "", ""
	p.Said = map[string][]string{p.Tests.Failures[0].ID(): {text, text}}
	if !failed {
		p.Failure = nil
	}
	return p
}

// harmless is a text of the same length without a character that HTML knows.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("<>\"'&=`\x00!?[]", r) {
			return 'x'
		}
		return r
	}, text)
}

// A shape is what a page is made of without its texts: every element with the
// names of its attributes.
type shape struct {
	elements []string
	links    []string
	texts    string
	styles   []string
}

func shapeOf(t *testing.T, p Page) shape {
	t.Helper()
	root, err := html.Parse(strings.NewReader(write(t, p)))
	if err != nil {
		t.Fatal(err)
	}
	var s shape
	for n := range root.Descendants() {
		switch n.Type {
		case html.TextNode:
			s.texts += n.Data + "\n"
		case html.CommentNode:
			s.elements = append(s.elements, "a comment: "+n.Data)
		case html.ElementNode:
			s.add(n)
		}
	}
	return s
}

func (s *shape) add(n *html.Node) {
	element := "in " + n.Parent.Data + " " + n.Data
	for _, a := range n.Attr {
		element += " " + a.Key
		switch a.Key {
		case "href":
			s.links = append(s.links, a.Val)
		case "style":
			s.styles = append(s.styles, a.Val)
		case "aria-label", "content":
		default:
			element += "=" + a.Val
		}
	}
	s.elements = append(s.elements, element)
}

// TestNoTextBecomesMarkup fills all of a page with texts that would like to be
// markup: the page must have the same elements and attributes as one with
// harmless texts.
func TestNoTextBecomesMarkup(t *testing.T) {
	style := regexp.MustCompile(`^(width:[0-9.]+%|flex-grow:[0-9.]+)$`)
	for name, text := range hostile {
		for _, failed := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, failed %v", name, failed), func(t *testing.T) {
				got, want := shapeOf(t, filled(text, failed)), shapeOf(t, filled(harmless(text), failed))
				if !slices.Equal(got.elements, want.elements) {
					t.Errorf("the page has %d elements, with harmless texts %d; first %s", len(got.elements), len(want.elements), firstDifference(got.elements, want.elements))
				}
				for _, link := range got.links {
					to, err := url.Parse(link)
					if err != nil || !slices.Contains([]string{"", "http", "https"}, to.Scheme) && link != "data:," || to.Scheme == "" && to.Host != "" {
						t.Errorf("a link leads to %s (%v)", link, err)
					}
				}
				for _, s := range got.styles {
					if !style.MatchString(s) {
						t.Errorf("a style is %s", s)
					}
				}
			})
		}
	}
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("%q instead of %q", got[i], want[i])
		}
	}
	return "after the end of the shorter one"
}

// TestTheHostilePageShowsEverything keeps the test above honest: its page has
// every section, and shows every text but those that no page shows.
func TestTheHostilePageShowsEverything(t *testing.T) {
	const text = `"><script>`
	sections := map[string]bool{"timeline": true, "warnings": true, "tests": true, "database": true, "image": true, "before": true, "surroundings": true, "files": true}
	got := shapeOf(t, filled(text, true))
	for _, e := range got.elements {
		if _, id, found := strings.Cut(e, " section id="); found {
			delete(sections, id)
		}
	}
	if len(sections) > 0 {
		t.Errorf("the page does not have %v", slices.Collect(maps.Keys(sections)))
	}
	p := filled(text, true)
	for _, shown := range []string{
		p.Project, p.Version, p.RunID, p.Build, p.Tool, p.Failure.Step, p.Failure.Cause, p.Failure.Log, p.Failure.Again, p.Failure.Diagnosis, p.Steps[0].Name, p.Steps[0].Failed,
		p.Steps[1].Skipped, p.Steps[2].Stopped, p.Phases[3].Name, p.Database.Image, p.Database.Digest, p.Image.Repository, p.Image.Tag, p.Image.Digest, p.Image.Layers[2].Name,
		p.Warnings[1], p.Facts[0].Name, p.Facts[3].Value, p.Files[1].Path, p.Before.Failed, p.Before.Red[2], p.Tests.Failures[0].ORA, p.Tests.Failures[1].Message,
		p.Tests.Failures[2].Text, p.Tests.Failures[0].Class, p.Tests.Failures[3].Name, p.Tests.Failures[0].File, p.Tests.Failures[50].Name, p.Tests.Flakes[1].Text, p.Tests.Slowest[0].Name,
	} {
		if !strings.Contains(got.texts, shown) {
			t.Errorf("the page does not show %s", shown)
		}
	}
	for _, address := range []string{p.URL, p.Steps[2].Log} {
		if !slices.ContainsFunc(got.links, func(link string) bool {
			plain, err := url.PathUnescape(link)
			return err == nil && plain == address
		}) {
			t.Errorf("the page does not link to %s", address)
		}
	}
}
