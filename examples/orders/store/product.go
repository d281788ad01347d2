package store

import (
	"context"
	"database/sql"
	"fmt"
)

// A Product can be ordered as long as it is in stock.
type Product struct {
	ID    int64  `json:"id"`
	SKU   string `json:"sku"`
	Name  string `json:"name"`
	Price Money  `json:"price"`
	Stock int    `json:"stock"`
}

// AddProduct stores a new product and returns it with its id. ErrTaken when
// the SKU exists.
func (s *Store) AddProduct(ctx context.Context, p Product) (Product, error) {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO products (id, sku, name, price, stock)
		VALUES (products_seq.NEXTVAL, :sku, :name, :cents / 100, :stock)
		RETURNING id INTO :id`,
		sql.Named("sku", p.SKU), sql.Named("name", p.Name), sql.Named("cents", int64(p.Price)),
		sql.Named("stock", p.Stock), sql.Named("id", sql.Out{Dest: &p.ID}))
	return p, fault("add product "+p.SKU, err)
}

// Product finds a product by its SKU, or answers ErrNotFound.
func (s *Store) Product(ctx context.Context, sku string) (Product, error) {
	var p Product
	err := s.db.QueryRowContext(ctx,
		`SELECT id, sku, name, price, stock FROM products WHERE sku = :sku`, sql.Named("sku", sku)).
		Scan(&p.ID, &p.SKU, &p.Name, &p.Price, &p.Stock)
	return p, fault("find product "+sku, err)
}

// Products lists products whose name contains the text, in any case, by name.
func (s *Store) Products(ctx context.Context, text string) (_ []Product, err error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT id, sku, name, price, stock FROM products
		WHERE UPPER(name) LIKE '%' || UPPER(:text) || '%' ORDER BY name, id`, sql.Named("text", text))
	if err != nil {
		return nil, fault("list products", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Product
	for rows.Next() {
		var p Product
		if err := rows.Scan(&p.ID, &p.SKU, &p.Name, &p.Price, &p.Stock); err != nil {
			return nil, fault("list products", err)
		}
		list = append(list, p)
	}
	return list, fault("list products", rows.Err())
}

// ChangeStock adds to the stock, or takes from it when by is negative. A stock
// below zero is ErrInvalid, by the table's own rule.
func (s *Store) ChangeStock(ctx context.Context, sku string, by int) error {
	res, err := s.db.ExecContext(ctx, `UPDATE products SET stock = stock + :more WHERE sku = :sku`,
		sql.Named("more", by), sql.Named("sku", sku))
	if err != nil {
		return fault("change stock of "+sku, err)
	}
	one, err := changedOne(res)
	if err == nil && !one {
		err = fmt.Errorf("change stock of %s: %w", sku, ErrNotFound)
	}
	return err
}

// RemoveProduct deletes a product that was never ordered; ErrInUse otherwise.
func (s *Store) RemoveProduct(ctx context.Context, sku string) error {
	res, err := s.db.ExecContext(ctx, `DELETE FROM products WHERE sku = :sku`, sql.Named("sku", sku))
	if err != nil {
		return fault("remove product "+sku, err)
	}
	one, err := changedOne(res)
	if err == nil && !one {
		err = fmt.Errorf("remove product %s: %w", sku, ErrNotFound)
	}
	return err
}
