package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/junit"
)

const sec = time.Second

// green is the page of a run that has published an image.
func green() Page {
	return Page{
		Project: "orders", Version: "1.4.2", RunID: "SHOP-ORDERS-BLD-42-5f0c21aa", Build: "SHOP-ORDERS-BLD-42",
		URL: "https://bamboo.example.com/browse/SHOP-ORDERS-BLD-42", Stages: []string{"itest", "image"}, Tool: "pipeline 0.3.0",
		Started: time.Date(2026, 11, 22, 20, 51, 2, 0, time.UTC), Took: 64 * sec,
		Steps: []Step{
			{Name: "prepare", End: 400 * time.Millisecond},
			{Name: "compile", Start: 400 * time.Millisecond, End: 17 * sec, Log: "logs/compile.log"},
			{Name: "oracle-start", Start: 410 * time.Millisecond, End: 2 * sec},
			{Name: "oracle-wait", Start: 2010 * time.Millisecond, End: 21 * sec, Log: "logs/oracle.log"},
			{Name: "test", Start: 21010 * time.Millisecond, End: 49 * sec, Log: "logs/test.log", Result: "128 tests, 0 failed, 2 flaky"},
			{Name: "oracle-stop", Start: 49 * sec, End: 50 * sec},
			{Name: "proof", Start: 50 * sec, End: 50200 * time.Millisecond},
			{Name: "image-build", Start: 50210 * time.Millisecond, End: 61 * sec, Log: "logs/image-build.log"},
			{Name: "image-push", Start: 61010 * time.Millisecond, End: 64 * sec, Result: "released"},
		},
		Phases: []Phase{
			{"starting up", 2010 * time.Millisecond, 4 * sec},
			{"unpacking its data files", 4 * sec, 9 * sec},
			{"mounting the database", 9 * sec, 12 * sec},
			{"opening the database", 12 * sec, 18500 * time.Millisecond},
			{"answering", 18500 * time.Millisecond, 21 * sec},
		},
		Database: Database{Image: "gvenzl/oracle-free:23.26.0-slim-faststart", Digest: "sha256:3b1f6a0d4e5c7789aa12bb34cc56dd78ee90ff12a3b4c5d6e7f8091a2b3c4d5e"},
		Tests: junit.Report{
			Totals:  junit.Totals{Total: 128, Skipped: 4, Flaky: 2, Time: 96 * sec},
			Flakes:  []junit.Case{{Class: "shop.orders.PoolIT", Name: "survivesADeadConnection", Message: "expected a connection within 2 s", Text: "java.lang.AssertionError: expected a connection within 2 s\n\tat shop.orders.PoolIT.survivesADeadConnection(PoolIT.java:41)"}},
			Slowest: slow(10),
		},
		Image: Image{
			Repository: "registry.example.com/shop/orders", Tag: "1.4.2-42", Digest: "sha256:9d1e0c2b4a6f8877665544332211ffeeddccbbaa00998877665544332211aabb", Compared: true,
			Layers: []Layer{{"debian:13-slim", 74800000, true}, {"RUN apt-get install -y --no-install-recommends openjdk-17-jre-headless", 181300000, true}, {"COPY target/app/lib/ /app/lib/", 32100000, true}, {"COPY target/app/classes/ /app/classes/", 412000, false}},
		},
		Facts:  []Fact{{"Branch", "main"}, {"Commit", "4f2a9c1be07d"}, {"Agent", "ci-agent-7"}, {"Engine", "Docker 29.1.3, overlay2"}, {"Java", "17.0.13"}, {"System", "Debian GNU/Linux 13, 8 processors, 32 GB"}},
		Files:  []File{{"summary.md", 1480}, {"release.json", 911}, {"TEST-pipeline.xml", 1204}, {"events.ndjson", 18400}, {"logs/compile.log", 40211}, {"logs/oracle.log", 9120}, {"logs/test.log", 1840210}, {"logs/image-build.log", 20480}},
		Before: &Run{RunID: "SHOP-ORDERS-BLD-41", Finished: time.Date(2026, 11, 22, 19, 12, 44, 0, time.UTC), Took: 71 * sec, Tests: 127, Size: 288000000, Steps: map[string]time.Duration{"compile": 16 * sec, "test": 34 * sec, "image-build": 11 * sec, "oracle-wait": 19 * sec}},
	}
}

