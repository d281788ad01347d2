//go:build integration

package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// probe is a script that the browser runs in a copy of the page. It opens
// everything, then measures: how well each text stands out from what is behind
// it, what is wider than the window, and where the links lead.
const probe = `
for (const d of document.querySelectorAll('details')) d.open = true;
const parse = c => { const m = c.match(/[\d.]+/g).map(Number); return {r: m[0], g: m[1], b: m[2], a: m.length > 3 ? m[3] : 1}; };
const channel = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); };
const light = c => 0.2126 * channel(c.r) + 0.7152 * channel(c.g) + 0.0722 * channel(c.b);
const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a === 1) return c; } return {r: 255, g: 255, b: 255}; };
let worst = 99, where = '', texts = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || e.closest('style,script,title')) continue;
  const style = getComputedStyle(e), fore = parse(e.namespaceURI.endsWith('svg') ? style.fill : style.color);
  const a = light(fore), b = light(behind(e)), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  texts++;
  if (ratio < worst) { worst = ratio; where = e.tagName + '.' + e.className + ': ' + walker.currentNode.textContent.trim().slice(0, 40); }
}
const wide = [...document.querySelectorAll('body *')].filter(e => !e.closest('.wide') && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + '.' + (e.className.baseVal ?? e.className));
const small = [...document.querySelectorAll('body *')].filter(e => e.textContent.trim() && parseFloat(getComputedStyle(e).fontSize) < 10).map(e => e.tagName);
const out = document.createElement('pre');
out.id = 'measured';
out.textContent = JSON.stringify({worst, where, texts, wide: [...new Set(wide)], small: [...new Set(small)], width: innerWidth, scroll: document.documentElement.scrollWidth,
  dark: matchMedia('(prefers-color-scheme: dark)').matches, links: [...document.links].map(a => a.getAttribute('href'))});
document.body.append(out);
`

type measured struct {
	Worst         float64
	Where         string
	Texts         int
	Wide, Small   []string
	Width, Scroll int
	Dark          bool
	Links         []string
}

// browser runs Chromium on a page and returns what it prints on stdout and
// stderr.
func browser(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = cmp.Or(path, found)
		}
	}
	if path == "" {
		t.Fatal("these tests need a browser: scripts/browser.sh installs Chromium")
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{
		"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--disable-extensions",
		"--disable-background-networking", "--enable-logging=stderr", "--user-data-dir=" + t.TempDir(),
	}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	return out.String(), errs.String()
}

// laid is a folder with both pages, the files that they link to, and a page that
// shows and measures all of them, wide and narrow.
func laid(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var frames strings.Builder
	frames.WriteString("<!doctype html><body>")
	for name, p := range map[string]Page{"green": green(), "red": red(), "refused": refused(), "interrupted": interrupted()} {
		page := write(t, p)
		// The probe is a script, which the page's own policy refuses.
		probed := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(page, "")
		probed = strings.Replace(probed, "</body>", "<script>"+probe+"</script></body>", 1)
		// No window is as narrow as a phone, but a frame within one is.
		for _, width := range []int{1200, 390} {
			fmt.Fprintf(&frames, `<iframe style="width:%dpx;height:900px" srcdoc="%s" onload="
				const m = document.importNode(this.contentDocument.getElementById('measured'), true);
				m.title = '%s %d'; document.body.append(m)"></iframe>`, width, html.EscapeString(probed), name, width)
		}
		for file, text := range map[string]string{name + ".html": page, "frames.html": frames.String()} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range p.Files {
			path := filepath.Join(dir, filepath.FromSlash(f.Path))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("here\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func scheme(dark bool) string {
	if dark {
		return "--blink-settings=preferredColorScheme=0"
	}
	return "--blink-settings=preferredColorScheme=1"
}

// TestThePageIsReadableInABrowser measures both pages, light and dark, wide and
// narrow.
func TestThePageIsReadableInABrowser(t *testing.T) {
	dir := laid(t)
	for _, dark := range []bool{false, true} {
		out, log := browser(t, scheme(dark), "--window-size=1280,960", "--dump-dom", "file://"+filepath.Join(dir, "frames.html"))
		found := regexp.MustCompile(`(?s)<pre id="measured" title="([^"]+)">(.*?)</pre>`).FindAllStringSubmatch(out, -1)
		if len(found) != 8 {
			t.Fatalf("the browser has measured %d of 8 pages:\n%s", len(found), log)
		}
		for _, one := range found {
			t.Run(fmt.Sprintf("%s dark %v", one[1], dark), func(t *testing.T) {
				var m measured
				if err := json.Unmarshal([]byte(html.UnescapeString(one[2])), &m); err != nil {
					t.Fatal(err)
				}
				if m.Dark != dark || !strings.HasSuffix(one[1], fmt.Sprintf(" %d", m.Width)) || m.Texts < 60 {
					t.Fatalf("the page was not shown as asked: %+v", m)
				}
				m.check(t, dir)
			})
		}
	}
}

// check wants the contrast that WCAG asks for ordinary text, nothing that
// leaves the window or is too small, and links that lead to something.
func (m measured) check(t *testing.T, dir string) {
	t.Helper()
	if m.Worst < 4.5 {
		t.Errorf("a contrast of %.2f at %s", m.Worst, m.Where)
	}
	if len(m.Wide) > 0 || m.Scroll > m.Width {
		t.Errorf("wider than the window: %v, %d of %d", m.Wide, m.Scroll, m.Width)
	}
	if len(m.Small) > 0 {
		t.Errorf("too small to read: %v", m.Small)
	}
	for _, link := range m.Links {
		if strings.Contains(link, "://") {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, link)); err != nil {
			t.Errorf("a link leads nowhere: %v", err)
		}
	}
	t.Logf("lowest contrast %.2f (%s) of %d texts, %d links", m.Worst, m.Where, m.Texts, len(m.Links))
}

// TestTheBrowserHasNothingToComplainAbout opens the pages as they are; UPDATE=1
// also keeps how they look in docs/report.
func TestTheBrowserHasNothingToComplainAbout(t *testing.T) {
	dir := laid(t)
	var all sync.WaitGroup
	for _, shot := range []struct {
		page          string
		width, height int
		dark          bool
	}{{"green", 1100, 1500, false}, {"red", 390, 1500, true}} {
		all.Go(func() {
			picture := filepath.Join(dir, fmt.Sprintf("%s-%d.png", shot.page, shot.width))
			_, log := browser(t, scheme(shot.dark), fmt.Sprintf("--window-size=%d,%d", shot.width, shot.height), "--screenshot="+picture, "file://"+filepath.Join(dir, shot.page+".html"))
			if strings.Contains(log, "CONSOLE") {
				t.Errorf("%s: %s", shot.page, log)
			}
			png, err := os.ReadFile(picture)
			if err != nil || len(png) < 20_000 {
				t.Errorf("%s: %d bytes, %v", shot.page, len(png), err)
			}
			if os.Getenv("UPDATE") != "" {
				to := filepath.Join("..", "..", "docs", "report", filepath.Base(picture))
				if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
					t.Error(err)
				}
				if err := os.WriteFile(to, png, 0o644); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
