package engine

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzReadPush reads any bytes as what an engine says of a push.
func FuzzReadPush(f *testing.F) {
	f.Add([]byte(`{"status":"Pushing","id":"4b2c","progressDetail":{"current":1,"total":2}}` + "\n" + `{"aux":{"Digest":"sha256:1","Size":5}}`))
	f.Add([]byte(`{"errorDetail":{"message":"denied"},"error":"denied"}`))
	f.Add([]byte(`{"status":1}{`))
	f.Fuzz(func(t *testing.T, data []byte) {
		pushed, err := readPush(bytes.NewReader(data), func(line string) {
			if line == "" {
				t.Error("progress without a word")
			}
		})
		if err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Error("an error without a word")
		}
		if err == nil && pushed.Digest == "" && pushed.Size != 0 {
			t.Errorf("got %+v", pushed)
		}
	})
}
