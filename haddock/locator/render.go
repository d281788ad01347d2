package locator

import (
	"bytes"
	_ "embed"
	"fmt"
	"strconv"
	"text/template"
	"time"
)

//go:embed haproxy.cfg.tmpl
var cfgTemplate string

// Render returns the haproxy.cfg that haddock needs, with comments for the
// people who operate it. The same Config always gives the same bytes.
func Render(c Config) ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("render haproxy.cfg: %w", err)
	}
	page, err := template.New("haproxy.cfg").Funcs(template.FuncMap{"time": haproxyTime}).Option("missingkey=error").Parse(cfgTemplate)
	if err != nil {
		return nil, fmt.Errorf("render haproxy.cfg: %w", err)
	}
	c = c.WithDefaults()
	view := struct {
		Config
		Preview      string
		FastInterval time.Duration // while a slot's state is changing
	}{c, PreviewHeader, min(c.CheckInterval, max(c.CheckInterval*2/5, 50*time.Millisecond).Truncate(time.Millisecond))}
	var text bytes.Buffer
	if err := page.Execute(&text, view); err != nil {
		return nil, fmt.Errorf("render haproxy.cfg: %w", err)
	}
	return text.Bytes(), nil
}

// haproxyTime writes a duration with one unit, the largest that fits: 31m, 90s,
// 500ms.
func haproxyTime(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if d >= unit.length && d%unit.length == 0 {
			return strconv.FormatInt(int64(d/unit.length), 10) + unit.name
		}
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
}
