package markup

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func written(t *testing.T, n Node) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, n); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(b.String(), "<!doctype html>\n")
	if !ok {
		t.Fatalf("no doctype: %s", b.String())
	}
	return text
}

func TestNodesAreWrittenAsTheyAreBuilt(t *testing.T) {
	double := func(n int) Parts { return Parts{Number("y", n), El("b", Text("x"))} }
	for name, tt := range map[string]struct {
		node Node
		want string
	}{
		"nothing":                   {Node{}, ""},
		"an element":                {El("b", Text("1 < 2")), "<b>1 &lt; 2</b>"},
		"no content":                {El("i"), "<i></i>"},
		"void":                      {El("p", Text("a"), Void("wbr"), Text("b")), "<p>a<wbr>b</p>\n"},
		"attributes":                {El("g", Attr("open", ""), Text("t"), Class("a b"), ID("c"), Label(`"d"`)), `<g open class="a b" id="c" aria-label="&#34;d&#34;">t</g>` + "\n"},
		"numbers":                   {El("rect", Number("dy", -6), Percent("x", 33.333), Percent("y", 100)), `<rect dy="-6" x="33.33%" y="100.00%"></rect>`},
		"styles":                    {El("b", El("i", Wide(12.345)), El("i", Grow(1.5))), `<b><i style="width:12.35%"></i><i style="flex-grow:1.5"></i></b>`},
		"conditions":                {El("b", If(true, Class("yes"), Text("yes")), If(false, Class("no"), Text("no"))), `<b class="yes">yes</b>`},
		"each":                      {El("i", Each([]int{1, 2}, double)), `<i y="1" y="2"><b>x</b><b>x</b></i>`},
		"nodes without an element":  {El("b", Link("", Text("a"), Void("br"))), "<b>a<br></b>"},
		"text that looks like code": {El("title", Text("</title>\x00&amp;'+'")), "<title>&lt;/title&gt;\uFFFD&amp;amp;&#39;+&#39;</title>\n"},
		"a sheet":                   {Sheet(`a > b { content: "</style><script>" }`), `<style>a > b { content: "<\/style><script>" }</style>` + "\n"},
	} {
		if got := written(t, tt.node); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestALinkLeadsBesideThePageOrToTheWeb(t *testing.T) {
	for address, want := range map[string]string{
		"logs/test.log":                      "logs/test.log",
		"logs/a:b.log":                       "logs/a:b.log",
		"a b'(c)\".log":                      "a%20b%27%28c%29%22.log",
		"ü%20%zz":                            "%c3%bc%20%25zz",
		"?a=1&b=2#c":                         "?a=1&amp;b=2#c",
		"https://ci.example.com/browse/X-1":  "https://ci.example.com/browse/X-1",
		"HTTP://ci.example.com":              "HTTP://ci.example.com",
		`/\evil.example.com`:                 "/%5cevil.example.com",
		"/\t/evil.example.com":               "/%09/evil.example.com",
		"":                                   "",
		"//evil.example.com/":                "",
		"javascript:alert(1)":                "",
		"JavaScript:alert(1)":                "",
		" javascript:alert(1)":               "",
		"java\nscript:alert(1)":              "",
		"\x01javascript:alert(1)":            "",
		"data:text/html,<script>":            "",
		"vbscript:x":                         "",
		"file:///etc/passwd":                 "",
		"mailto:someone@example.com":         "",
		"a.log:javascript":                   "",
		"javascript&colon;alert(1)":          "javascript&amp;colon;alert%281%29",
		`"><script>alert(1)</script>`:        "%22%3e%3cscript%3ealert%281%29%3c/script%3e",
		"https:\"onmouseover=\"alert(1)":     "https:%22onmouseover=%22alert%281%29",
		"ht\ttps://ci.example.com/browse/X1": "",
	} {
		text := "text"
		if want != "" {
			text = `<a href="` + want + `">text</a>`
		}
		if got := written(t, Link(address, Text("text"))); got != text {
			t.Errorf("%q: got %s, want %s", address, got, text)
		}
	}
}

// FuzzOthersWordsStayWords reads a page back in which somebody else has chosen
// all that can be chosen.
func FuzzOthersWordsStayWords(f *testing.F) {
	for _, seed := range []string{"", "plain", `"><script>`, "</title>", "<!--", "]]>", "&lt;", "javascript:alert(1)", "\x00", "\xff<", "a\r\nb", "`'\"", "<svg/onload=x>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		page := El("html", El("head", El("title", Text(s))), El("body",
			El("p", Class(s), ID(s), Label(s), Text(s)), El("svg", El("g", El("title", Text(s)))), El("div", Link(s, Text(s))), Sheet(s)))
		root, err := html.Parse(strings.NewReader(written(t, page)))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for n := range root.Descendants() {
			if n.Type != html.ElementNode || n.Data == "a" {
				continue
			}
			names = append(names, n.Data)
			if n.Data != "p" && len(n.Attr) > 0 || len(n.Attr) > 3 {
				t.Errorf("%s has the attributes %v", n.Data, n.Attr)
			}
		}
		if got := strings.Join(names, " "); got != "html head title body p svg g title div style" {
			t.Errorf("the page has %s", got)
		}
	})
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAPageThatCannotBeWrittenIsAnError(t *testing.T) {
	if err := Write(full{}, El("p")); err == nil || err.Error() != "disk full" {
		t.Errorf("got %v", err)
	}
}
