package standin

import (
	"bytes"
	"testing"
)

func TestRegionsWithoutSummerTimeBecomeOffsets(t *testing.T) {
	for name, test := range map[string]struct {
		region int
		hour   byte // 0: stays a region
	}{
		"UTC": {5121, 20}, "GMT": {513, 20}, "Etc/UTC": {28, 20}, "UCT": {541, 20}, "Zulu": {2076, 20},
		"Etc/GMT-14": {2, 34}, "Etc/GMT-1": {15, 21}, "Etc/GMT+1": {16, 19}, "Etc/GMT+12": {27, 8},
		"Europe/Berlin": {383, 0}, "Europe/London": {369, 0},
	} {
		b := append(make([]byte, 11), byte(test.region>>6)|tzRegion, byte(test.region<<2))
		got := withoutRegion(b)
		if test.hour == 0 && !bytes.Equal(got, b) || test.hour != 0 && (got[tzHour] != test.hour || got[tzMinute] != tzZeroMinute) {
			t.Errorf("%s: got %v", name, got[11:])
		}
	}
}
