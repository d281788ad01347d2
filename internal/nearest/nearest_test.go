package nearest

import (
	"strings"
	"testing"
)

func TestNameFindsWhatWasMeant(t *testing.T) {
	known := []string{"image", "service", "schemas", "init", "timeout", "passwordEnv", "test"}
	tests := map[string]struct{ got, want string }{
		"neighbours swapped":   {"imgae", "image"},
		"letter missing":       {"imag", "image"},
		"letter too many":      {"sservice", "service"},
		"singular":             {"schema", "schemas"},
		"other spelling":       {"password_env", "passwordEnv"},
		"other case":           {"TIMEOUT", "timeout"},
		"plural":               {"tests", "test"},
		"short and far":        {"xy", ""},
		"nothing like it":      {"volumes", ""},
		"empty":                {"", ""},
		"too long to be typed": {strings.Repeat("image", 100), ""},
		"one letter":           {"t", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := Name(tt.got, known)
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("Name(%q) = %q, %v, want %q", tt.got, got, ok, tt.want)
			}
		})
	}
}

func TestSuffixIsEmptyWithoutANearName(t *testing.T) {
	if got := Suffix("imgae", []string{"image"}); got != ", did you mean image?" {
		t.Errorf("Suffix = %q", got)
	}
	if got := Suffix("volumes", []string{"image"}); got != "" {
		t.Errorf("Suffix = %q, want nothing", got)
	}
}

func TestDistanceCountsTypingErrors(t *testing.T) {
	tests := map[string]struct {
		a, b string
		want int
	}{
		"same":      {"abc", "abc", 0},
		"empty":     {"", "abc", 3},
		"swap":      {"ab", "ba", 1},
		"replace":   {"abc", "axc", 1},
		"unrelated": {"abc", "xyz", 3},
	}
	for name, tt := range tests {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("%s: distance(%q, %q) = %d, want %d", name, tt.a, tt.b, got, tt.want)
		}
		if got := distance(tt.b, tt.a); got != tt.want {
			t.Errorf("%s: distance(%q, %q) = %d, want %d", name, tt.b, tt.a, got, tt.want)
		}
	}
}
