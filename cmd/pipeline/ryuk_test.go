package main

import (
	"os"
	"testing"
)

// TestRows2And3RyukIsOffByItsOneSpelling: testcontainers-go's reaper removes a
// database that one process starts and another stops, and only this very word
// keeps it from that.
func TestRows2And3RyukIsOffByItsOneSpelling(t *testing.T) {
	const name = "TESTCONTAINERS_RYUK_DISABLED"
	for _, before := range []string{"", "1", "TRUE", "false"} {
		t.Setenv(name, before)
		if err := setUpTestcontainers(); err != nil {
			t.Fatal(err)
		}
		if got := os.Getenv(name); got != "true" {
			t.Errorf("%q became %q", before, got)
		}
	}
}
