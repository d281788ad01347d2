package haddock

import (
	"maps"
	"strings"
	"testing"
)

// FuzzEnvFile reads any text as a file of NAME=value lines. What was read reads
// the same when it is written again, and no error quotes a line.
func FuzzEnvFile(f *testing.F) {
	f.Add([]byte("# comment\n\nA=1\r\n  B=\"x = y\"\nA=2\n"))
	f.Add([]byte("PASSWORD hunter2\n"))
	f.Add([]byte("A='\x00\nB='"))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := parseEnvFile(data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Errorf("%v names no line", err)
			}
			return
		}
		var text strings.Builder
		for name, value := range found {
			text.WriteString(name + "=" + value + "\r\n")
		}
		again, err := parseEnvFile([]byte(text.String()))
		if err != nil || !maps.Equal(again, found) {
			t.Errorf("%q became %q, %v", found, again, err)
		}
	})
}
