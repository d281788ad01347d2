package sqldb

import (
	"context"
	"math"
)

// nextval moves a sequence on; nothing undoes that.
func (d *Database) nextval(owner, name string) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return 0, oraErr(1012)
	}
	ctx := context.Background()
	var out int64
	err := d.sys.within(ctx, func() error {
		rows, err := d.sys.all(ctx, "SELECT next, increment, low, high, cycle, done FROM sequences WHERE owner=? AND name=?", owner, name)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return oraErr(2289)
		}
		n := make([]int64, len(rows[0]))
		for i, v := range rows[0] {
			n[i], _ = v.(int64)
		}
		next, step, low, high := n[0], n[1], n[2], n[3]
		if n[5] != 0 {
			if n[4] == 0 {
				return seqEnd(name, step)
			}
			next = low
			if step < 0 {
				next = high
			}
		}
		out = next
		done := step > 0 && next > high-step || step < 0 && next < low-step
		if !done {
			next += step
		}
		_, err = d.sys.exec(ctx, "UPDATE sequences SET next=?, done=? WHERE owner=? AND name=?", next, done, owner, name)
		return err
	})
	return out, err
}

func seqEnd(name string, step int64) *Error {
	if step > 0 {
		return oraErr(8004, name, "exceeds", "MAXVALUE")
	}
	return oraErr(8004, name, "goes below", "MINVALUE")
}

// createSequence makes a sequence of the options, with Oracle's defaults.
func (d *Database) createSequence(ctx context.Context, owner, name string, o *sequenceOptions) error {
	step, low, high, start, err := o.resolve()
	if err != nil {
		return err
	}
	return d.change(ctx, func(c *conn) error {
		n, err := c.number(ctx, "SELECT count(*) FROM sequences WHERE owner=? AND name=?", owner, name)
		if err != nil {
			return err
		}
		if n > 0 {
			return oraErr(955)
		}
		_, err = c.exec(ctx, "INSERT INTO sequences(owner, name, next, increment, low, high, cycle) VALUES (?,?,?,?,?,?,?)",
			owner, name, start, step, low, high, o.cycle)
		return err
	})
}

func (o *sequenceOptions) resolve() (step, low, high, start int64, err error) {
	step, low, high = 1, 1, math.MaxInt64
	if o.increment != nil {
		step = *o.increment
	}
	switch {
	case step == 0:
		return 0, 0, 0, 0, oraErr(4002)
	case step < 0:
		low, high = math.MinInt64, -1
	case step > 1<<40, step < -1<<40:
		return 0, 0, 0, 0, unsupported("sequences with such steps")
	}
	if o.minValue != nil {
		low = *o.minValue
	}
	if o.maxValue != nil {
		high = *o.maxValue
	}
	start = low
	if step < 0 {
		start = high
	}
	if o.start != nil {
		start = *o.start
	}
	switch {
	case low >= high:
		err = oraErr(4004)
	case start < low:
		err = oraErr(4006)
	case start > high:
		err = oraErr(4008)
	}
	return step, low, high, start, err
}

func (d *Database) alterSequence(ctx context.Context, owner, name string, o *sequenceOptions) error {
	if o.start != nil && !o.restart {
		return &Error{Code: 2283, Message: "cannot alter starting sequence number"}
	}
	if o.minValue != nil || o.maxValue != nil {
		return unsupported("ALTER SEQUENCE of bounds")
	}
	return d.change(ctx, func(c *conn) error {
		rows, err := c.all(ctx, "SELECT low, high, increment FROM sequences WHERE owner=? AND name=?", owner, name)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return oraErr(2289)
		}
		if o.increment != nil {
			if *o.increment == 0 {
				return oraErr(4002)
			}
			_, err = c.exec(ctx, "UPDATE sequences SET next=next-increment+?, increment=?1 WHERE owner=? AND name=?", *o.increment, owner, name)
		}
		if err == nil && o.restart {
			start := rows[0][0]
			if o.start != nil {
				start = *o.start
			}
			_, err = c.exec(ctx, "UPDATE sequences SET next=?, done=0 WHERE owner=? AND name=?", start, owner, name)
		}
		return err
	})
}

func (d *Database) dropSequence(ctx context.Context, owner, name string) error {
	return d.change(ctx, func(c *conn) error {
		n, err := c.exec(ctx, "DELETE FROM sequences WHERE owner=? AND name=?", owner, name)
		if err == nil && n == 0 {
			return oraErr(2289)
		}
		return err
	})
}

func (d *Database) sequenceExists(ctx context.Context, owner, name string) (bool, error) {
	var n int64
	err := d.read(func(c *conn) (err error) {
		n, err = c.number(ctx, "SELECT count(*) FROM sequences WHERE owner=? AND name=?", owner, name)
		return err
	})
	return n > 0, err
}
