package command

import "testing"

func TestAProcessNameWithParenthesesIsNoTrap(t *testing.T) {
	line := "42 (a) b (c) Z) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 200 18446744073709551615"
	state, ticks, err := parseStat([]byte(line))
	if err != nil || state != "S" || ticks != "98765" {
		t.Errorf("state %q, start %q, %v", state, ticks, err)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("1 (init) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12 1 2 3"))
	f.Add([]byte(")"))
	f.Fuzz(func(t *testing.T, stat []byte) {
		if state, ticks, err := parseStat(stat); err == nil && (state == "" || ticks == "") {
			t.Errorf("%q: state %q, start %q", stat, state, ticks)
		}
	})
}
