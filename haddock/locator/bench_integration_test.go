//go:build integration

package locator_test

import (
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator/locatortest"
)

// fill gives slot i+1 so many sessions.
func fill(tb testing.TB, r *locatortest.Running, sessions ...int) {
	tb.Helper()
	for i, count := range sessions {
		var line strings.Builder
		for left := count; left > 0; left-- {
			fmt.Fprintf(&line, "set table app key %040X data.server_id %d;", (i*1_000_000+left)*7919, i+1)
			if line.Len() > 12_000 || left == 1 {
				if answer := strings.TrimSpace(r.Ask(strings.TrimSuffix(line.String(), ";"))); answer != "" {
					tb.Fatalf("%.200s", answer)
				}
				line.Reset()
			}
		}
	}
}

// used is the processor time that a process has had.
func used(tb testing.TB, pid int) time.Duration {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		tb.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	var ticks int
	for _, field := range fields[11:13] { // in user mode, in the kernel
		n, err := strconv.Atoi(field)
		if err != nil {
			tb.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

func ourTime(tb testing.TB) time.Duration {
	tb.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func manySessions(tb testing.TB, sessions ...int) *locatortest.Running {
	tb.Helper()
	c := config(locatortest.Places(tb, 4), time.Hour)
	c.TableSize = 200_000
	r := locatortest.Start(tb, c)
	fill(tb, r, sessions...)
	return r
}

// BenchmarkSessions polls a table of 100,000 rows: what a poll costs us and what
// it costs HAProxy. Half and half is the worst case; a drain ends with few.
func BenchmarkSessions(b *testing.B) {
	for _, drain := range []struct {
		name     string
		sessions []int
	}{{"half", []int{50_000, 50_000}}, {"tenth", []int{90_000, 10_000}}, {"last", []int{41, 99_959}}} {
		sessions := drain.sessions
		b.Run(drain.name, func(b *testing.B) {
			r := manySessions(b, sessions...)
			want := map[string]int{"s1": sessions[0], "s2": sessions[1], "s3": 0, "s4": 0}
			ours, theirs := ourTime(b), used(b, r.PID())
			b.ResetTimer()
			for range b.N {
				got, err := r.Proxy.Sessions(b.Context())
				if err != nil || !maps.Equal(got, want) {
					b.Fatalf("%v, %v", got, err)
				}
			}
			b.StopTimer()
			b.ReportMetric(float64((ourTime(b)-ours).Microseconds())/1000/float64(b.N), "our-cpu-ms/op")
			b.ReportMetric(float64((used(b, r.PID())-theirs).Microseconds())/1000/float64(b.N), "haproxy-cpu-ms/op")
		})
	}
}
