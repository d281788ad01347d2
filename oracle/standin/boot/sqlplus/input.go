package sqlplus

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// input is a source of lines: standard input or a script file.
type input struct {
	lines *bufio.Reader
	file  string            // empty for standard input
	args  map[string]string // &1, &2 ... of a script
}

func newInput(from io.Reader, file string, args []string) *input {
	in := &input{lines: bufio.NewReader(from), file: file, args: map[string]string{}}
	for i, arg := range args {
		in.args[string(rune('1'+i))] = arg
	}
	return in
}

// next reads a line from the innermost source that has one. The prompt shows
// only for standard input, as with the real program.
func (s *shell) next(prompt string) (string, bool) {
	for len(s.inputs) > 0 {
		in := s.inputs[len(s.inputs)-1]
		if in.file == "" && !s.silent {
			s.printf("%s", prompt)
		}
		line, err := in.lines.ReadString('\n')
		if err == nil || line != "" {
			return strings.TrimRight(line, "\r\n"), true
		}
		s.inputs = s.inputs[:len(s.inputs)-1]
	}
	return "", false
}

// open puts a script file on top of the inputs.
func (s *shell) open(name string, args []string) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.dir, path)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && filepath.Ext(path) == "" {
		text, err = os.ReadFile(path + ".sql")
	}
	if err != nil || len(s.inputs) > 20 {
		s.printf("SP2-0310: unable to open file \"%s\"\n", name)
		s.react(s.onOS)
		return
	}
	s.inputs = append(s.inputs, newInput(bytes.NewReader(text), path, args))
}

// sibling is the path of a file next to the script that is being read (@@).
func (s *shell) sibling(name string) string {
	if top := s.inputs[len(s.inputs)-1]; top.file != "" && !filepath.IsAbs(name) {
		return filepath.Join(filepath.Dir(top.file), name)
	}
	return name
}
