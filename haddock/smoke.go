package haddock

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator"
)

// smokeTimeout is what one answer may take.
const smokeTimeout = 15 * time.Second

// smoke asks a slot through the locator, from the locator's own host and before
// any visitor can come to it. A slot that cannot answer is silently answered
// for by another one, so only what the slot itself has counted counts.
func (s *Service) smoke(ctx context.Context, slot string) error {
	port, secure, err := entrance(s.env.Proxy.Bind)
	if err != nil {
		return err
	}
	before, process, err := s.answered(ctx, slot)
	if err != nil {
		return err
	}
	client := &http.Client{
		Timeout:       smokeTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return s.host.DialLoopback(ctx, port)
			},
			//nolint:gosec // the name on the certificate is the public one, and this is the loopback
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		},
	}
	for _, path := range s.Config.Service.Smoke {
		if err := ask(ctx, client, secure, path, slot); err != nil {
			if _, now, lost := s.answered(ctx, slot); lost != nil || now != process {
				return fmt.Errorf("smoke test: %w: it was restarted meanwhile: %w", locator.ErrDown, err)
			}
			return fmt.Errorf("smoke test: %w", err)
		}
	}
	after, now, err := s.answered(ctx, slot)
	if err != nil {
		return err
	}
	if now != process {
		return fmt.Errorf("smoke test: %w: it was restarted meanwhile", locator.ErrDown)
	}
	if sent := int64(len(s.Config.Service.Smoke)); after-before < sent {
		return fmt.Errorf("smoke test: %d requests were answered, but only %d of them by slot %s", sent, max(after-before, 0), slot)
	}
	return nil
}

// answered is how many requests the slot has answered well, by the count of
// which process.
func (s *Service) answered(ctx context.Context, slot string) (requests int64, process int, err error) {
	state, err := s.proxy.Read(ctx)
	if err != nil {
		return 0, 0, err
	}
	one, ok := state.Slot(slot)
	if !ok {
		return 0, 0, fmt.Errorf("use slot %s: HAProxy does not have it", slot)
	}
	return one.Responses2xx, state.PID, nil
}

func ask(ctx context.Context, client *http.Client, secure bool, path, slot string) error {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://localhost"+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set(locator.PreviewHeader, slot)
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("GET %s: %s", path, answer.Status)
	}
	return nil
}

// entrance is the port by which the locator's own host comes in.
func entrance(binds []string) (port int, secure bool, err error) {
	for _, bind := range binds {
		words := strings.Fields(bind)
		if len(words) == 0 {
			continue
		}
		address, number, ok := cutLast(words[0], ":")
		port, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue
		}
		switch strings.Trim(strings.TrimPrefix(address, "ipv4@"), "[]") {
		case "", "*", "0.0.0.0", "127.0.0.1", "::", "ipv6@::":
			return port, slices.Contains(words, "ssl"), nil
		}
	}
	return 0, false, fmt.Errorf("smoke test: none of proxy.bind (%s) is reached from 127.0.0.1: add one, such as 127.0.0.1:8081", strings.Join(binds, ", "))
}

func cutLast(text, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}
