//go:build integration

package store_test

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/examples/orders/store"
)

func TestPlaceStoresWhatOrderFinds(t *testing.T) {
	s := open(t)
	tea, cup := addProduct(t, s, "4.50", 10), addProduct(t, s, "12.99", 10)
	want := place(t, s, store.Order{
		Customer: "Zoë", DueOn: "2028-02-29", Notes: "ring twice\nplease",
		PlacedAt: time.Date(2026, 3, 1, 12, 30, 15, 123456000, time.FixedZone("", 3600)),
		Lines:    []store.Line{{SKU: tea.SKU, Quantity: 3}, {SKU: cup.SKU, Quantity: 1}},
	})
	got, err := s.Order(t.Context(), want.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.Total != money(t, "26.49") || got.Status != store.New || got.Version != 1 {
		t.Errorf("total %s, status %s, version %d", got.Total, got.Status, got.Version)
	}
	if got.Lines[0].UnitPrice != tea.Price || got.Lines[1].UnitPrice != cup.Price {
		t.Errorf("unit prices %s, %s", got.Lines[0].UnitPrice, got.Lines[1].UnitPrice)
	}
}

func TestPlacedAtIsTheSameInstantWhateverTheZone(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "1", 10)
	for _, zone := range []int{0, 2 * 3600, -8 * 3600, 5*3600 + 1800} {
		at := time.Date(2026, 7, 1, 1, 2, 3, 4000, time.FixedZone("", zone))
		o := place(t, s, store.Order{PlacedAt: at, Lines: lines(p.SKU, 1)})
		if got, err := s.Order(t.Context(), o.ID); err != nil || !got.PlacedAt.Equal(at) {
			t.Errorf("placed at %s came back as %s, %v", at, got.PlacedAt, err)
		}
	}
}

func TestOrderIDsGrow(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "1", 10)
	first := place(t, s, store.Order{Lines: lines(p.SKU, 1)})
	second := place(t, s, store.Order{Lines: lines(p.SKU, 1)})
	if first.ID < 100_000 || second.ID <= first.ID {
		t.Errorf("ids %d, %d: want them to grow from 100000", first.ID, second.ID)
	}
}

func TestOrderWithoutDateAndNotes(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "1", 1)
	o := place(t, s, store.Order{Lines: lines(p.SKU, 1)})
	if got, err := s.Order(t.Context(), o.ID); err != nil || got.DueOn != "" || got.Notes != "" {
		t.Errorf("due %q, notes %q, %v", got.DueOn, got.Notes, err)
	}
}

func TestAnOrderMayHaveManyLines(t *testing.T) {
	s := open(t)
	o := store.Order{}
	var want store.Money
	for i := range 60 {
		p := addProduct(t, s, "0.10", 100)
		o.Lines = append(o.Lines, store.Line{SKU: p.SKU, Quantity: i + 1})
		want += store.Money(10 * (i + 1))
	}
	o = place(t, s, o)
	got, err := s.Order(t.Context(), o.ID)
	if err != nil || got.Total != want || !reflect.DeepEqual(got.Lines, o.Lines) {
		t.Errorf("total %s, want %s; %d lines, %v", got.Total, want, len(got.Lines), err)
	}
}

func TestThePriceOfAnOrderStaysWhenTheProductIsSoldOut(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "9999999.99", 2)
	o := place(t, s, store.Order{Lines: lines(p.SKU, 2)})
	wantStock(t, s, p.SKU, 0)
	if got, err := s.Order(t.Context(), o.ID); err != nil || got.Total != money(t, "19999999.98") {
		t.Errorf("total %s, %v", got.Total, err)
	}
}

func TestPlaceRefusesMoreThanTheStockAndKeepsIt(t *testing.T) {
	s := open(t)
	plenty, scarce := addProduct(t, s, "1", 10), addProduct(t, s, "1", 1)
	customer := unique("customer")
	_, err := s.Place(t.Context(), store.Order{
		Customer: customer,
		Lines:    []store.Line{{SKU: plenty.SKU, Quantity: 5}, {SKU: scarce.SKU, Quantity: 2}},
	})
	if !errors.Is(err, store.ErrOutOfStock) {
		t.Errorf("got %v", err)
	}
	wantStock(t, s, plenty.SKU, 10)
	wantStock(t, s, scarce.SKU, 1)
	if page, err := s.Search(t.Context(), store.Filter{Customer: customer}); err != nil || page.Total != 0 {
		t.Errorf("%d orders were stored, %v", page.Total, err)
	}
}

func TestPlaceRollsBackWhatTheTablesRefuse(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "1", 10)
	for name, tc := range map[string]struct {
		o    store.Order
		code string
	}{
		"no customer":       {store.Order{Lines: lines(p.SKU, 1)}, "ORA-01400"},
		"customer too long": {store.Order{Customer: strings.Repeat("x", 81), Lines: lines(p.SKU, 1)}, "ORA-12899"},
		"quantity of zero":  {store.Order{Customer: "Ann", Lines: lines(p.SKU, 0)}, "ORA-02290"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Place(t.Context(), tc.o)
			wantFault(t, err, store.ErrInvalid, tc.code)
			wantStock(t, s, p.SKU, 10)
		})
	}
}

func TestPlaceRefusesAnUnknownProduct(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "1", 10)
	_, err := s.Place(t.Context(), store.Order{
		Customer: "Ann", Lines: []store.Line{{SKU: p.SKU, Quantity: 1}, {SKU: unique("none"), Quantity: 1}},
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	wantStock(t, s, p.SKU, 10)
}

func TestPlaceRefusesAnOrderWithoutLines(t *testing.T) {
	s := open(t)
	if _, err := s.Place(t.Context(), store.Order{Customer: "Ann"}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

func TestTheLastPieceIsSoldOnce(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "1", 3)
	results := make(chan error, 6)
	var all sync.WaitGroup
	for range cap(results) {
		all.Go(func() {
			_, err := s.Place(t.Context(), store.Order{Customer: "Ann", Lines: lines(p.SKU, 1)})
			results <- err
		})
	}
	all.Wait()
	close(results)
	sold := 0
	for err := range results {
		if err == nil {
			sold++
		} else if !errors.Is(err, store.ErrOutOfStock) {
			t.Errorf("got %v", err)
		}
	}
	if sold != 3 {
		t.Errorf("%d of 3 pieces were sold", sold)
	}
	wantStock(t, s, p.SKU, 0)
}

func TestOrderThatIsNotThere(t *testing.T) {
	s := open(t)
	if _, err := s.Order(t.Context(), 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Order: got %v", err)
	}
	if _, err := s.SetStatus(t.Context(), 1, 1, store.Paid); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("SetStatus: got %v", err)
	}
	if err := s.RemoveOrder(t.Context(), 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("RemoveOrder: got %v", err)
	}
}
