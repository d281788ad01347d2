//go:build integration

package store_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/examples/orders/store"
)

// history stores one order a day for a customer of its own, from 1 March 2026
// at noon on.
func history(t *testing.T, s *store.Store, days int) (customer string, ids []int64) {
	t.Helper()
	p := addProduct(t, s, "2.50", days)
	customer = unique("customer")
	for i := range days {
		o := place(t, s, store.Order{Customer: customer, PlacedAt: day(i + 1), Lines: lines(p.SKU, 1)})
		ids = append(ids, o.ID)
	}
	return customer, ids
}

func day(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }

func found(t *testing.T, s *store.Store, f store.Filter) (total int, ids []int64) {
	t.Helper()
	page, err := s.Search(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range page.Orders {
		ids = append(ids, o.ID)
	}
	return page.Total, ids
}

func TestSearchIsNewestFirst(t *testing.T) {
	s := open(t)
	customer, ids := history(t, s, 3)
	total, got := found(t, s, store.Filter{Customer: customer})
	if want := []int64{ids[2], ids[1], ids[0]}; total != 3 || !reflect.DeepEqual(got, want) {
		t.Errorf("got %d: %v, want %v", total, got, want)
	}
}

func TestSearchByDateIncludesFromAndExcludesUntil(t *testing.T) {
	s := open(t)
	customer, ids := history(t, s, 5)
	for name, tc := range map[string]struct {
		from, until time.Time
		want        []int64
	}{
		"both":        {day(2), day(4), []int64{ids[2], ids[1]}},
		"from":        {day(4), time.Time{}, []int64{ids[4], ids[3]}},
		"until":       {time.Time{}, day(2), []int64{ids[0]}},
		"a moment":    {day(3), day(3).Add(time.Microsecond), []int64{ids[2]}},
		"none":        {day(6), day(9), nil},
		"other zone":  {day(4).In(time.FixedZone("", -9*3600)), day(5).In(time.FixedZone("", 9*3600)), []int64{ids[3]}},
		"wrong order": {day(4), day(2), nil},
	} {
		t.Run(name, func(t *testing.T) {
			total, got := found(t, s, store.Filter{Customer: customer, From: tc.from, Until: tc.until})
			if total != len(tc.want) || !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %d: %v, want %v", total, got, tc.want)
			}
		})
	}
}

func TestSearchInPages(t *testing.T) {
	s := open(t)
	customer, ids := history(t, s, 7)
	var got []int64
	for offset := 0; offset < 9; offset += 3 {
		total, page := found(t, s, store.Filter{Customer: customer, Offset: offset, Limit: 3})
		if total != 7 {
			t.Errorf("total %d at offset %d", total, offset)
		}
		got = append(got, page...)
	}
	for i, id := range got {
		if id != ids[len(ids)-1-i] {
			t.Fatalf("got %v, want %v from the end", got, ids)
		}
	}
	if total, page := found(t, s, store.Filter{Customer: customer, Offset: 7}); total != 7 || page != nil {
		t.Errorf("past the end: %d, %v", total, page)
	}
}

func TestSearchByStatus(t *testing.T) {
	s := open(t)
	customer, ids := history(t, s, 3)
	if _, err := s.SetStatus(t.Context(), ids[1], 1, store.Paid); err != nil {
		t.Fatal(err)
	}
	if _, got := found(t, s, store.Filter{Customer: customer, Status: store.Paid}); !reflect.DeepEqual(got, ids[1:2]) {
		t.Errorf("paid: %v, want %v", got, ids[1:2])
	}
	if total, _ := found(t, s, store.Filter{Customer: customer, Status: store.New}); total != 2 {
		t.Errorf("new: %d, want 2", total)
	}
}

func TestSearchFillsInEveryColumn(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "2.50", 9)
	o := place(t, s, store.Order{DueOn: "2026-12-24", Lines: lines(p.SKU, 3)})
	page, err := s.Search(t.Context(), store.Filter{Customer: o.Customer})
	if err != nil || len(page.Orders) != 1 {
		t.Fatalf("got %+v, %v", page, err)
	}
	o.Lines = nil
	if got := page.Orders[0]; !reflect.DeepEqual(got, o) {
		t.Errorf("got  %+v\nwant %+v", got, o)
	}
}

func TestSearchTakesACustomerAsText(t *testing.T) {
	s := open(t)
	history(t, s, 1)
	if total, _ := found(t, s, store.Filter{Customer: "' OR 1=1 --"}); total != 0 {
		t.Errorf("found %d orders", total)
	}
}

func TestDueSumsUpOpenOrdersPerDay(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "0.35", 100)
	mine := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(started%100_000)) // no other run's days
	first, second := mine.Format(time.DateOnly), mine.AddDate(0, 0, 1).Format(time.DateOnly)
	for _, o := range []store.Order{
		{DueOn: second, Lines: lines(p.SKU, 1)},
		{DueOn: first, Lines: lines(p.SKU, 2)},
		{DueOn: first, Lines: lines(p.SKU, 5)},
		{Lines: lines(p.SKU, 1)},
	} {
		place(t, s, o)
	}
	gone := place(t, s, store.Order{DueOn: first, Lines: lines(p.SKU, 1)})
	if _, err := s.SetStatus(t.Context(), gone.ID, 1, store.Cancelled); err != nil {
		t.Fatal(err)
	}
	days, err := s.Due(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []store.Day
	for i, d := range days {
		if d.DueOn == first || d.DueOn == second {
			got = append(got, d)
		}
		if d.DueOn == "" && i != len(days)-1 {
			t.Errorf("orders without a date stand at %d of %d", i, len(days))
		}
	}
	want := []store.Day{{DueOn: first, Orders: 2, Value: 245}, {DueOn: second, Orders: 1, Value: 35}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestBestCountsPiecesAndLeavesOutTheCancelled(t *testing.T) {
	s := open(t)
	since := time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(started) * time.Millisecond)
	a, b, c := addProduct(t, s, "1", 100), addProduct(t, s, "1", 100), addProduct(t, s, "1", 100)
	sell := func(sku string, quantity int, at time.Time) store.Order {
		return place(t, s, store.Order{PlacedAt: at, Lines: lines(sku, quantity)})
	}
	sell(a.SKU, 2, since)
	sell(a.SKU, 3, since)
	sell(b.SKU, 7, since)
	sell(c.SKU, 1, since)
	sell(a.SKU, 50, since.Add(-time.Hour))
	gone := sell(c.SKU, 60, since)
	if _, err := s.SetStatus(t.Context(), gone.ID, 1, store.Cancelled); err != nil {
		t.Fatal(err)
	}
	got, err := s.Best(t.Context(), since, 2, 10)
	want := []store.Seller{{SKU: b.SKU, Pieces: 7}, {SKU: a.SKU, Pieces: 5}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if got, err := s.Best(t.Context(), since, 1, 1); err != nil || !reflect.DeepEqual(got, want[:1]) {
		t.Errorf("the best alone: got %v, %v; want %v", got, err, want[:1])
	}
}