func slow(n int) []junit.Case {
	var cases []junit.Case
	for i := range n {
		cases = append(cases, junit.Case{Class: "shop.orders.OrdersIT", Name: fmt.Sprintf("placesAnOrderOfEveryKind%d", i), Time: time.Duration(9000-800*i) * time.Millisecond})
	}
	return cases
}

// red is the page of a run whose tests have failed.
func red() Page {
	p := green()
	p.Took, p.Steps, p.Image = 50*sec, p.Steps[:6], Image{}
	p.Steps[4].Failed = "OrdersIT.placesAnOrder: ORA-00942: table or view does not exist (and 2 more of 128 tests failed)"
	p.Failure = &Failure{Step: "test", Cause: p.Steps[4].Failed, Log: "logs/test.log", Again: "pipeline run --stage=itest", Diagnosis: "diagnosis/index.txt"}
	p.Files = append(p.Files, File{"diagnosis/index.txt", 912})
	p.Tests.Failed = 3
	trace := "java.sql.SQLSyntaxErrorException: ORA-00942: table or view \"ORDERS\".\"ORDER_LINES\" does not exist\n\tat oracle.jdbc.driver.T4CTTIoer11.processError(T4CTTIoer11.java:702)\n\tat shop.orders.Orders.place(Orders.java:88)\n\tat shop.orders.OrdersIT.placesAnOrder(OrdersIT.java:57)"
	p.Tests.Failures = []junit.Case{
		{Class: "shop.orders.OrdersIT", Name: "placesAnOrder", Type: "java.sql.SQLSyntaxErrorException", Message: "could not execute statement <insert>", Text: trace, ORA: "ORA-00942: table or view does not exist", File: "domain/target/failsafe-reports/TEST-shop.orders.OrdersIT.xml"},
		{Class: "shop.orders.OrdersIT", Name: "paysAnOrder", Message: "ORA-00060: deadlock detected while waiting for resource", ORA: "ORA-00060: deadlock detected while waiting for resource", Text: "at shop.orders.Orders.pay(Orders.java:120)"},
		{Class: "shop.web.OrderHandlerIT", Name: "answers404", Message: "expected: 404 but was: 500", Text: "org.opentest4j.AssertionFailedError: expected: 404 but was: 500\n\tat shop.web.OrderHandlerIT.answers404(OrderHandlerIT.java:33)"},
	}
	p.Said = map[string][]string{"shop.orders.OrdersIT.paysAnOrder": {"20:51:41.204 ORA-00060: Deadlock detected. See Note 60.1 at My Oracle Support for Troubleshooting ORA-60 Errors."}}
	p.Warnings = []string{"build argument NPM_TOKEN looks like a secret, but everyone who has the image can read it in the history"}
	p.Before.Red = []string{"shop.orders.OrdersIT.placesAnOrder", "shop.orders.ProductsIT.findsAll"}
	return p
}

// refused is the page of a run whose database has failed while it compiled.
func refused() Page {
	p := green()
	p.Took, p.Steps, p.Image, p.Tests, p.Phases = 22*sec, p.Steps[:4], Image{}, junit.Report{}, p.Phases[:4]
	p.Steps[1].End, p.Steps[1].Stopped = 21001*time.Millisecond, "stopped, because oracle-wait failed"
	p.Files = append(p.Files, File{"diagnosis/index.txt", 912})
	p.Steps[3].Failed = "database not ready after 19s: its log reports a failed start while opening the database"
	p.Failure = &Failure{Step: "oracle-wait", Cause: p.Steps[3].Failed, Log: "logs/oracle.log", Again: "pipeline run --stage=itest", Diagnosis: "diagnosis/index.txt"}
	return p
}

// interrupted is the page of a run that somebody ended during its tests.
func interrupted() Page {
	p := green()
	p.Took, p.Steps, p.Image, p.Tests = 40*sec, p.Steps[:5], Image{}, junit.Report{}
	p.Steps[4].Failed, p.Steps[4].Result = "interrupted by SIGINT", ""
	p.Failure = &Failure{Step: "test", Cause: p.Steps[4].Failed, Log: "logs/test.log", Again: "pipeline run --stage=itest", Interrupted: true}
	return p
}

