package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/examples/orders/store"
)

func (a api) place(r *http.Request) (int, any, error) {
	var wanted struct {
		Customer string `json:"customer"`
		DueOn    string `json:"dueOn"`
		Notes    string `json:"notes"`
		Lines    []struct {
			SKU      string `json:"sku"`
			Quantity int    `json:"quantity"`
		} `json:"lines"`
	}
	if err := read(r, &wanted); err != nil {
		return 0, nil, err
	}
	if wanted.DueOn != "" {
		if _, err := time.Parse(time.DateOnly, wanted.DueOn); err != nil {
			return 0, nil, fmt.Errorf("%w: %w", errBad, err)
		}
	}
	o := store.Order{Customer: wanted.Customer, DueOn: wanted.DueOn, Notes: wanted.Notes}
	for _, l := range wanted.Lines {
		o.Lines = append(o.Lines, store.Line{SKU: l.SKU, Quantity: l.Quantity})
	}
	o, err := a.store.Place(r.Context(), o)
	return http.StatusCreated, o, err
}

func (a api) getOrder(r *http.Request) (int, any, error) {
	id, err := orderID(r)
	if err != nil {
		return 0, nil, err
	}
	o, err := a.store.Order(r.Context(), id)
	return http.StatusOK, o, err
}

func (a api) search(r *http.Request) (int, any, error) {
	f, err := filterOf(r.URL.Query())
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", errBad, err)
	}
	page, err := a.store.Search(r.Context(), f)
	return http.StatusOK, page, err
}

func (a api) setStatus(r *http.Request) (int, any, error) {
	var to struct {
		Status store.Status `json:"status"`
	}
	return a.change(r, &to, func(id int64, version int) (int, error) {
		return a.store.SetStatus(r.Context(), id, version, to.Status)
	})
}

func (a api) setNotes(r *http.Request) (int, any, error) {
	var to struct {
		Notes string `json:"notes"`
	}
	return a.change(r, &to, func(id int64, version int) (int, error) {
		return a.store.SetNotes(r.Context(), id, version, to.Notes)
	})
}

// change does what both changes of an order have in common: the version that
// the client has seen comes in If-Match, the new one goes back.
func (a api) change(r *http.Request, into any, do func(id int64, version int) (int, error)) (int, any, error) {
	id, err := orderID(r)
	if err != nil {
		return 0, nil, err
	}
	version, err := strconv.Atoi(strings.Trim(r.Header.Get("If-Match"), `"`))
	if err != nil {
		return 0, nil, fmt.Errorf("%w: the header If-Match must carry the order's version", errBad)
	}
	if err := read(r, into); err != nil {
		return 0, nil, err
	}
	version, err = do(id, version)
	return http.StatusOK, map[string]int{"version": version}, err
}

func (a api) removeOrder(r *http.Request) (int, any, error) {
	id, err := orderID(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, a.store.RemoveOrder(r.Context(), id)
}

func (a api) days(r *http.Request) (int, any, error) {
	days, err := a.store.Due(r.Context())
	return http.StatusOK, days, err
}

func orderID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errBad, err)
	}
	return id, nil
}

// filterOf reads ?customer=&status=&from=&until=&page=&size=; from and until
// are days, until includes its day, pages count from 1.
func filterOf(q url.Values) (store.Filter, error) {
	f := store.Filter{Customer: q.Get("customer"), Status: store.Status(q.Get("status"))}
	page := 1
	for key, into := range map[string]*int{"page": &page, "size": &f.Limit} {
		if text := q.Get(key); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 || n > 1_000_000 {
				return f, fmt.Errorf("%s %q: want a number from 1", key, text)
			}
			*into = n
		}
	}
	if f.Limit > store.MaxLimit { // the offset must count the pages that are really sent
		f.Limit = store.MaxLimit
	}
	if f.Limit == 0 {
		f.Limit = store.DefaultLimit
	}
	f.Offset = (page - 1) * f.Limit
	for key, into := range map[string]*time.Time{"from": &f.From, "until": &f.Until} {
		if text := q.Get(key); text != "" {
			day, err := time.Parse(time.DateOnly, text)
			if err != nil {
				return f, fmt.Errorf("%s: %w", key, err)
			}
			*into = day
		}
	}
	if !f.Until.IsZero() {
		f.Until = f.Until.AddDate(0, 0, 1)
	}
	return f, nil
}
