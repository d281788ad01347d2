//go:build integration

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// whims are what differs from run to run, and what stands for it.
func whims() [][2]string {
	return [][2]string{
		{`(?m)^\d\d:\d\d:\d\d `, "12:00:00 "},
		{` +(?:\d+m)?\d+(?:\.\d+)?m?s\b`, " 1s"},
		{`\bSTORY-[A-Z0-9]+-[0-9a-f]+\b`, "RUN-ID"},
		{`\b127\.0\.0\.1:\d+\b`, "REGISTRY"},
		{`\bsha256:[0-9a-f]{64}\b`, "sha256:DIGEST"},
		{`\boracle-standin:\S+`, "IMAGE"},
		{`\bpipeline-story/\S+`, "IMAGE"},
		{`, pipeline dev\S*`, ", TOOL"},
		{`\b[0-9.]+ [kM]B\b`, "1 MB"},
		{`(?m)^.*warning: removed what a killed run had left: .*\n`, ""}, // another story has killed it
	}
}

// normal stdout|stderr [sorted|untailed]: what the last program wrote, without what
// differs from run to run, to be compared with a golden file.
func cmdNormal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: normal stdout|stderr [sorted|untailed]")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), ts.MkAbs("."), "$WORK")
	for _, whim := range whims() {
		text = regexp.MustCompile(whim[0]).ReplaceAllString(text, whim[1])
	}
	if slices.Contains(args[1:], "untailed") { // how far the log came before the end was heard of
		text = regexp.MustCompile(`(?m)^.*\] \| .*\n`).ReplaceAllString(text, "")
	}
	if slices.Contains(args[1:], "sorted") { // where two steps end at the same time
		lines := strings.SplitAfter(text, "\n")
		slices.Sort(lines)
		text = strings.Join(lines, "")
	}
	_, _ = fmt.Fprint(ts.Stdout(), text)
}
