package junit

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// readVariable names the folder whose report this test's binary reads instead
// of testing, to measure what a process needs that does nothing else.
const readVariable = "JUNIT_READ"

func TestMain(m *testing.M) {
	dir := os.Getenv(readVariable)
	if dir == "" {
		os.Exit(m.Run())
	}
	r, err := Collect(dir, []string{"*.xml"}, time.Time{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(r.Total, r.Failed, r.Flaky, len(r.Failures))
}

// writeLarge writes a report of about so many bytes: every tenth test is red
// with a stack trace, every hundredth flaky, and all of them print a lot.
func writeLarge(tb testing.TB, path string, size int) {
	tb.Helper()
	file, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriter(file)
	trace := strings.Repeat("\tat shop.orders.OrdersIT.placesAnOrder(OrdersIT.java:57)\n", 40)
	output := strings.Repeat("2026-11-22 20:51:02 DEBUG o.h.SQL - insert into orders (id, customer) values (?, ?)\n", 12)
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><testsuite name="shop.orders.OrdersIT">`)
	for i, written := 0, 0; written < size; i++ {
		n, _ := fmt.Fprintf(w, `<testcase classname="shop.orders.OrdersIT" name="test%d" time="0.%03d">`, i, i%1000)
		written += n
		if i%10 == 0 {
			n, _ = fmt.Fprintf(w, `<failure message="expected: 1 but was: %d" type="AssertionFailedError"><![CDATA[%s]]></failure>`, i, trace)
			written += n
		} else if i%100 == 1 {
			n, _ = fmt.Fprintf(w, `<flakyFailure message="once"><stackTrace><![CDATA[%s]]></stackTrace></flakyFailure>`, trace)
			written += n
		}
		n, _ = fmt.Fprintf(w, "<system-out><![CDATA[%s]]></system-out></testcase>\n", output)
		written += n
	}
	fmt.Fprint(w, "</testsuite>\n")
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := file.Close(); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkReportOf50MB reads a report of 50 MB in a process of its own, and
// wants that to need less than 64 MB of memory at its peak.
func BenchmarkReportOf50MB(b *testing.B) {
	const size, limit = 50 << 20, 64 << 20
	dir := b.TempDir()
	writeLarge(b, filepath.Join(dir, "TEST-large.xml"), size)
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	var peak int64
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), self)
		cmd.Env = append(os.Environ(), readVariable+"="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		used := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
		if runtime.GOOS != "darwin" { // which counts bytes, not kilobytes
			used <<= 10
		}
		peak = max(peak, used)
	}
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
	if peak > limit {
		b.Errorf("the process needed %d MB", peak>>20)
	}
}
