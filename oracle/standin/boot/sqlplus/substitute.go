package sqlplus

import (
	"regexp"
	"slices"
	"strings"
)

var variable = regexp.MustCompile(`&&?([A-Za-z0-9_$#]+)\.?`)

// substitute puts in &variables. For one that is not defined the real program
// asks on standard input; so does this one, which in an init script means that
// the next line is eaten.
func (s *shell) substitute(text string) (string, bool) {
	if !s.set.define || !strings.Contains(text, "&") {
		return text, true
	}
	ok := true
	result := variable.ReplaceAllStringFunc(text, func(match string) string {
		name := strings.ToUpper(variable.FindStringSubmatch(match)[1])
		value, known := s.lookup(name)
		if !known && ok {
			s.printf("Enter value for %s: ", strings.ToLower(name))
			if value, ok = s.ask(); !ok {
				s.printf("SP2-0546: User requested Interrupt or EOF detected.\n")
			}
			if strings.HasPrefix(match, "&&") {
				s.defines[name] = value
			}
		}
		return value
	})
	if ok && s.set.verify && result != text {
		before, after := strings.Split(text, "\n"), strings.Split(result, "\n")
		for i := range min(len(before), len(after)) {
			if before[i] != after[i] {
				s.printf("old %3d: %s\nnew %3d: %s\n", i+1, before[i], i+1, after[i])
			}
		}
	}
	return result, ok
}

func (s *shell) lookup(name string) (string, bool) {
	for _, in := range slices.Backward(s.inputs) {
		if value, ok := in.args[name]; ok {
			return value, true
		}
	}
	value, ok := s.defines[name]
	return value, ok
}

// ask reads a line from standard input, below any scripts.
func (s *shell) ask() (string, bool) {
	if len(s.inputs) == 0 || s.inputs[0].file != "" {
		return "", false
	}
	line, err := s.inputs[0].lines.ReadString('\n')
	if err != nil && line == "" {
		return "", false
	}
	return strings.TrimRight(line, "\r\n"), true
}
