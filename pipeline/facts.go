package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/haddock-ci/pipeline/internal/report"
)

// facts are what may explain a difference between two runs: where they ran, and
// on what.
func (r *run) facts(ready *Ready) []report.Fact {
	var all []report.Fact
	add := func(name, value string) {
		if value != "" {
			all = append(all, report.Fact{Name: name, Value: value})
		}
	}
	add("Branch", r.branch(ready.git))
	commit := ready.git.Commit
	if ready.git.Dirty {
		commit += ", with changes that are not committed"
	}
	add("Commit", commit)
	add("CI", r.set.CI.Vendor)
	add("Ran as", whoami())
	if ready.engine != nil {
		add("Engine", "Docker "+ready.engine.Version+" at "+ready.engine.Endpoint)
	}
	if home, ok := r.lookup("JAVA_HOME"); ok {
		add("Java", jdkVersion(home))
	}
	add("System", system())
	return all
}

// jdkVersion is what a JDK writes of itself into the file that every one since
// 7 has; empty when it is not there.
func jdkVersion(home string) string { return setting(filepath.Join(home, "release"), "JAVA_VERSION") }

// system names this machine's operating system, processors and memory.
func system() string {
	name := setting("/etc/os-release", "PRETTY_NAME")
	if name == "" {
		name = runtime.GOOS
	}
	text := fmt.Sprintf("%s, %s, %d processors", name, runtime.GOARCH, runtime.NumCPU())
	var kib int64
	if meminfo, err := os.ReadFile("/proc/meminfo"); err == nil {
		if n, _ := fmt.Sscanf(string(meminfo), "MemTotal: %d kB", &kib); n == 1 {
			text += fmt.Sprintf(", %.1f GB", float64(kib)*1024/1e9)
		}
	}
	return text
}

// setting reads NAME="value" from a file of such lines; empty when it is not
// there.
func setting(path, name string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			return strings.Trim(value, `"`)
		}
	}
	return ""
}
