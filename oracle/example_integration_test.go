//go:build integration

package oracle_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/testcontainers/testcontainers-go"

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
		fmt.Println(one(db.Database().URL(schema), "SELECT USER FROM DUAL"))
	}
	// Output:
	// ORDERS
	// BILLING
}

// Each shard has the tables of the init scripts.
func ExampleWithInitScripts_standIn() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "scripts")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	script := filepath.Join(folder, "01-tables.sql")
	if err := os.WriteFile(script, []byte("CREATE TABLE shops (name VARCHAR2(20));\nINSERT INTO shops VALUES ('corner');\n"), 0o644); err != nil {
		log.Fatal(err)
	}
	db, err := oracle.Run(ctx, "oracle-standin:latest",
		oracle.WithSchemas("orders"), oracle.WithShards(2), oracle.WithInitScripts(script))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Terminate(ctx) }()

	for _, shard := range db.Database().Schemas {
		fmt.Println(shard.User, one(db.Database().URL(shard), "SELECT name FROM shops"))
	}
	// Output:
	// ORDERS_1 corner
	// ORDERS_2 corner
}

// What ended a boot is a value, beside the sentence.
func ExampleNotReadyError_standIn() {
	_, err := oracle.Run(context.Background(), "oracle-standin:latest",
		oracle.WithTimeout(time.Minute),
		testcontainers.WithEnv(map[string]string{"STANDIN_SCRIPT": "open fail"}))
	if failed, ok := errors.AsType[*oracle.NotReadyError](err); ok {
		fmt.Println(failed.Reason, "while", failed.Phase)
	}
	// Output: startup failed while opening the database
}

// The wait alone, for a container that is made in another way.
func ExampleForReady_standIn() {
	ctx := context.Background()
	container, err := testcontainers.Run(ctx, "oracle-standin:latest",
		testcontainers.WithExposedPorts("1521/tcp"),
		testcontainers.WithEnv(map[string]string{"ORACLE_PASSWORD": "tiger"}),
		testcontainers.WithWaitStrategyAndDeadline(time.Minute, oracle.ForReady()))
	defer func() { _ = testcontainers.TerminateContainer(container, testcontainers.StopTimeout(0)) }()
	if err != nil {
		log.Fatal(err)
	}
	port, err := container.MappedPort(ctx, "1521/tcp")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(one("oracle://system:tiger@127.0.0.1:"+port.Port()+"/FREEPDB1", "SELECT USER FROM DUAL"))
	// Output: SYSTEM
}

// one asks for one value.
func one(url, query string) string {
	pool, err := sql.Open("oracle", url)
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	var answer string
	if err := pool.QueryRow(query).Scan(&answer); err != nil {
		log.Fatal(err)
	}
	return answer
}
