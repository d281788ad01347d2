// The one program in the test image: it sleeps, talks or listens as told.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

func main() {
	args := append(os.Args[1:], "", "", "")
	switch args[0] {
	case "say": // <stdout> <stderr> <status>
		fmt.Println(args[1])
		fmt.Fprintln(os.Stderr, args[2])
		status, _ := strconv.Atoi(args[3])
		os.Exit(status)
	case "cat":
		if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
			os.Exit(1)
		}
	case "show": // <file>
		data, err := os.ReadFile(args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Stdout.Write(data)
	default:
		fmt.Println("sleeping")
		time.Sleep(10 * time.Minute)
	}
}
