//go:build integration

package store_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/examples/orders/store"
)

// open connects to the database that the pipeline started. Without one the
// test fails: these tests are worth nothing when they can be skipped.
func open(t *testing.T) *store.Store {
	t.Helper()
	url := os.Getenv("ORACLE_URL")
	if url == "" {
		t.Fatal("ORACLE_URL is not set; run these tests with `pipeline run --stage=itest`")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	s, err := store.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

var (
	started = time.Now().UnixNano() % 1e10
	count   atomic.Int64
)

// unique makes a name that no other test and no other run uses, so that the
// tests need no empty tables and no order.
func unique(prefix string) string {
	return fmt.Sprintf("%s-%d-%d", prefix, started, count.Add(1))
}

// addProduct stores a product of its own for the test.
func addProduct(t *testing.T, s *store.Store, price string, stock int) store.Product {
	t.Helper()
	p, err := s.AddProduct(t.Context(), store.Product{SKU: unique("S"), Name: "Tea", Price: money(t, price), Stock: stock})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// place stores an order and fails the test when that does not work.
func place(t *testing.T, s *store.Store, o store.Order) store.Order {
	t.Helper()
	if o.Customer == "" {
		o.Customer = unique("customer")
	}
	o, err := s.Place(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func lines(sku string, quantity int) []store.Line {
	return []store.Line{{SKU: sku, Quantity: quantity}}
}

func money(t *testing.T, text string) store.Money {
	t.Helper()
	m, err := store.ParseMoney(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func wantStock(t *testing.T, s *store.Store, sku string, want int) {
	t.Helper()
	p, err := s.Product(t.Context(), sku)
	if err != nil || p.Stock != want {
		t.Errorf("stock of %s = %d, %v; want %d", sku, p.Stock, err, want)
	}
}
