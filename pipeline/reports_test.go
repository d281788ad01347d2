package pipeline

import (
	"errors"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/junit"
)

func TestReportsThatProveNothingAreNamed(t *testing.T) {
	began := opening{Began: time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)}
	red := junit.Case{Class: "shop.OrdersIT", Name: "pays", Message: "cannot pay", ORA: "ORA-02290: check constraint violated", File: "a/TEST-b.xml"}
	green := junit.Totals{Total: 3, Skipped: 1}
	tests := map[string]struct {
		report  junit.Report
		damaged error
		want    string
	}{
		"none": {junit.Report{}, nil, "there is no test report (looked for a, b)"},
		"red": {
			junit.Report{Totals: junit.Totals{Total: 3, Failed: 2}, Failures: []junit.Case{{Name: "x", File: "a/TEST-a.xml"}, red}, Files: 2, File: "a/TEST-a.xml"},
			nil,
			"a/TEST-b.xml: shop.OrdersIT.pays: cannot pay: ORA-02290: check constraint violated (and 1 more of 3 tests failed)",
		},
		"red without a case": {
			junit.Report{Totals: junit.Totals{Total: 3, Failed: 2}, Files: 2, File: "a/TEST-a.xml"}, nil, "a/TEST-a.xml: 2 of 3 tests failed",
		},
		"damaged": {junit.Report{Totals: green, Files: 1}, errors.New("test report a.xml: line 2: unexpected EOF"), "test report a.xml: line 2: unexpected EOF"},
		"one is old": {
			junit.Report{Totals: green, Files: 4, Stale: 1, StaleFile: "a/TEST-old.xml"},
			nil,
			"a/TEST-old.xml: is older than this build's database, which was started at 03:04:05",
		},
		"all are old": {
			junit.Report{Stale: 3, StaleFile: "a/TEST-old.xml"},
			nil,
			"a/TEST-old.xml: is older than this build's database, which was started at 03:04:05 (and 2 more)",
		},
		"nothing ran": {junit.Report{Totals: junit.Totals{Total: 2, Skipped: 2}, Files: 1, File: "a/TEST-a.xml"}, nil, "a/TEST-a.xml: no test has run (2 skipped)"},
		"empty":       {junit.Report{Files: 1, File: "a/TEST-a.xml"}, nil, "a/TEST-a.xml: no test has run (0 skipped)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := convinces(tt.report, tt.damaged, []string{"a", "b"}, began)
			if err == nil || err.Error() != tt.want || !is[*ReportsError](err) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if err := convinces(junit.Report{Totals: green, Files: 1}, nil, nil, began); err != nil {
		t.Errorf("green: %v", err)
	}
}
