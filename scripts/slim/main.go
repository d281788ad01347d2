// Command slim prints a hash of go-ora's character sets, so that slim.sh can
// prove that its narrowed tables hold the same numbers.
package main

import (
	"crypto/sha256"
	"fmt"

	"github.com/sijms/go-ora/v2/converters"
)

func main() {
	sum := sha256.New()
	for id := range 10000 {
		fmt.Fprintf(sum, "%d %+v\n", id, converters.NewStringConverter(id))
	}
	fmt.Printf("%x\n", sum.Sum(nil))
}
