package strictyaml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Fault is one thing that is wrong, or doubtful, in a file.
type Fault struct {
	File      string // as the user named it
	Line, Col int    // from 1; 0 when the fault has no place in the file
	Key       string // full dotted key, such as build.env.DB_URL; empty for the file as a whole
	Text      string
}

// String gives the fault as one line that editors and terminals can follow.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", f.Line, f.Col)
	}
	b.WriteString(": ")
	if f.Key != "" {
		b.WriteString(f.Key + ": ")
	}
	b.WriteString(f.Text)
	return b.String()
}

// Faults are all that is wrong in a file, in the order of the file. As
// an error it reads one per line. A caller answers it with exit status 2.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// Err gives the faults as an error in the order of the file, nil when there is
// none: a Faults value that is empty would not be a nil error.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return f
}

// A Source knows where the keys of one file stand. The zero value knows none.
type Source struct {
	file string
	at   map[string]place // by dotted key
}

type place struct{ line, col int }

// Fault makes the fault of a key. A key that is not in the file stands where
// the section that misses it does.
func (s Source) Fault(key, format string, args ...any) Fault {
	at, within, found := place{1, 1}, key, false
	for within != "" && !found {
		if p, ok := s.at[within]; ok {
			at, found = p, true
		}
		within = within[:max(0, strings.LastIndexByte(within, '.'))]
	}
	return Fault{File: s.file, Line: at.line, Col: at.col, Key: key, Text: fmt.Sprintf(format, args...)}
}

// Has tells whether the file holds the key.
func (s Source) Has(key string) bool {
	_, ok := s.at[key]
	return ok
}
