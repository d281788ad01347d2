package oracle

import (
	"testing"
	"time"
)

func TestAClaimIsNotForEver(t *testing.T) {
	now := time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)
	for created, want := range map[string]bool{
		"2026-11-22T20:59:59.123456789Z": false, "2026-11-22T20:00:01Z": false, "2026-11-22T20:00:00Z": true,
		"2026-11-22T21:30:00+02:00": true, "": false,
	} {
		if got := outlived(created, now); got != want {
			t.Errorf("%s: got %t", created, got)
		}
	}
}
