package oracle

import (
	"strings"
	"testing"
)

func TestSchemaUser(t *testing.T) {
	for name, c := range map[string]struct{ user, fault string }{
		"orders":                 {user: "ORDERS"},
		"Orders-2":               {user: "ORDERS_2"},
		"shop.orders":            {user: "SHOP_ORDERS"},
		strings.Repeat("x", 128): {user: strings.Repeat("X", 128)},
		strings.Repeat("x", 129): {fault: "not a user name"},
		"":                       {fault: "not a user name"},
		"2orders":                {fault: "not a user name"},
		"ord ers":                {fault: "not a user name"},
		`x" identified by "y`:    {fault: "not a user name"},
		"x;drop":                 {fault: "not a user name"},
		"bestellungen_für":       {fault: "not a user name"},
		"system":                 {fault: "keeps this name"},
		"order":                  {fault: "keeps this name"},
		"Table":                  {fault: "keeps this name"},
	} {
		user, err := SchemaUser(name)
		if user != c.user {
			t.Errorf("%q: got %q, want %q", name, user, c.user)
		}
		if got := err != nil; got != (c.fault != "") || got && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%q: got error %v, want %q", name, err, c.fault)
		}
	}
}

func TestSchemasHaveTheirOwnPasswords(t *testing.T) {
	schemas, err := newSchemas([]string{"orders", "billing"})
	if err != nil || len(schemas) != 2 {
		t.Fatalf("got %v, %v", schemas, err)
	}
	if schemas[0].Password.Reveal() == schemas[1].Password.Reveal() {
		t.Error("one password for both")
	}
}

func TestShardsAreCopiesOfTheOneSchema(t *testing.T) {
	for n, want := range map[int]string{0: "orders", 1: "orders", 3: "orders_1 orders_2 orders_3"} {
		if got := strings.Join(ShardNames([]string{"orders"}, n), " "); got != want {
			t.Errorf("%d shards: got %s", n, got)
		}
	}
	if _, err := (Config{Image: "x", Schemas: []string{"a", "b"}, Shards: 2}).withDefaults(); err == nil {
		t.Error("shards of two schemas: got no error")
	}
}

func TestSchemasTellAllFaultsAtOnce(t *testing.T) {
	_, err := newSchemas([]string{"orders", "ORDERS", "sys", "9"})
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("got %v, want three faults", err)
	}
}
