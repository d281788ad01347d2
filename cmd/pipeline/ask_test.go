package main

import (
	"database/sql"
	"fmt"
	"os"

	_ "github.com/sijms/go-ora/v2"
)

// askDatabase is a program that a story's tests run: it sends its arguments to
// the database that its environment names, one statement each, and prints the
// first value of the last.
func askDatabase() {
	answer, err := ask(os.Getenv("ORACLE_URL"), os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(answer)
}

func ask(url string, statements []string) (answer string, err error) {
	db, err := sql.Open("oracle", url)
	if err != nil {
		return "", err
	}
	defer db.Close()
	for i, statement := range statements {
		if i == len(statements)-1 {
			err := db.QueryRow(statement).Scan(&answer)
			return answer, err
		}
		if _, err := db.Exec(statement); err != nil {
			return "", err
		}
	}
	return "", nil
}
