package locator

import (
	"context"
	"errors"
	"fmt"
)

// Sessions returns the live sessions of each slot: the rows of the table. It is
// meant to be polled. HAProxy takes most of a microsecond to write one row, so
// a slot that had thousands the last time is left out and gets what the others
// leave of the table's use. Its number may be wrong by the few that began
// during the reading; all others, and any below a thousand, are exact.
func (p *Proxy) Sessions(ctx context.Context) (map[string]int, error) {
	if err := p.checkNames(); err != nil {
		return nil, err
	}
	var counts map[string]int
	err := p.counting(func(c count) error {
		return p.talk(ctx, []string{"show servers state " + p.backend, c.command(p.backend)}, func(r *replies) error {
			servers, serversErr := hearText(r, parseServers)
			found, tableErr := c.hear(r)
			counts = map[string]int{}
			for _, s := range servers {
				counts[s.name] = found.rows[s.id]
			}
			return firstOf(serversErr, tableErr)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("count the sessions of backend %s: %w", p.backend, err)
	}
	return counts, nil
}

const (
	// worthwhile is how many rows a slot must have to be left out the next time.
	worthwhile = 5000
	// exactBelow is what a slot that is left out must have. An instance is
	// removed at 0, and no 0 may come from a subtraction.
	exactBelow = 1000
)

// errCountAgain says that too little remains for the slot that was left out.
var errCountAgain = errors.New("the count must be taken again with all slots")

// A count is one reading of the table.
type count struct {
	without int                    // the server that is left out, or 0
	largest func(rows int, id int) // told the server with most rows
}

// counting reads the table, if possible without its largest part, or else again
// with all of it.
func (p *Proxy) counting(read func(count) error) error {
	remember := func(rows, id int) {
		if rows < worthwhile {
			id = 0
		}
		p.largest.Store(int64(id))
	}
	if id := p.largest.Load(); id != 0 {
		err := read(count{without: int(id), largest: remember})
		if !errors.Is(err, errCountAgain) {
			return err
		}
	}
	return read(count{largest: remember})
}

func (c count) command(backend string) string {
	if c.without == 0 {
		return "show table " + backend
	}
	return fmt.Sprintf("show table %s data.server_id ne %d", backend, c.without)
}

// hear reads the reply to command.
func (c count) hear(r *replies) (table, error) {
	found, err := hearTable(r)
	if err != nil {
		return table{}, err
	}
	if c.without != 0 {
		rest := found.used
		for _, n := range found.rows {
			rest -= n
		}
		if rest < exactBelow {
			return table{}, errCountAgain
		}
		found.rows[c.without] = rest
	}
	most, id := 0, 0
	for server, n := range found.rows {
		if n > most {
			most, id = n, server
		}
	}
	c.largest(most, id)
	return found, nil
}

func hearTable(r *replies) (table, error) {
	var reader tableReader
	if err := r.each(reader.line); err != nil {
		return table{}, err
	}
	return reader.done()
}
