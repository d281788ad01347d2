package locator

import (
	"strconv"
	"strings"
	"time"
)

// An info is what haddock needs of `show info`.
type info struct {
	version  string
	pid      int
	uptime   time.Duration
	stopping bool // it was replaced by a reload and only ends what it has
}

// parseInfo reads lines like "Uptime_sec: 12".
func parseInfo(text string) (info, error) {
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok {
			fields[key] = strings.TrimSpace(value)
		}
	}
	found := info{version: fields["Version"], stopping: fields["Stopping"] == "1"}
	if fields["Name"] == "" || found.version == "" {
		return info{}, malformed("show info names no program and version: %s", excerpt(text))
	}
	var err error
	if found.pid, err = strconv.Atoi(fields["Pid"]); err != nil || found.pid <= 0 {
		return info{}, malformed("show info: %q is no process id", fields["Pid"])
	}
	const aCentury = 100 * 365 * 24 * 3600
	seconds, err := strconv.Atoi(fields["Uptime_sec"])
	if err != nil || seconds < 0 || seconds > aCentury {
		return info{}, malformed("show info: %q is no uptime", fields["Uptime_sec"])
	}
	found.uptime = time.Duration(seconds) * time.Second
	return found, nil
}
