// Command goora asks go-ora the questions of features.txt.
//
// usage: goora HOST PORT SERVICE USER   (password: environment, PASSWORD)
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	goora "github.com/sijms/go-ora/v2"
	"github.com/sijms/go-ora/v2/network"
)

const (
	verdictWrong = "wrong"
	patience     = 60 * time.Second
)

// A check asks one question of a pool of one connection.
type check struct {
	name string
	run  func(*client) error
}

// A client is what a check works with.
type client struct {
	context.Context
	*sql.DB
	at target
}

type target struct {
	host, service, user, password string
	port                          int
	prefetch                      int // rows; 0: the driver's own number
}

func (t target) open() *sql.DB {
	options := map[string]string{}
	if t.prefetch > 0 {
		options["PREFETCH_ROWS"] = strconv.Itoa(t.prefetch)
	}
	pool := sql.OpenDB(goora.NewConnector(goora.BuildUrl(t.host, t.port, t.service, t.user, t.password, options)))
	pool.SetMaxOpenConns(1)
	return pool
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: goora HOST PORT SERVICE USER")
		os.Exit(2)
	}
	port, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "goora:", err)
		os.Exit(2)
	}
	at := target{host: os.Args[1], port: port, service: os.Args[3], user: os.Args[4], password: os.Getenv("PASSWORD")}
	fmt.Printf("driver\tgo-ora %s\tGo %s\n", version(), strings.TrimPrefix(runtime.Version(), "go"))
	for _, c := range append(append(basics(), types()...), statements()...) {
		verdict, note := ask(at, c)
		fmt.Printf("%s\t%s\t%s\n", c.name, verdict, note)
	}
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, dep := range info.Deps {
		if strings.HasPrefix(dep.Path, "github.com/sijms/go-ora") {
			return strings.TrimPrefix(dep.Version, "v")
		}
	}
	return "unknown"
}

func ask(at target, c check) (verdict, note string) {
	pool := at.open()
	defer func() { _ = pool.Close() }()
	answer := make(chan error, 1)
	go func() {
		defer func() {
			if fault := recover(); fault != nil {
				answer <- fmt.Errorf("panic: %v", fault)
			}
		}()
		answer <- c.run(&client{context.Background(), pool, at})
	}()
	select {
	case err := <-answer:
		return judge(err)
	case <-time.After(patience):
		return verdictWrong, "hangs"
	}
}

func judge(err error) (verdict, note string) {
	switch {
	case err == nil:
		return "ok", ""
	case errors.Is(err, errDriver):
		return "n/a", err.Error()
	case code(err) == 3001:
		return "3001", firstLine(err)
	}
	return verdictWrong, firstLine(err)
}

// errDriver says that the driver has no such thing.
var errDriver = errors.New("not in the driver")

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func code(err error) int {
	if ora, ok := errors.AsType[*network.OracleError](err); ok {
		return ora.ErrCode
	}
	return 0
}

func wantCode(err error, want int) error {
	if got := code(err); got != want {
		return fmt.Errorf("got code %d (%w), want %d", got, err, want)
	}
	return nil
}

func equal(got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("got %.80v, want %.80v", got, want)
	}
	return nil
}

// fetching returns a client that fetches so many rows at a time.
func (c *client) fetching(rows int) *client {
	at := c.at
	at.prefetch = rows
	return &client{c.Context, at.open(), at}
}

// exec runs statements that have no binds.
func (c *client) exec(statements ...string) error {
	for _, s := range statements {
		if _, err := c.ExecContext(c, s); err != nil {
			return fmt.Errorf("%.60s: %w", s, err)
		}
	}
	return nil
}

// table makes a table anew.
func (c *client) table(name, columns string) error {
	if _, err := c.ExecContext(c, "DROP TABLE "+name+" CASCADE CONSTRAINTS PURGE"); err != nil && code(err) != 942 {
		return err
	}
	return c.exec("CREATE TABLE " + name + " (" + columns + ")")
}

// row compares the one row of a query with what is wanted; values are compared
// as text.
func (c *client) row(query string, want []any, binds ...any) error {
	got := make([]sql.NullString, len(want))
	targets := make([]any, len(want))
	for i := range got {
		targets[i] = &got[i]
	}
	if err := c.QueryRowContext(c, query, binds...).Scan(targets...); err != nil {
		return fmt.Errorf("%.60s: %w", query, err)
	}
	for i, w := range want {
		text := sql.NullString{}
		if w != nil {
			text = sql.NullString{String: fmt.Sprint(w), Valid: true}
		}
		if got[i] != text {
			return fmt.Errorf("%.60s: column %d: got %.80v, want %.80v", query, i+1, got[i], text)
		}
	}
	return nil
}

// around writes values into a column of a type and reads them back.
func around[T any](c *client, kind string, values ...T) error {
	if err := c.table("goora", "id NUMBER, v "+kind); err != nil {
		return err
	}
	for i, v := range values {
		if _, err := c.ExecContext(c, "INSERT INTO goora VALUES (:1, :2)", i, v); err != nil {
			return err
		}
	}
	rows, err := c.QueryContext(c, "SELECT v FROM goora ORDER BY id")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var got []T
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return err
		}
		got = append(got, v)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return equal(got, values)
}
