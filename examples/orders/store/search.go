package store

import (
	"context"
	"database/sql"
	"time"
)

// A Filter narrows a search; zero fields do not.
type Filter struct {
	Customer string    // exactly this one
	Status   Status    //
	From     time.Time // placed at this moment or later
	Until    time.Time // placed before this moment
	Offset   int
	Limit    int // the default is DefaultLimit, the most MaxLimit
}

// A Page is a part of the orders that a search found, newest first and without
// their lines and notes. Total counts all of them.
type Page struct {
	Total  int     `json:"total"`
	Orders []Order `json:"orders"`
}

// How many orders a page holds.
const (
	DefaultLimit = 20
	MaxLimit     = 100
)

// matching is the one condition of both statements of a search.
const matching = `
	WHERE (:customer IS NULL OR customer = :customer)
	  AND (:status IS NULL OR status = :status)
	  AND placed_at >= :since AND placed_at < :until`

// Search finds orders.
func (s *Store) Search(ctx context.Context, f Filter) (Page, error) {
	if f.From.IsZero() {
		f.From = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if f.Until.IsZero() {
		f.Until = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	if f.Limit <= 0 {
		f.Limit = DefaultLimit
	}
	f.Limit = min(f.Limit, MaxLimit)
	binds := []any{
		sql.Named("customer", f.Customer), sql.Named("status", string(f.Status)),
		sql.Named("since", moment(f.From)), sql.Named("until", moment(f.Until)),
	}
	page := Page{Orders: []Order{}}
	if err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM orders`+matching, binds...).Scan(&page.Total); err != nil {
		return Page{}, fault("count orders", err)
	}
	rows, err := s.db.QueryContext(ctx, `
		SELECT id, customer, status, version, total, TO_CHAR(due_on, 'YYYY-MM-DD'), placed_at
		FROM orders`+matching+`
		ORDER BY placed_at DESC, id DESC
		OFFSET :skip ROWS FETCH NEXT :most ROWS ONLY`,
		append(binds, sql.Named("skip", max(f.Offset, 0)), sql.Named("most", f.Limit))...)
	if err != nil {
		return Page{}, fault("search orders", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var o Order
		var due sql.NullString
		if err := rows.Scan(&o.ID, &o.Customer, &o.Status, &o.Version, &o.Total, &due, &o.PlacedAt); err != nil {
			return Page{}, fault("search orders", err)
		}
		o.DueOn, o.PlacedAt = due.String, o.PlacedAt.UTC()
		page.Orders = append(page.Orders, o)
	}
	return page, fault("search orders", rows.Err())
}

// A Day is what is due on one day.
type Day struct {
	DueOn  string `json:"dueOn"` // empty for orders without a date
	Orders int    `json:"orders"`
	Value  Money  `json:"value"`
}

// Due sums up the open orders per day on which they are due, dated ones first.
func (s *Store) Due(ctx context.Context) ([]Day, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT TO_CHAR(due_on, 'YYYY-MM-DD'), COUNT(*), SUM(total)
		FROM orders WHERE status IN ('new', 'paid')
		GROUP BY due_on ORDER BY due_on NULLS LAST`)
	if err != nil {
		return nil, fault("sum up days", err)
	}
	defer func() { _ = rows.Close() }()
	days := []Day{}
	for rows.Next() {
		var d Day
		var due sql.NullString
		if err := rows.Scan(&due, &d.Orders, &d.Value); err != nil {
			return nil, fault("sum up days", err)
		}
		d.DueOn = due.String
		days = append(days, d)
	}
	return days, fault("sum up days", rows.Err())
}

// A Seller is a product and the pieces of it that were ordered.
type Seller struct {
	SKU    string `json:"sku"`
	Pieces int    `json:"pieces"`
}

// Best names at most limit products of which at least atLeast pieces were
// ordered since a moment, best first; cancelled orders do not count.
func (s *Store) Best(ctx context.Context, since time.Time, atLeast, limit int) ([]Seller, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT p.sku, SUM(l.quantity) AS pieces
		FROM orders o
		JOIN order_lines l ON l.order_id = o.id
		JOIN products p ON p.id = l.product_id
		WHERE o.status <> 'cancelled' AND o.placed_at >= :since
		GROUP BY p.sku HAVING SUM(l.quantity) >= :least
		ORDER BY pieces DESC, p.sku FETCH FIRST :most ROWS ONLY`,
		sql.Named("since", moment(since)), sql.Named("least", atLeast), sql.Named("most", limit))
	if err != nil {
		return nil, fault("find best sellers", err)
	}
	defer func() { _ = rows.Close() }()
	best := []Seller{}
	for rows.Next() {
		var one Seller
		if err := rows.Scan(&one.SKU, &one.Pieces); err != nil {
			return nil, fault("find best sellers", err)
		}
		best = append(best, one)
	}
	return best, fault("find best sellers", rows.Err())
}
