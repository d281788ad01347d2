package console

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// escapes are the sequences by which programs move the cursor, set colours and
// titles.
var escapes = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])`)

// clean makes one line of what a program printed fit to be shown: no escape
// sequences, no control characters, of a progress bar its last state.
func clean(text string) string {
	text = strings.TrimRight(text, "\r\n ")
	if strings.IndexByte(text, 0x1b) >= 0 {
		text = escapes.ReplaceAllString(text, "")
	}
	if at := strings.LastIndexByte(text, '\r'); at >= 0 {
		text = text[at+1:]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r == utf8.RuneError:
			return '?'
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, text)
}

// ascii replaces what a terminal without UTF-8 would show as rubbish.
func ascii(text string) string {
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '?'
		}
		return r
	}, text)
}

// columns is how many cells the text takes.
func columns(text string) int {
	n := 0
	for _, r := range text {
		n += cells(r)
	}
	return n
}

func cells(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// fit cuts the text to at most so many cells, and shows that it did.
func fit(text string, limit int, mark string) string {
	if columns(text) <= limit {
		return text
	}
	room := limit - columns(mark)
	if room < 0 {
		return ""
	}
	for i, r := range text {
		if room -= cells(r); room < 0 {
			return strings.TrimRight(text[:i], " ") + mark
		}
	}
	return text
}

// pad fills the text up with spaces.
func pad(text string, size int) string {
	return text + strings.Repeat(" ", max(0, size-columns(text)))
}

// seconds prints a length of time as people read it: 0.8s, 14s, 2m5s.
func seconds(s float64) string { return length(time.Duration(s * float64(time.Second))) }

func length(d time.Duration) string {
	if d < 9950*time.Millisecond {
		return strings.TrimSuffix(strconv.FormatFloat(d.Seconds(), 'f', 1, 64), ".0") + "s"
	}
	return d.Round(time.Second).String()
}
