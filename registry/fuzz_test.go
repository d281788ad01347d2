package registry

import "testing"

// FuzzNewer compares any two versions: at most one of them is the newer one,
// and none is newer than itself.
func FuzzNewer(f *testing.F) {
	f.Add("1.2.3", "v1.2.3-rc.1")
	f.Add("1.10", "1.9.0")
	f.Add("99999999999999999999.1", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		if newer(a, a) || newer(a, b) && newer(b, a) {
			t.Errorf("%q and %q", a, b)
		}
	})
}
