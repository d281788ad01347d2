//go:build integration

package oracle_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/haddock-ci/pipeline/oracle"
)

// The FAKE stand-in, which needs no registry, is started as the real database
// is.
func ExampleRun_standIn() {
	ctx := context.Background()
	db, err := oracle.Run(ctx, "oracle-standin:latest", oracle.WithSchemas("orders", "billing"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Terminate(ctx) }()

	for _, schema := range db.Database().Schemas {
		pool, err := sql.Open("oracle", db.Database().URL(schema))
		if err != nil {
			log.Fatal(err)
		}
		var user string
		if err := pool.QueryRowContext(ctx, "SELECT USER FROM DUAL").Scan(&user); err != nil {
			log.Fatal(err)
		}
		fmt.Println(user)
		_ = pool.Close()
	}
	// Output:
	// ORDERS
	// BILLING
}
