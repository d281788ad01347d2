package main

import (
	"os"

	"golang.org/x/term"

	"github.com/haddock-ci/pipeline/internal/console"
	"github.com/haddock-ci/pipeline/pipeline"
)

// console starts the console that the flags ask for. The caller closes it.
func (a *app) console() (*console.Console, error) {
	look, err := a.look()
	if err != nil {
		return nil, err
	}
	a.shown = console.New(a.stdout, look, a.screenSize)
	return a.shown, nil
}

// look resolves --progress, --color and -v.
func (a *app) look() (console.Look, error) {
	wish := console.Wish{Progress: a.progress, Color: a.color, Verbose: a.verbose}
	file, ok := a.stdout.(*os.File)
	look, err := wish.Resolve(console.Surroundings{
		Terminal: ok && term.IsTerminal(int(file.Fd())), Vendor: a.detect().Vendor, Getenv: a.variable,
	})
	if err != nil {
		return look, &pipeline.UsageError{Text: err.Error()}
	}
	return look, nil
}

// screenSize is the terminal's now: it may be resized at any time.
func (a *app) screenSize() (width, height int) {
	if file, ok := a.stdout.(*os.File); ok {
		if width, height, err := term.GetSize(int(file.Fd())); err == nil {
			return width, height
		}
	}
	return 80, 24
}
