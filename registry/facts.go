package registry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// SizeOf is how many bytes a pull of the image brings, asked of its registry.
func SizeOf(ctx context.Context, ref string, keys *Keychain) (int64, error) {
	image, name, err := Pull(ctx, ref, false, keys)
	if err != nil {
		return 0, err
	}
	manifest, err := image.Manifest()
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", name, err)
	}
	size := manifest.Config.Size
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	return size, nil
}

// Skew is how far this machine's clock is ahead of the registry's, to the
// second.
func (r *Repository) Skew(ctx context.Context) (time.Duration, error) {
	at := url.URL{Scheme: r.repo.Scheme(), Host: r.Registry, Path: "/v2/"}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), http.NoBody)
	if err != nil {
		return 0, fmt.Errorf("ask %s for the time: %w", r.Registry, err)
	}
	resp, err := (&http.Client{Transport: r.trip}).Do(req)
	if err != nil {
		return 0, r.fail(ctx, "ask the time of", "", err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	there, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return 0, fmt.Errorf("ask %s for the time: it answers without a date", r.Registry)
	}
	return time.Since(there).Truncate(time.Second), nil
}
