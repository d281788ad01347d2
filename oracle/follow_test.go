package oracle

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/haddock-ci/pipeline/internal/events"
)

// engine is as much of a Docker engine as the follower asks: each request for
// the log gets the next stream, each inspection the next state.
type engine struct {
	mu      sync.Mutex
	streams [][]string // lines, with their times
	states  []string   // JSON of State; the last one stays
	since   []string   // what each request for the log asked for
	events  string     // JSON, before a stream of them that goes on
	mute    bool       // that stream ends at once
	news    int        // requests for events
	hold    <-chan struct{}
}

const (
	running  = `{"Running":true,"Status":"running"}`
	exited3  = `{"Running":false,"Status":"exited","ExitCode":3}`
	outOfMem = `{"Running":false,"Status":"exited","ExitCode":137,"OOMKilled":true}`
	killed   = `{"Running":false,"Status":"exited","ExitCode":137,"StartedAt":"2026-11-22T21:00:00.5Z"}`
	noLonger = "404"
)

func (e *engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch path.Base(r.URL.Path) {
	case "_ping":
		w.Header().Set("Api-Version", "1.41")
	case "logs":
		e.since = append(e.since, r.URL.Query().Get("since"))
		if len(e.streams) == 0 {
			http.Error(w, `{"message":"no such container"}`, http.StatusNotFound)
			return
		}
		for _, line := range e.streams[0] {
			var head [8]byte
			head[0] = 1
			binary.BigEndian.PutUint32(head[4:], uint32(len(line)+1))
			w.Write(head[:])
			fmt.Fprintln(w, line)
		}
		e.streams = e.streams[1:]
	case "events":
		e.news++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, e.events)
		w.(http.Flusher).Flush()
		if !e.mute {
			<-r.Context().Done()
		}
	case "json":
		if e.hold != nil {
			<-e.hold
		}
		state := e.states[0]
		if len(e.states) > 1 {
			e.states = e.states[1:]
		}
		if state == noLonger {
			http.Error(w, `{"message":"no such container"}`, http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"Id":"0123","State":%s}`, state)
	default:
		http.Error(w, `{"message":"not played: `+r.URL.Path+`"}`, http.StatusNotImplemented)
	}
}

func followed(t *testing.T, e *engine, cfg Config, secrets ...Password) *follower {
	t.Helper()
	f := follows(t, e, cfg, secrets...)
	select {
	case <-f.done:
	case <-time.After(20 * time.Second):
		t.Fatal("the follower does not end")
	}
	return f
}

func follows(t *testing.T, e *engine, cfg Config, secrets ...Password) *follower {
	t.Helper()
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	api, err := client.New(client.WithHost("tcp://"+strings.TrimPrefix(server.URL, "http://")), client.WithAPIVersion("1.41"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close() })
	f := (&docker{api: api}).follow(&instance{id: "0123", started: time.Now()}, cfg, secrets, new(history))
	t.Cleanup(f.close)
	return f
}

func at(second int, text string) string {
	return fmt.Sprintf("2026-11-22T21:00:%02d.000000001Z %s", second, text)
}

func TestFollowerGoesOnAfterABrokenStream(t *testing.T) {
	var out strings.Builder
	var mu sync.Mutex
	var phases []string
	e := &engine{
		streams: [][]string{
			{at(1, "CONTAINER: starting up..."), at(2, "CONTAINER: starting up Oracle Database...")},
			{at(2, "CONTAINER: starting up Oracle Database..."), at(3, readyText)}, // the engine repeats the last second
		},
		states: []string{running, exited3},
	}
	f := followed(t, e, Config{Log: &out, Events: func(e events.Event) {
		mu.Lock()
		defer mu.Unlock()
		phases = append(phases, e.Text)
	}})
	if want := "CONTAINER: starting up...\nCONTAINER: starting up Oracle Database...\n" + readyText + "\n"; out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	if got := strings.Join(phases, ", "); got != "starting up, starting the instance, ready by its log" {
		t.Errorf("phases: %s", got)
	}
	if len(e.since) != 2 || e.since[0] != "" || e.since[1] == "" {
		t.Errorf("asked for the log since %q", e.since)
	}
	<-f.ready
	<-f.failed
	if got := f.why(); got.Reason != Exited || got.ExitCode != 3 || got.Phase != Ready || len(got.Lines) != 3 {
		t.Errorf("got %+v", got)
	}
}

func TestFollowerTakesEveryLineOnce(t *testing.T) {
	var out strings.Builder
	followed(t, &engine{
		streams: [][]string{
			{at(1, "one"), at(3, "two"), at(2, "three, of the other stream"), at(3, "four"), at(3, "four")},
			{at(2, "three, of the other stream"), at(3, "two"), at(3, "four"), at(3, "four"), at(3, "five"), at(4, "six")},
		},
		states: []string{running, exited3},
	}, Config{Log: &out})
	if want := "one\ntwo\nthree, of the other stream\nfour\nfour\nfive\nsix\n"; out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestFollowerTellsHowAContainerEnded(t *testing.T) {
	for name, c := range map[string]struct {
		state string
		want  Reason
		code  int
	}{
		"exit":                 {exited3, Exited, 3},
		"killed by the kernel": {outOfMem, OutOfMemory, 137},
		"removed":              {noLonger, Removed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := followed(t, &engine{streams: [][]string{{at(1, "CONTAINER: starting up...")}}, states: []string{c.state}}, Config{})
			if got := f.why(); got == nil || got.Reason != c.want || got.ExitCode != c.code || got.Phase != Starting {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestFollowerKeepsTheFirstFailureAndTheLastLines(t *testing.T) {
	lines := []string{at(0, "CONTAINER: starting up..."), at(1, "ORA-27102: out of memory")}
	for i := range 40 {
		lines = append(lines, at(2+i, fmt.Sprintf("line %d", i)))
	}
	f := followed(t, &engine{streams: [][]string{lines}, states: []string{exited3}}, Config{})
	got := f.why()
	if got.Reason != StartupFailed || got.Code != 27102 {
		t.Errorf("got %+v", got)
	}
	if len(got.Lines) != keptLines || got.Lines[keptLines-1] != "line 39" {
		t.Errorf("lines: %q", got.Lines)
	}
}

// TestFollowerHidesPasswords is about Oracle's own images, which print the
// statement that sets the password (oracle/docker-images issue 2972).
func TestFollowerHidesPasswords(t *testing.T) {
	var out strings.Builder
	lines := []string{at(1, `SQL>       ALTER USER SYS IDENTIFIED BY "tiger1"`), at(2, "leopard2 and tiger1")}
	f := followed(t, &engine{streams: [][]string{lines}, states: []string{exited3}}, Config{Log: &out}, NewPassword("tiger1"), NewPassword("leopard2"))
	f.note("CONNECT ORDERS/\"leopard2\"\n")
	want := "SQL>       ALTER USER SYS IDENTIFIED BY \"[secret]\"\n[secret] and [secret]\nCONNECT ORDERS/\"[secret]\"\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	if all := fmt.Sprint(f.why().Lines); strings.Contains(all, "tiger1") {
		t.Errorf("got %s", all)
	}
}

func TestAnExpectedEndIsNoFailure(t *testing.T) {
	f := &follower{failed: make(chan struct{})}
	f.expectEnd()
	f.fail(NotReadyError{Reason: Removed})
	if got := f.why(); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestNobodyAsksWhoKilledWhatWeHaveKilled(t *testing.T) {
	hold := make(chan struct{})
	e := &engine{streams: [][]string{{at(1, readyText)}}, states: []string{killed}, hold: hold}
	f := follows(t, e, Config{})
	f.expectEnd()
	close(hold)
	<-f.done
	if e.news != 0 {
		t.Errorf("asked the engine %d times for the news of memory that ran out, and waited for it", e.news)
	}
}

func TestTheEnginesEventsTellWhoKilledAContainer(t *testing.T) {
	const term, kill, oom = `{"Action":"kill","Actor":{"Attributes":{"signal":"15"}}}`, `{"Action":"kill","Actor":{"Attributes":{"signal":"9"}}}`, `{"Action":"oom"}`
	for name, c := range map[string]struct {
		events string
		mute   bool
		want   Reason
	}{
		"the kernel":                      {oom, false, OutOfMemory},
		"somebody":                        {kill, false, Exited},
		"somebody, after asking":          {term + kill, false, Exited},
		"nobody":                          {"", false, Killed},
		"nobody, though somebody asked":   {term, false, Killed},
		"an engine that does not tell it": {"", true, Exited},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &engine{streams: [][]string{{at(1, readyText)}}, states: []string{killed}, events: c.events, mute: c.mute}
			if found := followed(t, e, Config{}).why(); found == nil || found.Reason != c.want || found.ExitCode != 137 {
				t.Errorf("got %+v, want %s", found, c.want)
			}
		})
	}
}

func TestPauseEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	if err := pause(ctx, time.Hour); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	if err := pause(t.Context(), time.Nanosecond); err != nil {
		t.Errorf("got %v", err)
	}
}
