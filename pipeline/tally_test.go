package pipeline

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

func TestTheTallyReadsWhatTestToolsPrint(t *testing.T) {
	for name, tt := range map[string]struct {
		output       string
		done, failed int64
		text         string
	}{
		"failsafe": {`[INFO] Scanning for projects...
[INFO] Running shop.orders.OrdersIT
[INFO] Tests run: 12, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 3.21 s -- in shop.orders.OrdersIT
[INFO] Running shop.orders.ProductsIT
[ERROR] Tests run: 5, Failures: 1, Errors: 1, Skipped: 0, Time elapsed: 0.4 s <<< FAILURE! -- in shop.orders.ProductsIT
[ERROR] Tests run: 17, Failures: 1, Errors: 1, Skipped: 0`, 17, 2, "17 tests, 2 failed, shop.orders.ProductsIT"},
		"old surefire": {`Running shop.OrderTest
Tests run: 3, Failures: 0, Errors: 0, Skipped: 1, Time elapsed: 0.1 sec - in shop.OrderTest
Tests run: 3, Failures: 0, Errors: 0, Skipped: 1`, 3, 0, "3 tests, shop.OrderTest"},
		"go test": {`=== RUN   TestA
--- PASS: TestA (0.00s)
    --- FAIL: TestB/sub (1.20s)
--- FAIL: TestB (1.20s)
FAIL`, 3, 2, "3 tests, 2 failed"},
		"gotestsum": {"PASS store.TestCreate (0.01s)\nFAIL store.TestDelete (0.02s)\nDONE 2 tests in 1.2s", 2, 1, "2 tests, 1 failed"},
		"testdox":   {"store:\n ✓ Creates an order (0.01s)\n ✖ Deletes an order (0.02s)", 2, 1, "2 tests, 1 failed"},
		"noise":     {"Tests run: many\nRunning out of ideas\n--- PASS the salt", 0, 0, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			var last events.Event
			watch := tally{sink: func(e events.Event) { last = e }}
			for line := range strings.SplitSeq(tt.output, "\n") {
				watch.line(line)
				time.Sleep(2 * tallyPace)
			}
			count, _ := last.Count()
			if count.Done != tt.done || count.Failed != tt.failed || last.Text != tt.text {
				t.Errorf("%s: %+v %q, want %d and %d, %q", name, count, last.Text, tt.done, tt.failed, tt.text)
			}
		})
	}
}

func TestTheTallyIsToldNowAndThen(t *testing.T) {
	told := 0
	watch := tally{sink: func(events.Event) { told++ }}
	for range 1000 {
		watch.line("--- PASS: TestA (0.00s)")
	}
	if told == 0 || told > 5 || watch.done != 1000 {
		t.Errorf("told %d times of %d tests", told, watch.done)
	}
}

func TestWithoutLinesTheReportsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		var last events.Event
		watch := tally{sink: func(e events.Event) { last = e }}
		stop := watch.follow(dir, []string{"*.xml"}, time.Time{})
		defer stop()
		write := func(text string) {
			if err := os.WriteFile(dir+"/TEST-a.xml", []byte(text), 0o600); err != nil {
				t.Error(err)
			}
			time.Sleep(lookPace + time.Second)
			synctest.Wait()
		}
		write(`<testsuite><testcase name="a"/><testcase name="b"><failure message="no"/></testcase><testca`)
		if count, _ := last.Count(); count.Done != 2 || count.Failed != 1 {
			t.Errorf("counted %+v", count)
		}
		watch.line("--- PASS: TestA (0.00s)") // now the lines are better
		write(`<testsuite>` + strings.Repeat(`<testcase name="a"/>`, 9) + `</testsuite>`)
		if count, _ := last.Count(); count.Done != 3 {
			t.Errorf("counted %+v", count)
		}
	})
}
