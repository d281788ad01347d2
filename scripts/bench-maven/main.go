// Command bench-maven takes examples/orders-maven from source to a pushed image
// three ways, in turns: with pipeline, with fabric8's docker-maven-plugin (as
// its documentation has it, and with one database for all modules), and with a
// shell script; then once more after a change to one class. The database is the
// stand-in, told to take 20 s to boot, and 10 s when it boots again. Each figure
// is one line:
//
//	RESULT <name> <value> <unit> goal <op><value> ok|short
//
// It exits with 1 when a figure is short. scripts/bench-maven.sh makes the
// images and finds the registry.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

func main() {
	b := &bench{}
	flag.StringVar(&b.registry, "registry", "", "host:port of an empty registry")
	flag.IntVar(&b.rounds, "rounds", 5, "how often everything is measured; the median counts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := b.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-maven:", err)
		os.Exit(1)
	}
}

type bench struct {
	registry string
	rounds   int
	dir      string // holds the projects
	short    bool
}

// A way from source to a pushed image.
type way struct {
	name    string
	fresh   bool // from nothing compiled
	project *project
	run     func(context.Context, int) error
	took    []float64 // seconds, by round
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "bench-maven-*"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := b.pushBase(ctx); err != nil {
		return err
	}
	ways, runs, err := b.ways(ctx)
	if err != nil {
		return err
	}
	for round := range b.rounds + 1 { // the first one fills all caches
		for _, w := range ways {
			took, err := w.project.timed(ctx, w, round)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			if round > 0 {
				w.took = append(w.took, took)
			}
			fmt.Printf("round %d  %-16s %6.2f s  load %s\n", round, w.name, took, load())
		}
		if round > 0 {
			if err := runs.read(ways[0].project, ways[0].took); err != nil {
				return err
			}
		}
	}
	return b.report(ways, runs)
}

func (b *bench) report(ways []*way, runs *steps) error {
	took := map[string][]float64{}
	for _, w := range ways {
		took[w.name] = w.took
	}
	fmt.Printf("medians of %d: compile %.2f s, boot %.2f s, tests %.2f s, image build %.2f s, push %.2f s\n", b.rounds,
		median(runs.compile), median(runs.boot), median(runs.test), median(runs.build), median(runs.push))
	for _, w := range ways {
		fmt.Printf("medians of %d: %s %.2f s\n", b.rounds, w.name, median(w.took))
	}
	fmt.Printf("beside fabric8 with one database for all modules, which its documentation does not show: %.3g\n",
		ratio(took["pipeline"], took["fabric8-shared"]))
	b.result("maven-overhead", median(runs.overhead), "s", 1.5)
	b.result("maven-shell", ratio(took["pipeline"], took["shell"]), "of-shell", 1.05)
	b.result("maven-fabric8", ratio(took["pipeline"], took["fabric8"]), "of-fabric8", 0.80)
	b.result("maven-one-class", ratio(took["pipeline-class"], took["shell-class"]), "of-shell", 0.70)
	if b.short {
		return errors.New("a figure is short of its goal")
	}
	return nil
}

// result prints a figure that has to be at most goal.
func (b *bench) result(name string, value float64, unit string, goal float64) {
	verdict := "ok"
	if value > goal {
		verdict, b.short = "short", true
	}
	fmt.Printf("RESULT %s %.3g %s goal <=%g %s\n", name, value, unit, goal, verdict)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// ratio is the median of the rounds' own ratios: both had the same neighbours.
func ratio(of, to []float64) float64 {
	ratios := make([]float64, len(of))
	for i := range of {
		ratios[i] = of[i] / to[i]
	}
	return median(ratios)
}
