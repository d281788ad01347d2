package main

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/haddock-ci/pipeline/internal/console"
	"github.com/haddock-ci/pipeline/pipeline"
)

// console starts the console that the flags ask for. The caller closes it; what
// is written to a.stdout from here on closes it too, and comes after it.
func (a *app) console() (*console.Console, error) {
	look, err := a.look()
	if err != nil {
		return nil, err
	}
	out := a.stdout
	shown := console.New(out, look, func() (int, int) { return screenSize(out) })
	a.stdout = &afterwards{shown: shown, out: out}
	return shown, nil
}

// afterwards is stdout once a console has told all it has to tell: a screen
// would draw over what is written meanwhile.
type afterwards struct {
	shown *console.Console
	out   io.Writer
}

func (w *afterwards) Write(p []byte) (int, error) {
	w.shown.Close()
	return w.out.Write(p)
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
func screenSize(out io.Writer) (width, height int) {
	if file, ok := out.(*os.File); ok {
		if width, height, err := term.GetSize(int(file.Fd())); err == nil {
			return width, height
		}
	}
	return 80, 24
}
