package oracle

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

const execTimeout = 20 * time.Second

// register makes the database tell the listener its services.
func (c *Container) register(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, execTimeout)
	defer cancel()
	output, status, err := c.docker.exec(ctx, c.now().id, []string{"sqlplus", "-S", "-L", "/", "as", "sysdba"},
		strings.NewReader("ALTER SYSTEM REGISTER;\nEXIT\n"))
	if err != nil {
		return err
	}
	if status != 0 {
		return fmt.Errorf("ALTER SYSTEM REGISTER: sqlplus ended with status %d: %s", status, strings.TrimSpace(output))
	}
	return nil
}

// services asks the listener what it offers; nil when it does not say.
func (c *Container) services(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, execTimeout)
	defer cancel()
	output, _, err := c.docker.exec(ctx, c.now().id, []string{"lsnrctl", "services"}, nil)
	if err != nil {
		return nil // the error that is being built says enough without it
	}
	return offered(output)
}

var serviceLine = regexp.MustCompile(`(?m)^\s*Service "([^"]+)" has \d+ instance`)

// offered reads the service names out of lsnrctl's answer, without those that
// exist in every database for itself.
func offered(lsnrctl string) []string {
	var names []string
	for _, m := range serviceLine.FindAllStringSubmatch(lsnrctl, -1) {
		name := m[1]
		if strings.HasSuffix(name, "XDB") || hexName.MatchString(name) || slices.Contains(names, name) {
			continue
		}
		names = append(names, name)
	}
	return names
}

// hexName is a pluggable database's own id, which is a service too.
var hexName = regexp.MustCompile(`^[0-9a-f]{32}$`)

// nearest returns the offered name that is most like the wanted one; "" when
// none is like it.
func nearest(wanted string, names []string) string {
	best, distance := "", max(3, len(wanted)/2)+1
	for _, name := range names {
		if d := editDistance(strings.ToUpper(wanted), strings.ToUpper(name)); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions and replacements between two
// short texts.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
