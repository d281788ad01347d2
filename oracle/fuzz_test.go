package oracle

import (
	"strings"
	"testing"
	"time"
)

// FuzzProperties reads any text as oracle.properties, and what was written as
// it was meant.
func FuzzProperties(f *testing.F) {
	dir, c, shop := f.TempDir(), kept(), shop()
	c.cfg.Shards = 2
	if err := c.Save(dir, &shop); err != nil {
		f.Fatal(err)
	}
	var all properties
	saved, err := readProperties(dir + "/" + PropertiesFile)
	if err != nil {
		f.Fatal(err)
	}
	for key, value := range saved {
		all.set(key, value)
	}
	f.Add(all.String(), "a\\b\nc\\n")
	f.Add(strings.Replace(all.String(), "oracle.shards=2", "oracle.shards=9", 1), "x=y\r")
	f.Add("#a=b\n=\n\\\\n=\\", "")
	f.Fuzz(func(t *testing.T, text, value string) {
		if c, err := restored(parseProperties([]byte(text)), Config{}); err == nil {
			_ = c.schemas[:max(1, c.cfg.Shards)]
		}
		var p properties
		p.set("key", value)
		p.set("next", "untouched")
		if got := parseProperties(p.Bytes()); got["key"] != value || got["next"] != "untouched" || len(got) != 2 {
			t.Errorf("%q became %q", value, got)
		}
	})
}

// FuzzBootLog reads any text as the log of a container. A stream that is opened
// again brings lines that were read before: they count once.
func FuzzBootLog(f *testing.F) {
	f.Add("2026-11-22T01:02:03.000000004Z CONTAINER: starting up...\n2026-11-22T01:02:03.000000004Z DATABASE IS READY TO USE!\n")
	f.Add("2026-11-22T01:02:03Z ORA-00600: internal error\nno time\n2026-11-22T01:02:02Z DATABASE STARTUP FAILED!")
	f.Add("2026-11-22T01:02:03Z \n\xff\x00 \n 9999-99-99T00:00:00Z x")
	f.Fuzz(func(t *testing.T, text string) {
		fol := &follower{
			mask: strings.NewReplacer(), seen: &history{}, ready: make(chan struct{}), failed: make(chan struct{}),
			boot: bootLog{phase: Created},
		}
		var stamped []string
		for line := range strings.SplitSeq(text, "\n") {
			fol.take(line)
			stamp, _, _ := strings.Cut(line, " ")
			if _, err := time.Parse(time.RFC3339Nano, stamp); err == nil {
				stamped = append(stamped, line)
			}
		}
		if len(fol.lines) > keptLines {
			t.Errorf("%d lines kept", len(fol.lines))
		}
		fol.from, fol.repeats, fol.lines = fol.last, fol.same, nil
		for _, line := range stamped {
			fol.take(line)
		}
		if len(fol.lines) > 0 {
			t.Errorf("read twice: %q", fol.lines)
		}
	})
}
