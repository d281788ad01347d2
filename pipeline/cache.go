package pipeline

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// caches are the folders of this name in the user's own cache, the one to be
// preferred first; none for a user without a home.
func (r *run) caches(name string) []string {
	var found []string
	if cache, _ := r.lookup("XDG_CACHE_HOME"); filepath.IsAbs(cache) {
		found = append(found, filepath.Join(cache, "pipeline", name))
	}
	if home, _ := r.lookup("HOME"); filepath.IsAbs(home) {
		found = append(found, filepath.Join(home, ".cache", "pipeline", name))
	}
	return found
}

// locksDir is where the runs of this user on this host take turns at a tag:
// the user's cache, or the system's folder for temporary files for a user who
// has none that can be written.
func (r *run) locksDir() string {
	for _, dir := range r.caches("locks") {
		if os.MkdirAll(dir, 0o700) == nil && unix.Access(dir, unix.W_OK|unix.X_OK) == nil {
			return dir
		}
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("pipeline-locks-%d", os.Getuid()))
}