func write(t *testing.T, p Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestThePageSaysFirstWhatHappened(t *testing.T) {
	for name, tt := range map[string]struct {
		page Page
		want []string // in this order
	}{
		"green":       {green(), []string{"Passed", "1.4.2-42 is published", "1 min 4 s", "−7 s", "Timeline", "17 s saved by overlap", "Tests", "2 flaky", "shop.orders.</small><wbr><b>PoolIT.survivesADeadConnection", "Slowest", "Database", "opening the database", "Image", "74.8 MB", "COPY target/app/classes/", "412.0 kB", "4f2a9c1be07d", `href="logs/test.log"`}},
		"red":         {red(), []string{"Failed in test", "ORA-00942", `href="logs/test.log"`, "pipeline run --stage=itest", "3 failed", "placesAnOrder", "could not execute statement &lt;insert&gt;: ORA-00942", "OrdersIT.paysAnOrder", "<mark>new</mark>", "Deadlock detected", "answers404", "not any more", "ProductsIT.findsAll", "Timeline", "Warnings", "NPM_TOKEN"}},
		"database":    {refused(), []string{"<title>failed: orders, oracle-wait", "Failed in oracle-wait", `href="diagnosis/index.txt"`, `href="logs/oracle.log"`, "of waiting for the database, in vain", "Timeline", "stopped, because oracle-wait failed"}},
		"interrupted": {interrupted(), []string{"<title>interrupted: orders, test", `class="is-failed is-interrupted"`, "Interrupted in test", "interrupted by SIGINT", "Timeline", "</span>interrupted"}},
		"empty":       {Page{Project: "orders"}, []string{"Passed", "Surroundings"}},
	} {
		rest := write(t, tt.page)
		for _, want := range tt.want {
			_, after, found := strings.Cut(rest, want)
			if !found {
				t.Fatalf("%s: %q is not there, or not in its place; there is %.2000s", name, want, rest)
			}
			rest = after
		}
	}
}

func TestThePageIsWellFormedAndNeedsNothingElse(t *testing.T) {
	for name, p := range map[string]Page{"green": green(), "red": red(), "empty": {}} {
		text := write(t, p)
		decoder := xml.NewDecoder(strings.NewReader(text))
		decoder.Strict, decoder.AutoClose, decoder.Entity = false, append(xml.HTMLAutoClose, "wbr"), xml.HTMLEntity
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			element, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			if slices.Contains([]string{"script", "img", "iframe"}, element.Name.Local) {
				t.Errorf("%s has a <%s>", name, element.Name.Local)
			}
			for _, a := range element.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "src" || strings.Contains(a.Value, "ZgotmplZ") {
					t.Errorf("%s: <%s %s=%q>", name, element.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
		if strings.Contains(text, "@import") || strings.Contains(text, "url(") {
			t.Errorf("%s loads something", name)
		}
	}
}

func TestWhatTestsSayIsTextAndNothingElse(t *testing.T) {
	const evil = `</pre><script>alert(1)</script><a href="javascript:alert(1)">x</a>`
	p := Page{
		Project: evil, Version: evil, Build: evil, URL: "javascript:alert(1)", Failure: &Failure{Step: evil, Cause: evil, Log: "javascript:alert(1)", Again: evil},
		Steps: []Step{{Name: evil, Failed: evil, End: sec}}, Phases: []Phase{{Name: evil}}, Database: Database{Image: evil},
		Tests: junit.Report{Totals: junit.Totals{Total: 1, Failed: 1}, Failures: []junit.Case{{Name: evil, Message: evil, Text: evil, File: evil}}},
		Image: Image{Layers: []Layer{{Name: evil, Size: 1}}}, Warnings: []string{evil}, Facts: []Fact{{evil, evil}}, Files: []File{{"javascript:alert(1)", 1}},
	}
	if text := write(t, p); strings.Contains(text, "<script>") || strings.Contains(text, `"javascript:`) || strings.Contains(text, `<a href="java`) {
		t.Errorf("a test has written markup:\n%s", text)
	}
}

func TestThePageIsBounded(t *testing.T) {
	p := red()
	p.Tests.Total, p.Tests.Failed = 5000, 4000
	p.Tests.Failures = nil
	for i := range 200 {
		p.Tests.Failures = append(p.Tests.Failures, junit.Case{
			Class: "shop.orders." + strings.Repeat("Long", 20), Name: fmt.Sprintf("test%d", i),
			Message: strings.Repeat("<&>", 300), Text: strings.Repeat("<\"at\">\n", 2300),
		})
		p.Image.Layers = append(p.Image.Layers, Layer{Name: strings.Repeat("RUN ", 500)})
		p.Said[p.Tests.Failures[i].ID()] = []string{strings.Repeat("ORA-00060 ", 100)}
	}
	text := write(t, p)
	if len(text) > 300_000 {
		t.Errorf("the page has %d bytes", len(text))
	}
	if !strings.Contains(text, "Failed too") || !strings.Contains(text, " more</p>") {
		t.Error("the page does not say that it is not whole")
	}
	t.Logf("the page of a run with 4000 failed tests has %d bytes", len(text))
}

func TestTheCriticalPathIsWhatTheRunWaitedFor(t *testing.T) {
	p := green()
	got := map[string]bool{}
	for i, on := range path(p.Steps) {
		got[p.Steps[i].Name] = on
	}
	for _, s := range p.Steps {
		if want := s.Name != "compile"; got[s.Name] != want {
			t.Errorf("%s: on the path %v, want %v", s.Name, got[s.Name], want)
		}
	}
	for i, on := range path(refused().Steps) {
		if name := refused().Steps[i].Name; on != (name != "compile") {
			t.Errorf("%s: on the path of a failed database %v", name, on)
		}
	}
	p.Steps[1].End, p.Steps[4].Start = 30*sec, 30*sec // now the tests wait for compile
	for i, on := range path(p.Steps) {
		if name := p.Steps[i].Name; on == (name == "oracle-start" || name == "oracle-wait") {
			t.Errorf("%s: on the path %v", name, on)
		}
	}
}

func TestTestsThatBeganBeforeTheDatabaseAnsweredWaitedForIt(t *testing.T) {
	p := green() // prepare, compile, oracle-start, oracle-wait, test
	wait, test := &p.Steps[3], &p.Steps[4]
	test.Start, test.Held = p.Steps[1].End, wait.End
	for i, on := range path(p.Steps) {
		if name := p.Steps[i].Name; on == (name == "compile") {
			t.Errorf("%s: on the path %v", name, on)
		}
	}
	g := draw(p)
	bar := g.Bars[4]
	if end := bar.Left + bar.Held; bar.Held <= 0 || end < g.Bars[3].Left+g.Bars[3].Width-0.1 || bar.Held >= bar.Width {
		t.Errorf("the tests are drawn as %+v, the wait as %+v", bar, g.Bars[3])
	}
	if text := write(t, p); !strings.Contains(text, `class="held"`) {
		t.Error("the page does not show that they waited")
	}
}

func TestTheDrawingKeepsWithinItsFrame(t *testing.T) {
	for _, p := range []Page{green(), red(), {Steps: []Step{{Name: "prepare"}}}} {
		g := draw(p)
		if len(g.Bars) != len(p.Steps) || len(g.Ticks) == 0 || len(g.Ticks) > 8 {
			t.Errorf("%d bars for %d steps, %d ticks", len(g.Bars), len(p.Steps), len(g.Ticks))
		}
		for _, b := range g.Bars {
			if b.Left < 0 || b.Width <= 0 || b.Left+b.Width > 100.01 {
				t.Errorf("%+v", b)
			}
		}
	}
}

func TestFiguresAreWhatPeopleRead(t *testing.T) {
	for got, want := range map[string]string{
		length(0): "0 s", length(31 * time.Millisecond): "31 ms", length(240 * time.Millisecond): "0.2 s", length(14400 * time.Millisecond): "14 s", length(125 * sec): "2 min 5 s",
		length(2 * time.Hour): "2 h", length(61 * time.Minute): "1 h 1 min",
		size(12): "12 B", size(4100): "4.1 kB", size(21_500_000): "21.5 MB", size(1_500_000_000): "1.50 GB",
		change(34*sec, 28*sec): "+6 s", change(28*sec, 34*sec): "−6 s", change(sec, 0): "", change(100*sec, 99*sec): "",
		short("sha256:0123456789abcdef"): "sha256:0123456789ab…",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTheNextRunIsComparedWithWhatWasKept(t *testing.T) {
	kept := red().Keep()
	if kept.Failed != "test" || kept.Steps["compile"] == 0 || kept.Steps["test"] != 0 || len(kept.Red) != 3 || kept.Tests != 128 {
		t.Errorf("kept %+v", kept)
	}
	if size := green().Keep().Size; size != 288612000 {
		t.Errorf("size %d", size)
	}
}
