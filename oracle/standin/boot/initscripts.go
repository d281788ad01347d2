package boot

import (
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/boot/sqlplus"
)

// runScripts runs a folder of the user's scripts. Errors in SQL are printed
// and swallowed; a shell script that fails ends the container.
func (l *Life) runScripts(ctx context.Context, dir string) error {
	path := filepath.Join(l.cfg.Root, dir)
	if entries, err := os.ReadDir(path); err != nil || len(entries) == 0 {
		return nil //nolint:nilerr // a folder that is not there holds no scripts
	}
	if l.cfg.Script.Flavour == Oracle {
		return l.runOracleScripts(ctx, path)
	}
	l.out.line("\nCONTAINER: Executing user-defined scripts...")
	if err := l.runFolder(ctx, path); err != nil {
		return err
	}
	l.out.line("CONTAINER: DONE: Executing user-defined scripts.\n")
	return nil
}

// runOracleScripts does the same as Oracle's own image: in one folder, packed
// scripts unknown, and no failure ends the container.
func (l *Life) runOracleScripts(ctx context.Context, dir string) error {
	const program = "/opt/oracle/runUserScripts.sh"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read scripts: %w", err)
	}
	l.out.line("\nExecuting user defined scripts")
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		run := map[string]func(context.Context, string) error{".sql": l.runSQL, ".sh": l.source}[filepath.Ext(path)]
		if run == nil {
			l.out.line("%s: ignoring %s\n", program, path)
			continue
		}
		l.out.line("%s: running %s", program, path)
		err := run(ctx, path)
		if _, failed := errors.AsType[exitError](err); err != nil && !failed {
			return err
		}
		l.out.line("")
	}
	l.out.line("DONE: Executing user defined scripts\n")
	return nil
}

func (l *Life) source(ctx context.Context, path string) error { return l.shell(ctx, path, true) }

// runFolder runs the scripts of a folder and of those in it, by name.
func (l *Life) runFolder(ctx context.Context, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read scripts: %w", err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if err := l.runScript(ctx, filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
		l.out.line("")
		if err := l.trap(); err != nil {
			return err
		}
	}
	return nil
}

func (l *Life) runScript(ctx context.Context, path string) error {
	run := func(verb string, do func() error) error {
		l.out.line("\nCONTAINER: %s %s ...", verb, path)
		if err := do(); err != nil {
			return err
		}
		l.out.line("CONTAINER: DONE: %s %s", verb, path)
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("look at script: %w", err)
	case strings.HasSuffix(path, ".sh"):
		if info.Mode()&0o111 == 0 {
			return run("sourcing", func() error { return l.shell(ctx, path, true) })
		}
		return run("running", func() error { return l.shell(ctx, path, false) })
	case strings.HasSuffix(path, ".sql"):
		return run("running", func() error { return l.runSQL(ctx, path) })
	case strings.HasSuffix(path, ".sql.gz"):
		return run("running", func() error { return l.runPacked(ctx, path, gunzip) })
	case strings.HasSuffix(path, ".sql.zip"):
		return run("running", func() error { return l.runPacked(ctx, path, unzip) })
	case info.IsDir():
		return run("descending into", func() error { return l.runFolder(ctx, path) })
	}
	l.out.line("\nCONTAINER: ignoring %s", path)
	return nil
}

// runSQL runs a file as "echo exit | sqlplus -s / as sysdba @file" does. Only
// a script that asks for it (WHENEVER SQLERROR EXIT) can end the container.
func (l *Life) runSQL(ctx context.Context, path string) error {
	status := sqlplus.Run(ctx, l.instance(), sqlplus.Invocation{
		Args: []string{"-s", "/", "as", "sysdba", "@" + path}, Stdin: strings.NewReader("exit\n"), Stdout: l.out,
	})
	if status != 0 {
		return exitError{status}
	}
	return nil
}

func (l *Life) runPacked(ctx context.Context, path string, unpack func(string) (io.Reader, error)) error {
	text, err := unpack(path)
	if err != nil {
		l.out.line("%v", err)
		return exitError{1}
	}
	status := sqlplus.Run(ctx, l.instance(), sqlplus.Invocation{
		Args: []string{"-s", "/", "as", "sysdba"}, Stdin: text, Stdout: l.out,
	})
	if status != 0 {
		return exitError{status}
	}
	return nil
}

func gunzip(path string) (io.Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	packed, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", path, err)
	}
	return readAll(packed, path)
}

func unzip(path string) (io.Reader, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", path, err)
	}
	defer func() { _ = archive.Close() }()
	var parts []io.Reader
	for _, entry := range archive.File {
		file, err := entry.Open()
		if err != nil {
			return nil, fmt.Errorf("unpack %s: %w", path, err)
		}
		part, err := readAll(file, path)
		_ = file.Close()
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return io.MultiReader(parts...), nil
}

// maxScript bounds what an archive may unpack to.
const maxScript = 256 << 20

func readAll(from io.Reader, path string) (io.Reader, error) {
	var text strings.Builder
	n, err := io.Copy(&text, io.LimitReader(from, maxScript+1))
	if err == nil && n > maxScript {
		err = fmt.Errorf("more than %d MiB", maxScript>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", path, err)
	}
	return strings.NewReader(text.String()), nil
}

// statusNoInterpreter is bash's for a script whose interpreter is missing.
const statusNoInterpreter = 126

// shell runs a shell script where there is something to run it with; the
// stand-in's own image has no shell.
func (l *Life) shell(ctx context.Context, path string, source bool) error {
	interpreter := "/bin/bash"
	if !source {
		interpreter = shebang(path)
	}
	if _, err := os.Stat(interpreter); err != nil {
		l.out.line("%s: %s: bad interpreter: no such file (the FAKE stand-in has no shell)", path, interpreter)
		return exitError{statusNoInterpreter}
	}
	argv := []string{path}
	if source {
		argv = []string{interpreter, path}
	}
	status, err := l.cfg.Start(ctx, argv, l.out)
	if err != nil {
		l.out.line("%v", err)
		return exitError{statusNoInterpreter}
	}
	if status != 0 {
		return exitError{status}
	}
	return nil
}

// shebang is the program that the script's first line names.
func shebang(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return "/bin/sh"
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 256)
	n, _ := io.ReadFull(file, head) // a short script is no error
	first, _, _ := strings.Cut(string(head[:n]), "\n")
	line, found := strings.CutPrefix(first, "#!")
	if fields := strings.Fields(line); found && len(fields) > 0 {
		return fields[0]
	}
	return "/bin/sh"
}
