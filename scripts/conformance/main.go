// Command conformance reads what drivers answered to the questions of
// features.txt, prints one table, writes it to a page and ends with status 1
// when an answer is wrong.
//
// usage: conformance FOLDER PAGE
package main

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

//go:embed features.txt
var featureList string

const (
	verdictOK    = "ok"
	verdictNot   = "3001"
	verdictNone  = "n/a"
	verdictWrong = "wrong"
)

// An answer is a driver's verdict on one feature.
type answer struct{ verdict, note string }

// A driver is one column of the table.
type driver struct {
	name, version, runtime string
	skipped                string // why it was not asked
	answers                map[string]answer
}

// A feature is one row.
type feature struct{ name, text string }

var errWrong = errors.New("some answers are wrong")

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: conformance FOLDER PAGE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(folder, page string) error {
	drivers, err := read(folder)
	if err != nil {
		return err
	}
	features := parseFeatures(featureList)
	table(features, drivers)
	asked := slices.DeleteFunc(slices.Clone(drivers), func(d driver) bool { return d.skipped != "" })
	if len(asked) == len(drivers) {
		if err := os.WriteFile(page, []byte(markdown(features, asked, time.Now())), 0o644); err != nil {
			return fmt.Errorf("write page: %w", err)
		}
	}
	return results(features, drivers)
}

func parseFeatures(list string) []feature {
	var out []feature
	for line := range strings.Lines(list) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), "\t")
		out = append(out, feature{name, text})
	}
	return out
}

func read(folder string) ([]driver, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.tsv"))
	if err != nil || len(files) == 0 {
		return nil, errors.Join(err, fmt.Errorf("no answers in %s", folder))
	}
	var out []driver
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read answers: %w", err)
		}
		out = append(out, parse(strings.TrimSuffix(filepath.Base(file), ".tsv"), string(text)))
	}
	return out, nil
}

// parse reads lines of a name, a verdict and a note.
func parse(name, text string) driver {
	d := driver{name: name, answers: map[string]answer{}}
	for line := range strings.Lines(text) {
		part := strings.SplitN(strings.TrimRight(line, "\n")+"\t\t", "\t", 3)
		note := strings.TrimRight(part[2], "\t")
		switch part[0] {
		case "driver":
			_, d.version, _ = strings.Cut(part[1], " ")
			d.runtime = note
		case "skipped":
			d.skipped = cmp.Or(note, "it could not be had")
		default:
			d.answers[part[0]] = answer{part[1], note}
		}
	}
	return d
}

// of is the driver's answer; a question that was not answered is wrong.
func (d driver) of(f feature) answer {
	if a, ok := d.answers[f.name]; ok {
		return a
	}
	return answer{verdictWrong, "not answered"}
}

func table(features []feature, drivers []driver) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	line := []string{""}
	for _, d := range drivers {
		line = append(line, d.name)
	}
	_, _ = fmt.Fprintln(w, strings.Join(line, "\t"))
	for _, f := range features {
		line = []string{f.name}
		for _, d := range drivers {
			if d.skipped != "" {
				line = append(line, "")
				continue
			}
			line = append(line, d.of(f).verdict)
		}
		_, _ = fmt.Fprintln(w, strings.Join(line, "\t"))
	}
	_ = w.Flush()
}

// results prints a line per driver and its wrong answers.
func results(features []feature, drivers []driver) error {
	var failed error
	for _, d := range drivers {
		if d.skipped != "" {
			fmt.Printf("SKIPPED %s: %s\n", d.name, d.skipped)
			continue
		}
		count := map[string]int{}
		for _, f := range features {
			a := d.of(f)
			count[a.verdict]++
			if a.verdict == verdictWrong {
				fmt.Printf("WRONG %s %s: %s\n", d.name, f.name, a.note)
			}
		}
		state := "ok"
		if count[verdictWrong] > 0 {
			state, failed = "short", errWrong
		}
		fmt.Printf("RESULT conformance-%s-ok %d features goal >=1 ok\n", d.name, count[verdictOK])
		fmt.Printf("RESULT conformance-%s-wrong %d features goal =0 %s\n", d.name, count[verdictWrong], state)
	}
	return failed
}
