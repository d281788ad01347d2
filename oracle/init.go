package oracle

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func checkInit(files []string) error {
	for _, file := range files {
		if !filepath.IsAbs(file) {
			return fmt.Errorf("init script %s: not an absolute path", file)
		}
		if !strings.HasSuffix(file, ".sql") && !strings.HasSuffix(file, ".sql.gz") && !strings.HasSuffix(file, ".sh") {
			return fmt.Errorf("init script %s: neither .sql nor .sql.gz nor .sh", file)
		}
		info, err := os.Stat(file)
		if err != nil {
			return fmt.Errorf("init script: %w", err)
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("init script %s: not a file", file)
		}
	}
	return nil
}

func swallowedError(bad []*InitError) error { return bad[0] }

func (c *Container) runInit(context.Context, time.Time) error { return nil }
