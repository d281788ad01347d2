package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	ora "github.com/sijms/go-ora/v2"
)

// A Status is where an order stands.
type Status string

// The statuses, in the order an order goes through them.
const (
	New       Status = "new"
	Paid      Status = "paid"
	Shipped   Status = "shipped"
	Cancelled Status = "cancelled"
)

// An Order is what a customer wants, and what was promised.
type Order struct {
	ID       int64     `json:"id"`
	Customer string    `json:"customer"`
	Status   Status    `json:"status"`
	Version  int       `json:"version"` // grows with each change
	Total    Money     `json:"total"`
	DueOn    string    `json:"dueOn,omitempty"` // a day, 2006-01-02
	PlacedAt time.Time `json:"placedAt"`
	Notes    string    `json:"notes,omitempty"`
	Lines    []Line    `json:"lines,omitempty"`
}

// A Line is one product of an order at the price of that moment.
type Line struct {
	SKU       string `json:"sku"`
	Quantity  int    `json:"quantity"`
	UnitPrice Money  `json:"unitPrice"`
}

// Place stores the order and takes its products from the stock, or does
// neither: ErrOutOfStock, ErrNotFound for an unknown SKU, ErrInvalid for what
// the tables refuse. The answer carries id, prices and total.
func (s *Store) Place(ctx context.Context, o Order) (Order, error) {
	if len(o.Lines) == 0 {
		return o, fmt.Errorf("place order: %w: it has no lines", ErrInvalid)
	}
	o.Status, o.Version, o.Total = New, 1, 0
	o.Lines = slices.Clone(o.Lines)
	if o.PlacedAt.IsZero() {
		o.PlacedAt = time.Now()
	}
	o.PlacedAt = o.PlacedAt.UTC().Truncate(time.Microsecond) // what the column holds
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		products, err := reserve(ctx, tx, &o)
		if err != nil {
			return err
		}
		if err := insertOrder(ctx, tx, &o); err != nil {
			return err
		}
		return insertLines(ctx, tx, o, products)
	})
	return o, err
}

// reserve takes each line's quantity from the stock and fills in the prices
// and the total. Rows are locked in the order of their SKU, so that two orders
// for the same products cannot wait for each other.
func reserve(ctx context.Context, tx *sql.Tx, o *Order) ([]int64, error) {
	order := make([]int, len(o.Lines))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(o.Lines[a].SKU, o.Lines[b].SKU) })

	products := make([]int64, len(o.Lines))
	for _, i := range order {
		line := &o.Lines[i]
		var stock int
		err := tx.QueryRowContext(ctx,
			`SELECT id, price, stock FROM products WHERE sku = :sku FOR UPDATE`, sql.Named("sku", line.SKU)).
			Scan(&products[i], &line.UnitPrice, &stock)
		if err != nil {
			return nil, fault("reserve "+line.SKU, err)
		}
		if stock < line.Quantity {
			return nil, fmt.Errorf("reserve %s: %w: %d wanted, %d left", line.SKU, ErrOutOfStock, line.Quantity, stock)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE products SET stock = stock - :quantity WHERE id = :id`,
			sql.Named("quantity", line.Quantity), sql.Named("id", products[i])); err != nil {
			return nil, fault("reserve "+line.SKU, err)
		}
		price, fits := line.UnitPrice.Times(line.Quantity)
		if !fits {
			return nil, fmt.Errorf("reserve %s: %w: quantity %d", line.SKU, ErrInvalid, line.Quantity)
		}
		o.Total += price
	}
	return products, nil
}

func insertOrder(ctx context.Context, tx *sql.Tx, o *Order) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO orders (id, customer, status, version, total, due_on, placed_at, notes)
		VALUES (orders_seq.NEXTVAL, :customer, :status, :version, :cents / 100,
		        TO_DATE(:due, 'YYYY-MM-DD'), :placed, :notes)
		RETURNING id INTO :id`,
		sql.Named("customer", o.Customer), sql.Named("status", string(o.Status)), sql.Named("version", o.Version),
		sql.Named("cents", int64(o.Total)), sql.Named("due", o.DueOn), sql.Named("placed", moment(o.PlacedAt)),
		sql.Named("notes", clob(o.Notes)), sql.Named("id", sql.Out{Dest: &o.ID}))
	return fault("place order", err)
}

// insertLines sends all lines in one round trip.
func insertLines(ctx context.Context, tx *sql.Tx, o Order, products []int64) error {
	orders, numbers := make([]int64, len(o.Lines)), make([]int64, len(o.Lines))
	quantities, cents := make([]int64, len(o.Lines)), make([]int64, len(o.Lines))
	for i, line := range o.Lines {
		orders[i], numbers[i] = o.ID, int64(i+1)
		quantities[i], cents[i] = int64(line.Quantity), int64(line.UnitPrice)
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO order_lines (order_id, line_no, product_id, quantity, unit_price)
		VALUES (:1, :2, :3, :4, :5 / 100)`, orders, numbers, products, quantities, cents)
	return fault("place order", err)
}

// Order finds an order with its lines, or answers ErrNotFound.
func (s *Store) Order(ctx context.Context, id int64) (Order, error) {
	var o Order
	var due, notes sql.NullString
	doing := fmt.Sprintf("find order %d", id)
	err := s.db.QueryRowContext(ctx, `
		SELECT id, customer, status, version, total, TO_CHAR(due_on, 'YYYY-MM-DD'), placed_at, notes
		FROM orders WHERE id = :id`, sql.Named("id", id)).
		Scan(&o.ID, &o.Customer, &o.Status, &o.Version, &o.Total, &due, &o.PlacedAt, &notes)
	if err != nil {
		return o, fault(doing, err)
	}
	o.DueOn, o.Notes, o.PlacedAt = due.String, notes.String, o.PlacedAt.UTC()

	rows, err := s.db.QueryContext(ctx, `
		SELECT p.sku, l.quantity, l.unit_price
		FROM order_lines l JOIN products p ON p.id = l.product_id
		WHERE l.order_id = :id ORDER BY l.line_no`, sql.Named("id", id))
	if err != nil {
		return o, fault(doing, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var l Line
		if err := rows.Scan(&l.SKU, &l.Quantity, &l.UnitPrice); err != nil {
			return o, fault(doing, err)
		}
		o.Lines = append(o.Lines, l)
	}
	return o, fault(doing, rows.Err())
}

// clob makes a bind that holds more than the 4000 bytes of a VARCHAR2.
func clob(text string) ora.Clob { return ora.Clob{String: text, Valid: text != ""} }

// moment makes a bind for a TIMESTAMP WITH TIME ZONE. It carries an offset: a
// named zone, even UTC, would need the same time zone file on both sides
// (ORA-01805).
func moment(t time.Time) ora.TimeStampTZ {
	_, offset := t.Zone()
	return ora.TimeStampTZ(t.In(time.FixedZone("", offset)))
}
