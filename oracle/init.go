package oracle

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// initRoot is where the scripts are put in the container.
const initRoot = "/tmp/pipeline-init"

// endOfScript is what sqlplus prints when it has come to a script's end. It does
// not when the script has left it in the middle of a statement: the line is part
// of that then, and the statement is never run.
const endOfScript = "pipeline: end of the script"

// exits finds a script that ends sqlplus by itself.
var exits = regexp.MustCompile(`(?im)^\s*(exit|quit)\b`)

// checkInit finds faults before a container is started for nothing.
func checkInit(files []string) error {
	var errs []error
	for _, file := range files {
		if !filepath.IsAbs(file) {
			errs = append(errs, fmt.Errorf("init script %s: not an absolute path", file))
			continue
		}
		if !strings.HasSuffix(file, ".sql") && !strings.HasSuffix(file, ".sql.gz") && !strings.HasSuffix(file, ".sh") {
			errs = append(errs, fmt.Errorf("init script %s: neither .sql nor .sql.gz nor .sh", file))
			continue
		}
		info, err := os.Stat(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("init script: %w", err))
		} else if !info.Mode().IsRegular() {
			errs = append(errs, fmt.Errorf("init script %s: not a file", file))
		}
	}
	return errors.Join(errs...)
}

// A script is one init script with its text, unpacked.
type script struct {
	file string // on this side
	path string // in the container
	text []byte
	sys  bool // it is run as SYS
	exit bool // it, or one that it may call, ends sqlplus by itself
}

// runInit runs the init scripts, one after the other, in the container: those
// of SYS, then the others as the first schema's user, or as each shard's. A shell
// script is run once, since it has no user. The first error ends it.
func (c *Container) runInit(ctx context.Context, in *instance, deadline time.Time) error {
	scripts, err := c.readInit()
	if err != nil || len(scripts) == 0 {
		return err
	}
	bounded, cancel := context.WithDeadlineCause(ctx, deadline, errNoAnswer)
	defer cancel()
	if err := c.docker.upload(bounded, in.id, scripts); err != nil {
		return c.initFailed(ctx, bounded, scripts[0], fmt.Errorf("copy the init scripts: %w", err))
	}
	for i, s := range c.schemas[:max(1, c.cfg.Shards)] {
		for n, script := range scripts {
			if i > 0 && (script.sys || !script.isSQL()) {
				continue
			}
			who := s.User
			if script.sys {
				who = "SYS"
			}
			c.cfg.Events.Progress(fmt.Sprintf("init script %s (%d of %d) as %s", filepath.Base(script.file), n+1, len(scripts), who))
			if err := c.runScript(bounded, in, script, s); err != nil {
				return c.initFailed(ctx, bounded, script, err)
			}
		}
	}
	return nil
}

// readInit reads all init scripts, in the order in which they are run.
func (c *Container) readInit() ([]script, error) {
	return readScripts(slices.Concat(c.cfg.InitSys, c.cfg.Init), len(c.cfg.InitSys))
}

func (s script) isSQL() bool { return strings.HasSuffix(s.path, ".sql") }

// initFailed says what lies behind an error of a script: an interrupt, the
// timeout, the container's end, or nothing but the script itself.
func (c *Container) initFailed(ctx, bounded context.Context, s script, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("init script %s: %w", s.file, context.Cause(ctx))
	}
	if bounded.Err() != nil {
		e := &NotReadyError{Reason: Timeout, Phase: Initialising, Err: fmt.Errorf("init script %s has not ended", s.file)}
		c.complete(c.now(), e)
		return e
	}
	if died := c.Err(); died != nil {
		return died
	}
	return err
}

