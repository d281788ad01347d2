//go:build integration

package oracle

import (
	"fmt"
	"testing"
)

// result prints a figure, and fails the test when it is above its goal.
func result(t *testing.T, name string, value float64, unit string, goal float64) {
	t.Helper()
	verdict := "ok"
	if value > goal {
		verdict = "short"
		t.Errorf("%s is %.1f %s, want at most %g", name, value, unit, goal)
	}
	fmt.Printf("RESULT %s %.1f %s goal <=%g %s\n", name, value, unit, goal, verdict)
}
