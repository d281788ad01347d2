package report

import (
	"fmt"
	"strings"
	"time"
)

// length is a time as people read it: 0.2 s, 14 s, 2 min 5 s.
func length(d time.Duration) string {
	switch {
	case d > 0 && d < 100*time.Millisecond:
		return fmt.Sprintf("%d ms", max(1, d.Milliseconds()))
	case d < 10*time.Second:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	d = d.Round(time.Second)
	if d < time.Hour {
		return strings.TrimSuffix(fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second), " 0 s")
	}
	return strings.TrimSuffix(fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute), " 0 min")
}

// size is a number of bytes as people read it.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1e6:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/1e9)
}

// change is by how much a time differs from the one before; empty when nobody
// would notice.
func change(now, before time.Duration) string {
	diff := now - before
	if before == 0 || diff.Abs() < 100*time.Millisecond || diff.Abs()*20 < before {
		return ""
	}
	sign := "+"
	if diff < 0 {
		sign = "−"
	}
	return sign + length(diff.Abs())
}

// short is enough of a digest to tell it from others.
func short(digest string) string {
	if at := strings.IndexByte(digest, ':'); at >= 0 && len(digest) > at+13 {
		return digest[:at+13] + "…"
	}
	return digest
}

func date(t time.Time) string { return t.Format("2 January 2006, 15:04:05 MST") }

// count is a number of something.
func count(n int, what string) string { return fmt.Sprintf("%d %s", n, what) }
