package store

import (
	"context"
	"database/sql"
	"fmt"
)

// SetStatus moves an order to a status if it is still at the version that the
// caller has seen, and returns the new version. ErrStale when it is not,
// ErrNotFound, or ErrInvalid for a status the table does not know. Cancelling
// puts the products back into the stock.
func (s *Store) SetStatus(ctx context.Context, id int64, version int, to Status) (int, error) {
	doing := fmt.Sprintf("set order %d to %s", id, to)
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
			UPDATE orders SET status = :status, version = version + 1
			WHERE id = :id AND version = :version AND status <> 'cancelled'`,
			sql.Named("status", string(to)), sql.Named("id", id), sql.Named("version", version))
		if err != nil {
			return fault(doing, err)
		}
		if one, err := changedOne(res); err != nil || !one {
			return whyUnchanged(ctx, tx, doing, id, err)
		}
		if to != Cancelled {
			return nil
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE products p
			SET p.stock = p.stock + (SELECT SUM(l.quantity) FROM order_lines l
			                         WHERE l.order_id = :id AND l.product_id = p.id)
			WHERE p.id IN (SELECT product_id FROM order_lines WHERE order_id = :id)`, sql.Named("id", id))
		return fault(doing, err)
	})
	return version + 1, err
}

// SetNotes replaces the notes under the same rule as SetStatus. Notes may be
// of any length.
func (s *Store) SetNotes(ctx context.Context, id int64, version int, notes string) (int, error) {
	doing := fmt.Sprintf("set notes of order %d", id)
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
			UPDATE orders SET notes = :notes, version = version + 1
			WHERE id = :id AND version = :version`,
			sql.Named("notes", clob(notes)), sql.Named("id", id), sql.Named("version", version))
		if err != nil {
			return fault(doing, err)
		}
		if one, err := changedOne(res); err != nil || !one {
			return whyUnchanged(ctx, tx, doing, id, err)
		}
		return nil
	})
	return version + 1, err
}

// RemoveOrder deletes an order; its lines go with it.
func (s *Store) RemoveOrder(ctx context.Context, id int64) error {
	res, err := s.db.ExecContext(ctx, `DELETE FROM orders WHERE id = :id`, sql.Named("id", id))
	if err != nil {
		return fault(fmt.Sprintf("remove order %d", id), err)
	}
	one, err := changedOne(res)
	if err == nil && !one {
		err = fmt.Errorf("remove order %d: %w", id, ErrNotFound)
	}
	return err
}

// whyUnchanged tells a missing order from one that moved on.
func whyUnchanged(ctx context.Context, tx *sql.Tx, doing string, id int64, err error) error {
	if err != nil {
		return fault(doing, err)
	}
	var status Status
	var version int
	err = tx.QueryRowContext(ctx, `SELECT status, version FROM orders WHERE id = :id`, sql.Named("id", id)).
		Scan(&status, &version)
	if err != nil {
		return fault(doing, err)
	}
	return fmt.Errorf("%s: %w: it is %s, version %d", doing, ErrStale, status, version)
}
