// Command bench-image measures what the image stage costs, on a real engine
// and a real registry. Each figure is one line:
//
//	RESULT <name> <value> <unit> goal <op><value> ok|short
//
// It exits with 1 when a figure is short. scripts/bench-image.sh starts the
// registry and builds the program that is measured.
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
	"time"
)

// rounds is how often everything is measured; the median counts. Times that
// are compared are taken in one round, so that both have the same neighbours.
const rounds = 7

func main() {
	b := &bench{}
	flag.StringVar(&b.program, "pipeline", "", "the stripped program")
	flag.StringVar(&b.registry, "registry", "", "host:port of an empty registry")
	push := flag.String("push", "", "push this image ID alone; for the bench itself")
	tag := flag.String("tag", "", "tag for -push")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if *push != "" {
		err = pushOnce(ctx, b.registry, *push, *tag)
	} else {
		err = b.run(ctx)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-image:", err)
		os.Exit(1)
	}
}

type bench struct {
	program, registry string
	dir               string // holds the projects
	short             bool
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "bench-image-*"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	for _, measure := range []func(context.Context) error{b.size, b.preflight, b.java, b.repush, b.context} {
		if err := measure(ctx); err != nil {
			return err
		}
	}
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

func (b *bench) size(context.Context) error {
	info, err := os.Stat(b.program)
	if err != nil {
		return err
	}
	b.result("binary-size", float64(info.Size())/1e6, "MB", 30)
	return nil
}

func seconds(do func() error) (float64, error) {
	started := time.Now()
	err := do()
	return time.Since(started).Seconds(), err
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// ratio is the median of the rounds' own ratios.
func ratio(of, to []float64) float64 {
	ratios := make([]float64, len(of))
	for i := range of {
		ratios[i] = of[i] / to[i]
	}
	return median(ratios)
}
