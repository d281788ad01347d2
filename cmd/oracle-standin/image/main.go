// Command image writes the stand-in's container image, a docker-archive for
// "docker load", to standard output. The same binary gives the same image.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func main() {
	binary := flag.String("binary", "", "the static oracle-standin binary")
	arch := flag.String("arch", "amd64", "its architecture")
	tag := flag.String("tag", "oracle-standin:latest", "tag of the image")
	flag.Parse()
	if err := run(*binary, *arch, *tag, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "image: %v\n", err)
		os.Exit(1)
	}
}

func run(binary, arch, tag string, out io.Writer) error {
	program, err := os.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("read binary: %w", err)
	}
	image, err := build(program, arch)
	if err != nil {
		return err
	}
	reference, err := name.NewTag(tag)
	if err != nil {
		return fmt.Errorf("tag: %w", err)
	}
	return write(out, reference, image)
}

func write(out io.Writer, tag name.Tag, image v1.Image) error {
	if err := tarball.Write(tag, image, out); err != nil {
		return fmt.Errorf("write image: %w", err)
	}
	return nil
}
