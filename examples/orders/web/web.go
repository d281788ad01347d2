// Package web is the service's HTTP face. It owns the mapping from what went
// wrong to a status code, and it keeps one rule: an answer never carries text
// of the database.
package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/haddock-ci/pipeline/examples/orders/store"
)

const (
	maxBody      = 1 << 20
	queryTimeout = 10 * time.Second
)

// Handler answers for the store. A nil store is a service without a database:
// it is alive but not ready.
func Handler(s *store.Store, log *slog.Logger) http.Handler {
	a := api{store: s, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", a.ready)
	for pattern, do := range map[string]action{
		"POST /products":             a.addProduct,
		"GET /products":              a.listProducts,
		"GET /products/{sku}":        a.getProduct,
		"POST /products/{sku}/stock": a.changeStock,
		"DELETE /products/{sku}":     a.removeProduct,
		"POST /orders":               a.place,
		"GET /orders":                a.search,
		"GET /orders/{id}":           a.getOrder,
		"PUT /orders/{id}/status":    a.setStatus,
		"PUT /orders/{id}/notes":     a.setNotes,
		"DELETE /orders/{id}":        a.removeOrder,
		"GET /days":                  a.days,
	} {
		mux.HandleFunc(pattern, a.answer(do))
	}
	return mux
}

type api struct {
	store *store.Store
	log   *slog.Logger
}

// An action answers a request with a status and a body, which is sent as JSON
// unless it is nil.
type action func(r *http.Request) (status int, body any, err error)

// errBad marks a request that could not be understood.
var errBad = errors.New("bad request")

func (a api) answer(do action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if a.store == nil {
			writeJSON(w, http.StatusServiceUnavailable, problem{Error: "no database"})
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), queryTimeout)
		defer cancel()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		status, body, err := do(r.WithContext(ctx))
		if err != nil {
			status, body = statusOf(err)
			a.log.Info("request failed", "method", r.Method, "path", r.URL.Path, "status", status, "error", err)
		}
		writeJSON(w, status, body)
	}
}

func (a api) ready(w http.ResponseWriter, r *http.Request) {
	if a.store == nil || a.store.Ping(r.Context()) != nil {
		http.Error(w, "no database", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

type problem struct {
	Error string `json:"error"`
}

// statusOf is the one place where an error becomes a status code.
func statusOf(err error) (int, problem) {
	for _, known := range []struct {
		err    error
		status int
	}{
		{errBad, http.StatusBadRequest},
		{store.ErrNotFound, http.StatusNotFound},
		{store.ErrTaken, http.StatusConflict},
		{store.ErrInUse, http.StatusConflict},
		{store.ErrOutOfStock, http.StatusConflict},
		{store.ErrStale, http.StatusPreconditionFailed},
		{store.ErrInvalid, http.StatusUnprocessableEntity},
		{store.ErrUnavailable, http.StatusServiceUnavailable},
	} {
		if errors.Is(err, known.err) {
			return known.status, problem{Error: known.err.Error()}
		}
	}
	return http.StatusInternalServerError, problem{Error: "internal error"}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone
}
