package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// markdown writes the page.
func markdown(features []feature, drivers []driver, at time.Time) string {
	var b strings.Builder
	b.WriteString("# Drivers on the stand-in\n\n")
	fmt.Fprintf(&b, "Made by `make conformance` on %s: unmodified drivers, from their registries, asked the container of the\n", at.Format(time.DateOnly))
	b.WriteString("FAKE Oracle database. *ok*: the answer is Oracle's. *ORA-03001*: the stand-in says that it cannot.\n")
	b.WriteString("*-*: the driver has no such thing. A driver that hung, or was told anything else, would show as **wrong**.\n\n| |")
	for _, d := range drivers {
		fmt.Fprintf(&b, " %s |", d.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(drivers)) + "\n|version|")
	for _, d := range drivers {
		fmt.Fprintf(&b, " %s, %s |", d.version, d.runtime)
	}
	b.WriteString("\n")
	for _, f := range features {
		fmt.Fprintf(&b, "|%s|", f.text)
		for _, d := range drivers {
			fmt.Fprintf(&b, " %s |", cell(d.of(f).verdict))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n## What ORA-03001 stands for\n\n")
	for _, f := range features {
		if notes := refusals(f, drivers); len(notes) > 0 {
			fmt.Fprintf(&b, "- %s: %s\n", f.text, strings.Join(notes, "; "))
		}
	}
	return b.String()
}

func cell(verdict string) string {
	switch verdict {
	case verdictNot:
		return "ORA-03001"
	case verdictNone:
		return "-"
	case verdictWrong:
		return "**wrong**"
	}
	return verdict
}

// refusals are the different things that the stand-in said it cannot do.
func refusals(f feature, drivers []driver) []string {
	var notes []string
	for _, d := range drivers {
		a := d.of(f)
		_, what, said := strings.Cut(a.note, "ORA-03001: ")
		what = strings.TrimPrefix(what, "not in the stand-in: ")
		what, _, _ = strings.Cut(what, " Help: ")
		if a.verdict == verdictNot && said && !slices.Contains(notes, what) {
			notes = append(notes, what)
		}
	}
	return notes
}
