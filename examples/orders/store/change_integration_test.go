//go:build integration

package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/examples/orders/store"
)

func TestSetStatusGoesFromVersionToVersion(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "1", 1)
	o := place(t, s, store.Order{Lines: lines(p.SKU, 1)})
	for i, to := range []store.Status{store.Paid, store.Shipped} {
		version, err := s.SetStatus(t.Context(), o.ID, i+1, to)
		if err != nil || version != i+2 {
			t.Fatalf("version %d, %v", version, err)
		}
		if got, err := s.Order(t.Context(), o.ID); err != nil || got.Status != to || got.Version != version {
			t.Errorf("order is %s, version %d, %v", got.Status, got.Version, err)
		}
	}
}

func TestTheSecondOfTwoChangesIsStale(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "1", 1)
	o := place(t, s, store.Order{Lines: lines(p.SKU, 1)})
	if _, err := s.SetStatus(t.Context(), o.ID, o.Version, store.Paid); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetStatus(t.Context(), o.ID, o.Version, store.Cancelled); !errors.Is(err, store.ErrStale) {
		t.Errorf("got %v", err)
	}
	if _, err := s.SetNotes(t.Context(), o.ID, o.Version, "late"); !errors.Is(err, store.ErrStale) {
		t.Errorf("got %v", err)
	}
	if got, err := s.Order(t.Context(), o.ID); err != nil || got.Status != store.Paid || got.Notes != "" {
		t.Errorf("order is %s with notes %q, %v", got.Status, got.Notes, err)
	}
	wantStock(t, s, p.SKU, 0)
}

func TestAStatusThatTheTableDoesNotKnow(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "1", 1)
	o := place(t, s, store.Order{Lines: lines(p.SKU, 1)})
	_, err := s.SetStatus(t.Context(), o.ID, 1, "lost")
	wantFault(t, err, store.ErrInvalid, "ORA-02290")
}

func TestCancellingPutsTheProductsBackOnce(t *testing.T) {
	s := open(t)
	tea, cup, other := addProduct(t, s, "1", 10), addProduct(t, s, "1", 10), addProduct(t, s, "1", 10)
	o := place(t, s, store.Order{Lines: []store.Line{
		{SKU: tea.SKU, Quantity: 3}, {SKU: cup.SKU, Quantity: 10}, {SKU: tea.SKU, Quantity: 4},
	}})
	wantStock(t, s, tea.SKU, 3)
	wantStock(t, s, cup.SKU, 0)
	version, err := s.SetStatus(t.Context(), o.ID, 1, store.Cancelled)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []store.Product{tea, cup, other} {
		wantStock(t, s, p.SKU, 10)
	}
	if _, err := s.SetStatus(t.Context(), o.ID, version, store.Cancelled); !errors.Is(err, store.ErrStale) {
		t.Errorf("got %v", err)
	}
	wantStock(t, s, tea.SKU, 10)
}

func TestNotesOfAnyLength(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "1", 1)
	o := place(t, s, store.Order{Lines: lines(p.SKU, 1)})
	version := o.Version
	for _, notes := range []string{
		"short", strings.Repeat("x", 4001), strings.Repeat("äß☕ ", 25_000), "short again", "",
	} {
		var err error
		if version, err = s.SetNotes(t.Context(), o.ID, version, notes); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Order(t.Context(), o.ID); err != nil || got.Notes != notes {
			t.Errorf("%d bytes came back as %d, %v", len(notes), len(got.Notes), err)
		}
	}
}

func TestRemoveOrderTakesItsLinesAlong(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "1", 1)
	o := place(t, s, store.Order{Lines: lines(p.SKU, 1)})
	if err := s.RemoveOrder(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Order(t.Context(), o.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if err := s.RemoveProduct(t.Context(), p.SKU); err != nil {
		t.Errorf("a line is left: %v", err)
	}
}
