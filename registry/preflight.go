package registry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Preflight finds out before the first minute is spent what would fail after
// the last: that the registry answers, that the login may push, and that the
// tag is free or holds what Push would take for the same. It returns what is
// there now. An empty tag asks for the registry and the login only.
func (r *Repository) Preflight(ctx context.Context, p Push) (Tag, error) {
	tag := p.Tag
	if _, err := parse(r.Name, tag, false); err != nil {
		return Tag{}, err
	}
	var there Tag
	var unseen error
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		if tag != "" {
			there, unseen = r.Look(ctx, tag)
		}
	}()
	refused := r.tryUpload(ctx)
	<-looked
	if refused != nil { // says more than that the tag cannot be seen
		return Tag{}, r.fail(ctx, "check", tag, refused)
	}
	if unseen != nil {
		return Tag{}, unseen
	}
	if there.Digest == "" {
		return there, nil
	}
	_, err := r.accept(there, p)
	return there, err
}

// tryUpload begins an upload and takes it back: no registry tells in another
// way whether a login may push. Taking back is part of it, or every check would
// leave a folder behind.
func (r *Repository) tryUpload(ctx context.Context) error {
	trip, err := transport.NewWithContext(ctx, r.repo.Registry, authn.FromConfig(r.login.config()), r.trip,
		[]string{r.repo.Scope(transport.PushScope)})
	if err != nil {
		return err
	}
	at := url.URL{Scheme: r.repo.Scheme(), Host: r.Registry, Path: "/v2/" + r.repo.RepositoryStr() + "/blobs/uploads/"}
	client := &http.Client{Transport: trip}
	location, err := begin(ctx, client, at)
	if err != nil || location == "" {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, location, http.NoBody)
	if err != nil {
		return fmt.Errorf("it answers with a strange location: %w", err)
	}
	if resp, err := client.Do(req); err == nil { // not every registry can take back
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	return nil
}

func begin(ctx context.Context, client *http.Client, at url.URL) (location string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if err := transport.CheckError(resp, http.StatusAccepted, http.StatusCreated); err != nil {
		return "", err
	}
	to, err := at.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" {
		return "", nil // nothing to take back
	}
	return to.String(), nil
}