// readScripts reads the files; the first of them, by their number, are SYS's.
func readScripts(files []string, ofSys int) ([]script, error) {
	var folders []string
	scripts := make([]script, 0, len(files))
	for n, file := range files {
		text, err := readScript(file)
		if err != nil {
			return nil, fmt.Errorf("init script %s: %w", file, err)
		}
		// Scripts of one folder stay together, so that one can call another.
		folder := filepath.Dir(file)
		i := slices.Index(folders, folder)
		if i < 0 {
			i = len(folders)
			folders = append(folders, folder)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".gz")
		scripts = append(scripts, script{file: file, path: path.Join(initRoot, fmt.Sprint(i), name), text: text, sys: n < ofSys})
	}
	exit := slices.ContainsFunc(scripts, func(s script) bool { return s.isSQL() && exits.Match(s.text) })
	for i := range scripts {
		scripts[i].exit = exit
	}
	return scripts, nil
}

func readScript(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if !strings.HasSuffix(file, ".gz") {
		return io.ReadAll(f)
	}
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return text, nil
}

func (c *Container) runScript(ctx context.Context, in *instance, s script, as Schema) error {
	command, stdin := []string{"bash", s.path}, ""
	if s.isSQL() {
		command, stdin = []string{"sqlplus", "-S", "-L", "/nolog"}, c.sqlplusInput(in, s, as)
	}
	output, status, err := c.docker.exec(ctx, in.id, command, strings.NewReader(stdin))
	output, rest, ended := strings.Cut(output, endOfScript+"\n")
	output += rest
	in.log.note(output)
	if err != nil {
		return fmt.Errorf("init script %s: %w", s.file, err)
	}
	if e := findSQLError(output, s); e != nil {
		return e
	}
	if status != 0 {
		return &InitError{File: s.file, Message: fmt.Sprintf("%s ended with status %d%s", command[0], status, lastWords(output))}
	}
	if s.isSQL() && !ended && !s.exit {
		return &InitError{File: s.file, Message: "it ends inside a statement, which was not run: close it by a ; or, for PL/SQL, by a / in a line of its own"}
	}
	if strings.Contains(output, "with compilation errors") {
		c.cfg.Events.Warn(fmt.Sprintf("init script %s: an object was created with compilation errors", s.file))
	}
	return nil
}

// sqlplusInput is what sqlplus reads: the password comes this way, because
// everybody on the engine's host sees arguments.
func (c *Container) sqlplusInput(in *instance, s script, as Schema) string {
	at := "@//" + in.hostname + ":1521/" + c.cfg.Service
	logon := as.User + `/"` + as.Password.Reveal() + `"` + at
	if s.sys { // in the service's pluggable database too, not in the root
		logon = `SYS/"` + in.system.Reveal() + `"` + at + " AS SYSDBA"
	}
	return "WHENEVER OSERROR EXIT FAILURE ROLLBACK\n" +
		"WHENEVER SQLERROR EXIT FAILURE ROLLBACK\n" +
		"SET DEFINE OFF\n" + // an & in a text is an & in a text
		"SET SQLBLANKLINES ON\n" + // else a statement ends at a blank line, without having been run
		"CONNECT " + logon + "\n" +
		"@" + s.path + "\n" +
		"PROMPT " + endOfScript + "\n" +
		"COMMIT;\n" +
		"EXIT SUCCESS\n"
}

// findSQLError returns the first error in what sqlplus wrote about a script.
func findSQLError(output string, s script) error {
	var found sqlErrors
	for line := range strings.SplitSeq(output, "\n") {
		found.read(line)
	}
	if len(found.list) == 0 {
		return nil
	}
	e := found.list[0]
	e.File = s.file
	if e.Statement != "" {
		e.Line = onlyLine(string(s.text), e.Statement)
	}
	return &e
}

// onlyLine returns the number of the one line that reads like this; 0 when
// there is none or more than one.
func onlyLine(text, wanted string) int {
	found := 0
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line != wanted && strings.TrimRight(line, "; ") != wanted {
			continue
		}
		if found > 0 {
			return 0
		}
		found = i + 1
	}
	return found
}

// lastWords is the last line that a program wrote, for its error.
func lastWords(output string) string {
	for _, line := range slices.Backward(strings.Split(output, "\n")) {
		if line = strings.TrimSpace(line); line != "" {
			return ": " + line
		}
	}
	return ""
}
