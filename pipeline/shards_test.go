package pipeline

import (
	"slices"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/oracle"
)

// TestTheVariablesAreThoseThatTheDatabaseSets holds the two lists together: what
// build.env may name, and what the commands get.
func TestTheVariablesAreThoseThatTheDatabaseSets(t *testing.T) {
	for name, c := range map[string]struct {
		oracle string
		want   string // one variable among them
	}{
		"one schema by default": {"{shards: 1}", "ORACLE_JDBC_URL"},
		"one schema":            {"{schemas: [Orders]}", "ORACLE_USER"},
		"several schemas":       {"{schemas: [Orders, bil$ling]}", "ORACLE_BIL_LING_HOST"},
		"shards":                {"{shards: 3}", "ORACLE_ORDERS_3_PASSWORD"},
		"shards of a schema":    {"{shards: 2, schemas: [web]}", "ORACLE_WEB_1_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := load(t, "name: orders\noracle: "+c.oracle+"\nbuild: {env: {X: \"${"+c.want+"}\"}}\n")
			if err != nil {
				t.Fatal(err)
			}
			db := oracle.Database{}
			for _, schema := range cfg.schemaNames() {
				user, err := oracle.SchemaUser(schema)
				if err != nil {
					t.Fatal(err)
				}
				db.Schemas = append(db.Schemas, oracle.Schema{Name: schema, User: user})
			}
			set := []string{"PIPELINE_RUN_ID"}
			for _, pair := range db.Env() {
				variable, _, _ := strings.Cut(pair, "=")
				set = append(set, variable)
			}
			if got := slices.Sorted(slices.Values(cfg.EnvNames())); !slices.Equal(got, slices.Sorted(slices.Values(set))) {
				t.Errorf("names\n%s\nthe database sets\n%s", got, set)
			}
		})
	}
}

func TestTheDatabaseIsConfiguredAsTheFileSays(t *testing.T) {
	for text, want := range map[string]string{"snapshot: auto": "orders", "snapshot: off": "", "shards: 1": ""} {
		cfg, err := load(t, "name: orders\noracle: {"+text+"}\n")
		if err != nil {
			t.Fatal(err)
		}
		got := (&run{cfg: cfg}).oracleConfig(nil, nil)
		if got.Snapshot != want || got.Shards != 1 {
			t.Errorf("%s: got %+v, %d shards", text, got.Snapshot, got.Shards)
		}
	}
}
