//go:build integration

package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/examples/orders/store"
)

func TestAddProductReturnsWhatProductFinds(t *testing.T) {
	s := open(t)
	want, err := s.AddProduct(t.Context(), store.Product{SKU: unique("S"), Name: "Grüner Tee ☕", Price: 1990, Stock: 7})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Product(t.Context(), want.SKU)
	if err != nil || got != want || want.ID == 0 {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestProductIDsComeFromTheSequence(t *testing.T) {
	s := open(t)
	first, second := addProduct(t, s, "1", 1), addProduct(t, s, "1", 1)
	if second.ID <= first.ID {
		t.Errorf("ids %d, %d: want them to grow", first.ID, second.ID)
	}
}

func TestPricesAreExact(t *testing.T) {
	s := open(t)
	for _, price := range []string{"0.00", "0.01", "0.10", "0.29", "19.90", "100.00", "1234567.89", "9999999999.99"} {
		p := addProduct(t, s, price, 0)
		got, err := s.Product(t.Context(), p.SKU)
		if err != nil || got.Price.String() != price {
			t.Errorf("price %s came back as %s, %v", price, got.Price, err)
		}
	}
}

func TestAddProductRefusesASecondSKU(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "1", 1)
	_, err := s.AddProduct(t.Context(), store.Product{SKU: p.SKU, Name: "other"})
	wantFault(t, err, store.ErrTaken, "ORA-00001")
}

func TestAddProductRefusesWhatTheTableDoesNotHold(t *testing.T) {
	s := open(t)
	for name, tc := range map[string]struct {
		p    store.Product
		code string
	}{
		"no name":         {store.Product{SKU: unique("S")}, "ORA-01400"},
		"name too long":   {store.Product{SKU: unique("S"), Name: strings.Repeat("x", 101)}, "ORA-12899"},
		"negative price":  {store.Product{SKU: unique("S"), Name: "Tea", Price: -1}, "ORA-02290"},
		"negative stock":  {store.Product{SKU: unique("S"), Name: "Tea", Stock: -1}, "ORA-02290"},
		"too many digits": {store.Product{SKU: unique("S"), Name: "Tea", Price: 1_000_000_000_000}, "ORA-01438"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.AddProduct(t.Context(), tc.p)
			wantFault(t, err, store.ErrInvalid, tc.code)
		})
	}
}

func TestANameMayBeAsLongAsItsColumn(t *testing.T) {
	s := open(t)
	name := strings.Repeat("ü", 100) // 100 characters, 200 bytes
	p, err := s.AddProduct(t.Context(), store.Product{SKU: unique("S"), Name: name})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Product(t.Context(), p.SKU); err != nil || got.Name != name {
		t.Errorf("got %q, %v", got.Name, err)
	}
}

func TestProductThatIsNotThere(t *testing.T) {
	s := open(t)
	if _, err := s.Product(t.Context(), unique("S")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Product: got %v", err)
	}
	if err := s.ChangeStock(t.Context(), unique("S"), 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("ChangeStock: got %v", err)
	}
	if err := s.RemoveProduct(t.Context(), unique("S")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("RemoveProduct: got %v", err)
	}
}

func TestProductsFindsTextInAnyCaseByName(t *testing.T) {
	s := open(t)
	mark := unique("mark")
	for _, name := range []string{"b " + mark, "C " + strings.ToUpper(mark), "a " + mark, "d other"} {
		if _, err := s.AddProduct(t.Context(), store.Product{SKU: unique("S"), Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Products(t.Context(), mark)
	if err != nil {
		t.Fatal(err)
	}
	var first []string
	for _, p := range list {
		first = append(first, p.Name[:1])
	}
	if got := strings.Join(first, " "); got != "C a b" { // binary order: capitals first
		t.Errorf("got %q", got)
	}
}

func TestAListMayBeLongerThanOneFetch(t *testing.T) {
	s := open(t)
	mark := unique("long")
	const n = 120
	for range n {
		if _, err := s.AddProduct(t.Context(), store.Product{SKU: unique("S"), Name: mark}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Products(t.Context(), mark)
	if err != nil || len(list) != n {
		t.Fatalf("got %d products, %v; want %d", len(list), err, n)
	}
	for i := 1; i < n; i++ {
		if list[i].ID <= list[i-1].ID {
			t.Fatalf("product %d has id %d after %d", i, list[i].ID, list[i-1].ID)
		}
	}
}

func TestChangeStock(t *testing.T) {
	s := open(t)
	p := addProduct(t, s, "1", 5)
	for _, by := range []int{3, -8} {
		if err := s.ChangeStock(t.Context(), p.SKU, by); err != nil {
			t.Fatal(err)
		}
	}
	wantStock(t, s, p.SKU, 0)
	wantFault(t, s.ChangeStock(t.Context(), p.SKU, -1), store.ErrInvalid, "ORA-02290")
	wantStock(t, s, p.SKU, 0)
}

func TestRemoveProductOnlyWhenItWasNeverOrdered(t *testing.T) {
	s := open(t)
	free, ordered := addProduct(t, s, "1", 1), addProduct(t, s, "1", 1)
	place(t, s, store.Order{Lines: lines(ordered.SKU, 1)})
	if err := s.RemoveProduct(t.Context(), free.SKU); err != nil {
		t.Error(err)
	}
	wantFault(t, s.RemoveProduct(t.Context(), ordered.SKU), store.ErrInUse, "ORA-02292")
}

// wantFault wants the meaning and, in the text, the database's own code.
func wantFault(t *testing.T, err, meaning error, code string) {
	t.Helper()
	if !errors.Is(err, meaning) || !strings.Contains(err.Error(), code) {
		t.Errorf("got %v; want %v with %s", err, meaning, code)
	}
}
