package haddock

import (
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/registry"
)

func TestAnImageMustBePinned(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	tests := map[string]struct{ version, image string }{
		"r.example.com:5000/shop@" + digest:       {"aaaaaaaaaaaa", "r.example.com:5000/shop@" + digest},
		"r.example.com:5000/shop:1.5.0@" + digest: {"1.5.0", "r.example.com:5000/shop@" + digest},
		"r.example.com/shop:1.5.0":                {},
		"shop@sha256:abc":                         {},
		"@" + digest:                              {},
		"":                                        {},
	}
	for ref, want := range tests {
		got, err := FactsOfImage(ref)
		if (err == nil) != (want.image != "") || got.Version != want.version || got.Image != want.image {
			t.Errorf("%s: %+v, %v", ref, got, err)
		}
	}
}

func TestAnEnvironmentTakesOnlyWhatItRequires(t *testing.T) {
	prod := RequireConfig{Tested: true, StandIn: false}
	test := RequireConfig{Tested: false, StandIn: true}
	tests := map[string]struct {
		need    RequireConfig
		release *registry.Release
		want    string // part of the reason; empty: taken
	}{
		"tested, for prod":          {prod, &registry.Release{Tested: true}, ""},
		"untested, for prod":        {prod, &registry.Release{}, "it was built untested"},
		"red, for prod":             {prod, &registry.Release{Tested: true, Tests: registry.Tests{Failed: 2}}, "2 of its tests failed"},
		"on a stand-in, for prod":   {prod, &registry.Release{Tested: true, Database: registry.Database{StandIn: true, Image: "standin:1"}}, "stand-in database, standin:1"},
		"a bare image, for prod":    {prod, nil, "a bare image does not say"},
		"untested, elsewhere":       {test, &registry.Release{Database: registry.Database{StandIn: true}}, ""},
		"a bare image, elsewhere":   {test, nil, ""},
		"a bare image, no stand-in": {RequireConfig{}, nil, "a bare image does not say"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := Environment{Name: "x", Require: test.need}.Accepts(test.release)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
