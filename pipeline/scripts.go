package pipeline

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// initScripts are the files that oracle.init names, folders unfolded and
// sorted by name.
func (c Config) initScripts() ([]string, error) { return c.scripts("oracle.init", c.Oracle.Init) }

// sysScripts are those of oracle.initSys.
func (c Config) sysScripts() ([]string, error) { return c.scripts("oracle.initSys", c.Oracle.InitSys) }

func (c Config) scripts(key string, entries []string) ([]string, error) {
	var scripts []string
	for _, entry := range entries {
		root := filepath.Join(c.Dir, entry)
		var found []string
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && isInitScript(path) {
				found = append(found, path)
			}
			return err
		})
		if err != nil {
			return nil, &UsageError{fmt.Sprintf("%s: %v", key, err)}
		}
		if len(found) == 0 {
			return nil, &UsageError{fmt.Sprintf("%s: %s holds no .sql, .sql.gz or .sh file", key, entry)}
		}
		slices.Sort(found)
		scripts = append(scripts, found...)
	}
	return scripts, nil
}

func isInitScript(path string) bool {
	return strings.HasSuffix(path, ".sql") || strings.HasSuffix(path, ".sql.gz") || strings.HasSuffix(path, ".sh")
}
