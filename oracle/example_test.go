package oracle_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"path/filepath"
	"time"

	_ "github.com/sijms/go-ora/v2"
	"github.com/testcontainers/testcontainers-go"

	"github.com/haddock-ci/pipeline/oracle"
)

// A test's database, as with any testcontainers module.
func ExampleRun() {
	ctx := context.Background()
	db, err := oracle.Run(ctx, "gvenzl/oracle-free:23.26.0-slim-faststart",
		oracle.WithSchemas("orders"),
		oracle.WithTimeout(3*time.Minute))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Terminate(ctx)

	pool, err := sql.Open("oracle", db.ConnectionString())
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	var user string
	if err := pool.QueryRowContext(ctx, "SELECT USER FROM DUAL").Scan(&user); err != nil {
		log.Fatal(err)
	}
	fmt.Println(user)
}

// The tables are made once. Later runs start from a snapshot of the database,
// until a script or the image changes.
func ExampleWithSnapshot() {
	ctx := context.Background()
	scripts, err := filepath.Abs("testdata/init/01-tables.sql")
	if err != nil {
		log.Fatal(err)
	}
	db, err := oracle.Run(ctx, "gvenzl/oracle-free:23.26.0-slim-faststart",
		oracle.WithSchemas("orders"),
		oracle.WithInitScripts(scripts),
		oracle.WithSnapshot("shop"))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Terminate(ctx)
	fmt.Println(db.JDBCURL())
}

// Four test processes share a database; each has a schema of its own.
func ExampleWithShards() {
	ctx := context.Background()
	db, err := oracle.Run(ctx, "gvenzl/oracle-free:23.26.0-slim-faststart",
		oracle.WithSchemas("orders"),
		oracle.WithShards(4))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Terminate(ctx)
	for _, shard := range db.Database().Schemas {
		fmt.Println(shard.User) // ORDERS_1 to ORDERS_4
	}
}

// A failure tells what happened, and the last that was known.
func ExampleNotReadyError() {
	_, err := oracle.Run(context.Background(), "gvenzl/oracle-free:23.26.0-slim-faststart")
	if failed, ok := errors.AsType[*oracle.NotReadyError](err); ok {
		fmt.Println(failed.Reason, failed.Phase, failed.Code)
	}
}

// What a container knows about a failure is worth to be kept beside the test's
// own log.
func ExampleContainer_Diagnose() {
	ctx := context.Background()
	container, err := oracle.Start(ctx, oracle.Config{Image: "gvenzl/oracle-free:23.26.0-slim-faststart"})
	if err != nil {
		log.Fatal(err)
	}
	defer container.Stop(ctx)
	if _, err := container.Wait(ctx); err != nil {
		limit, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		for _, found := range container.Diagnose(limit) {
			fmt.Printf("== %s: %s\n%s\n", found.Name, found.About, found.Text)
		}
	}
}

// The database boots while something else is done.
func ExampleStart() {
	ctx := context.Background()
	container, err := oracle.Start(ctx, oracle.Config{
		Image:   "gvenzl/oracle-free:23.26.0-slim-faststart",
		Schemas: []string{"orders", "billing"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer container.Stop(ctx)

	// ... compile ...

	db, err := container.Wait(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(db.JDBCURL())
}

// The wait alone, for a container that is made in another way.
func ExampleForReady() {
	ctx := context.Background()
	container, err := testcontainers.Run(ctx, "gvenzl/oracle-free:23.26.0-slim-faststart",
		testcontainers.WithExposedPorts("1521/tcp"),
		testcontainers.WithEnv(map[string]string{"ORACLE_PASSWORD": "tiger"}),
		testcontainers.WithWaitStrategyAndDeadline(3*time.Minute, oracle.ForReady()))
	defer testcontainers.TerminateContainer(container)
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleDatabase_Env() {
	db := oracle.Database{
		Host: "127.0.0.1", Port: 32768, Service: "FREEPDB1",
		Schemas: []oracle.Schema{{Name: "orders", User: "ORDERS", Password: oracle.NewPassword("tiger")}},
	}
	for _, entry := range db.Env() {
		fmt.Println(entry)
	}
	// Output:
	// ORACLE_HOST=127.0.0.1
	// ORACLE_PORT=32768
	// ORACLE_SERVICE=FREEPDB1
	// ORACLE_JDBC_URL=jdbc:oracle:thin:@//127.0.0.1:32768/FREEPDB1
	// ORACLE_USER=ORDERS
	// ORACLE_PASSWORD=tiger
	// ORACLE_URL=oracle://ORDERS:tiger@127.0.0.1:32768/FREEPDB1
}
