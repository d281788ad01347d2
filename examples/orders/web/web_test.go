package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/examples/orders/store"
)

func TestWithoutADatabaseTheServiceIsAliveButNotReady(t *testing.T) {
	h := Handler(nil, slog.New(slog.DiscardHandler))
	for path, want := range map[string]int{
		"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable, "/orders/1": http.StatusServiceUnavailable,
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("GET %s = %d, want %d", path, w.Code, want)
		}
	}
}

func TestEveryFaultHasItsStatus(t *testing.T) {
	for err, want := range map[error]int{
		errBad: 400, store.ErrNotFound: 404, store.ErrTaken: 409, store.ErrInUse: 409, store.ErrOutOfStock: 409,
		store.ErrStale: 412, store.ErrInvalid: 422, store.ErrUnavailable: 503, fmt.Errorf("ORA-00600: secret"): 500,
	} {
		status, body := statusOf(fmt.Errorf("doing: %w", err))
		if status != want {
			t.Errorf("%v = %d, want %d", err, status, want)
		}
		if status == 500 && body.Error != "internal error" {
			t.Errorf("the answer says %q", body.Error)
		}
	}
}

func TestFilterOf(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	for query, want := range map[string]store.Filter{
		"":                                 {Limit: store.DefaultLimit},
		"customer=Ann&status=paid":         {Customer: "Ann", Status: store.Paid, Limit: store.DefaultLimit},
		"page=3&size=10":                   {Offset: 20, Limit: 10},
		"page=2&size=1000":                 {Offset: store.MaxLimit, Limit: store.MaxLimit},
		"from=2026-03-01&until=2026-03-31": {From: day(1), Until: day(32), Limit: store.DefaultLimit},
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := filterOf(q); err != nil || got != want {
			t.Errorf("filterOf(%q) = %+v, %v; want %+v", query, got, err, want)
		}
	}
}

func TestFilterOfRefuses(t *testing.T) {
	for _, query := range []string{"page=0", "page=x", "size=-1", "from=1.3.2026", "until=2026-02-30"} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := filterOf(q); err == nil {
			t.Errorf("filterOf(%q) = %+v, want an error", query, got)
		}
	}
}
