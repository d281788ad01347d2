//go:build integration

package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/examples/orders/store"
	"github.com/haddock-ci/pipeline/examples/orders/web"
)

// A service is the server of one test.
type service struct {
	*testing.T
	*httptest.Server
}

// serve starts the whole service over the pipeline's database.
func serve(t *testing.T) service {
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
	t.Cleanup(func() { _ = s.Close() })
	server := httptest.NewServer(web.Handler(s, slog.New(slog.DiscardHandler)))
	t.Cleanup(server.Close)
	return service{t, server}
}

// call sends the request, wants the status and decodes the answer.
func (s service) call(request, body string, want int, header ...string) map[string]any {
	t := s.T
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != want {
		t.Fatalf("%s = %d %s, want %d", request, resp.StatusCode, bytes.TrimSpace(text), want)
	}
	if strings.Contains(string(text), "ORA-") {
		t.Errorf("%s: the answer shows the database's error: %s", request, text)
	}
	var answer map[string]any
	_ = json.Unmarshal(text, &answer) // not every answer is an object
	return answer
}

func (s service) product(price string, stock int) (sku string) {
	s.Helper()
	sku = fmt.Sprintf("W-%d", time.Now().UnixNano()%1e15)
	s.call("POST /products", fmt.Sprintf(`{"sku":%q,"name":"Tea","price":%q,"stock":%d}`, sku, price, stock), 201)
	return sku
}

func TestAnOrderFromTheShelfToTheCustomer(t *testing.T) {
	s := serve(t)
	sku := s.product("4.20", 5)
	o := s.call("POST /orders", `{"customer":"Ann","dueOn":"2027-01-31","lines":[{"sku":"`+sku+`","quantity":2}]}`, 201)
	path := fmt.Sprintf("/orders/%.0f", o["id"])
	if o["total"] != "8.40" || o["status"] != "new" {
		t.Errorf("placed %v", o)
	}
	if got := s.call("GET /products/"+sku, "", 200); got["stock"] != 3.0 || got["price"] != "4.20" {
		t.Errorf("product %v", got)
	}
	s.call("PUT "+path+"/status", `{"status":"paid"}`, 200, "If-Match", `"1"`)
	s.call("PUT "+path+"/notes", `{"notes":"by bike"}`, 200, "If-Match", `"2"`)
	got := s.call("GET "+path, "", 200)
	if got["status"] != "paid" || got["version"] != 3.0 || got["notes"] != "by bike" || got["dueOn"] != "2027-01-31" {
		t.Errorf("order %v", got)
	}
	s.call("DELETE "+path, "", 204)
	s.call("GET "+path, "", 404)
}

func TestFaultsOfTheDatabaseBecomeStatusCodes(t *testing.T) {
	s := serve(t)
	sku := s.product("1", 1)
	o := s.call("POST /orders", `{"customer":"Ann","lines":[{"sku":"`+sku+`","quantity":1}]}`, 201)
	path := fmt.Sprintf("/orders/%.0f", o["id"])
	for name, tc := range map[string]struct {
		request, body string
		want          int
	}{
		"SKU taken":         {"POST /products", `{"sku":"` + sku + `","name":"Tea","price":"1"}`, 409},
		"out of stock":      {"POST /orders", `{"customer":"Ann","lines":[{"sku":"` + sku + `","quantity":1}]}`, 409},
		"product in use":    {"DELETE /products/" + sku, "", 409},
		"negative price":    {"POST /products", `{"sku":"x-` + sku + `","name":"Tea","price":"-1"}`, 422},
		"no name":           {"POST /products", `{"sku":"y-` + sku + `","price":"1"}`, 422},
		"unknown product":   {"POST /orders", `{"customer":"Ann","lines":[{"sku":"none","quantity":1}]}`, 404},
		"stale version":     {"PUT " + path + "/status", `{"status":"paid"}`, 412},
		"unknown field":     {"POST /products", `{"skuu":"x"}`, 400},
		"price with commas": {"POST /products", `{"sku":"z","name":"Tea","price":"1,50"}`, 400},
		"a day of no month": {"POST /orders", `{"customer":"Ann","dueOn":"2027-02-30"}`, 400},
		"not an id":         {"GET /orders/first", "", 400},
	} {
		t.Run(name, func(t *testing.T) {
			service{t, s.Server}.call(tc.request, tc.body, tc.want, "If-Match", `"7"`)
		})
	}
}

func TestSearchOverHTTP(t *testing.T) {
	s := serve(t)
	sku := s.product("1", 9)
	customer := "customer-of-" + sku
	for range 3 {
		s.call("POST /orders", `{"customer":"`+customer+`","lines":[{"sku":"`+sku+`","quantity":1}]}`, 201)
	}
	today := time.Now().UTC().Format(time.DateOnly)
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	for query, want := range map[string]struct {
		total  float64
		orders int
	}{
		"customer=" + customer:                            {3, 3},
		"customer=" + customer + "&size=2":                {3, 2},
		"customer=" + customer + "&size=2&page=2":         {3, 1},
		"customer=" + customer + "&from=" + yesterday:     {3, 3},
		"customer=" + customer + "&until=" + "2001-01-01": {0, 0},
		"customer=" + customer + "&status=shipped":        {0, 0},
		"customer=" + customer + "&until=" + today:        {3, 3},
	} {
		got := s.call("GET /orders?"+query, "", 200)
		if orders, _ := got["orders"].([]any); got["total"] != want.total || len(orders) != want.orders {
			t.Errorf("%s: total %v, %d orders; want %v", query, got["total"], len(orders), want)
		}
	}
	s.call("GET /orders?page=0", "", 400)
}

func TestTheServiceIsReadyWithItsDatabase(t *testing.T) {
	s := serve(t)
	s.call("GET /readyz", "", 200)
	s.call("GET /days", "", 200)
}
