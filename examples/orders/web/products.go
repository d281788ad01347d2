package web

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/haddock-ci/pipeline/examples/orders/store"
)

func (a api) addProduct(r *http.Request) (int, any, error) {
	var p store.Product
	if err := read(r, &p); err != nil {
		return 0, nil, err
	}
	p, err := a.store.AddProduct(r.Context(), p)
	return http.StatusCreated, p, err
}

func (a api) listProducts(r *http.Request) (int, any, error) {
	list, err := a.store.Products(r.Context(), r.FormValue("text"))
	return http.StatusOK, list, err
}

func (a api) getProduct(r *http.Request) (int, any, error) {
	p, err := a.store.Product(r.Context(), r.PathValue("sku"))
	return http.StatusOK, p, err
}

func (a api) changeStock(r *http.Request) (int, any, error) {
	var change struct {
		By int `json:"by"`
	}
	if err := read(r, &change); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, a.store.ChangeStock(r.Context(), r.PathValue("sku"), change.By)
}

func (a api) removeProduct(r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, a.store.RemoveProduct(r.Context(), r.PathValue("sku"))
}

// read decodes the body strictly.
func read(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w: %w", errBad, err)
	}
	return nil
}
