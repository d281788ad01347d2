// Command released compares a release with what its registry says: it reads
// release.json, asks the registry's API for the tag's digest, and prints
//
//	<repository>:<tag> <repository>@<digest>
//
// for a script to use. It fails when the two digests differ. The demo uses it
// because curl and jq are not on every machine.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/registry"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: released <release.json>")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "released:", err)
		os.Exit(1)
	}
}

func run(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var release registry.Release
	if err := json.Unmarshal(text, &release); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	digest, err := digestOf(ctx, release.Repository, release.Tag)
	if err != nil {
		return err
	}
	if digest != release.Digest {
		return fmt.Errorf("%s says %s, the registry says %s", path, release.Digest, digest)
	}
	fmt.Printf("%s:%s %s@%s\n", release.Repository, release.Tag, release.Repository, digest)
	return nil
}

// digestOf asks the API itself, over plain HTTP, as the demo's registry speaks.
func digestOf(ctx context.Context, repository, tag string) (string, error) {
	host, name, _ := strings.Cut(repository, "/")
	url := "http://" + host + "/v2/" + name + "/manifests/" + tag
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Accept", "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	_ = resp.Body.Close() // a HEAD has none
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", url, resp.Status)
	}
	digest := resp.Header.Get("Docker-Content-Digest")
	if digest == "" {
		return "", errors.New(url + ": the answer names no digest")
	}
	return digest, nil
}
