package oracle

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/haddock-ci/pipeline/internal/events"
)

// keptLines is how much of the log's end an error may carry.
const keptLines = 20

// patience is how often in a row the engine may fail to answer, which it does
// while it restarts.
const patience = 50

// A follower is the one reader of a container's log. It knows the boot's phase,
// when READY came, and that the container has died.
type follower struct {
	docker *docker
	id     string
	sink   events.Sink
	out    io.Writer // nil: nobody wants the text
	mask   *strings.Replacer
	seen   *history

	ready  chan struct{} // closed at the READY line
	failed chan struct{} // closed when the boot has failed or the container ended
	done   chan struct{} // closed when nothing more is read
	stop   context.CancelFunc

	mu      sync.Mutex
	boot    bootLog
	started time.Time
	since   time.Time // when the phase began
	last    time.Time // the engine's time of the newest line
	same    int       // how many lines have that time
	from    time.Time // newest when the stream was reopened
	repeats int       // lines of that time that are still to come again
	heard   time.Time // when it came here
	lines   []string
	failure *NotReadyError
	ending  bool // we are about to remove the container
}

// follow begins to read; the follower ends with the container, or by close.
func (d *docker) follow(in *instance, cfg Config, secrets []Password, seen *history) *follower {
	var pairs []string
	for _, s := range secrets {
		if s.Reveal() != "" {
			pairs = append(pairs, s.Reveal(), hidden)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	f := &follower{
		docker: d, id: in.id, sink: cfg.Events, out: cfg.Log, mask: strings.NewReplacer(pairs...), seen: seen,
		ready: make(chan struct{}), failed: make(chan struct{}), done: make(chan struct{}), stop: stop,
		boot: bootLog{phase: Created}, started: in.started, since: time.Now(),
	}
	go f.run(ctx)
	return f
}

// drain ends the reading after the container's end, which lets the last lines
// arrive.
func (f *follower) drain() {
	select {
	case <-f.done:
	case <-time.After(time.Second):
	}
	f.close()
}

// close ends the reading at once.
func (f *follower) close() {
	f.stop()
	<-f.done
}

func (f *follower) run(ctx context.Context) {
	defer close(f.done)
	defer f.stop()
	for silent := 0; ctx.Err() == nil; {
		err := f.readStream(ctx)
		if ctx.Err() != nil {
			return
		}
		state, stateErr := f.docker.inspect(ctx, f.id)
		switch {
		case stateErr == nil && !state.State.Running:
			f.fail(f.ended(ctx, state.State))
			return
		case gone(stateErr):
			f.fail(NotReadyError{Reason: Removed})
			return
		case stateErr == nil:
			// The engine closed a stream that has not ended, such as at a log's
			// rotation: go on after the last line seen.
			silent = 0
		default:
			if silent++; silent >= patience {
				f.fail(NotReadyError{Reason: Lost, Err: errors.Join(stateErr, err)})
				return
			}
		}
		if pause(ctx, 200*time.Millisecond) != nil {
			return
		}
	}
}

func (f *follower) ended(ctx context.Context, state *container.State) NotReadyError {
	f.mu.Lock()
	asks := state.ExitCode == killedStatus && !f.ending // who killed it is known otherwise, and news takes time
	f.mu.Unlock()
	reason := Exited
	switch {
	case state.OOMKilled:
		reason = OutOfMemory
	case asks:
		reason = f.docker.whyKilled(ctx, f.id, state.StartedAt)
	}
	return NotReadyError{Reason: reason, ExitCode: state.ExitCode}
}

// readStream reads until the stream ends.
func (f *follower) readStream(ctx context.Context) error {
	options := client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Timestamps: true, Follow: true}
	f.mu.Lock()
	f.from, f.repeats = f.last, f.same
	f.mu.Unlock()
	if !f.from.IsZero() {
		options.Since = f.from.Format(time.RFC3339Nano)
	}
	stream, err := f.docker.api.ContainerLogs(ctx, f.id, options)
	if err != nil {
		return fmt.Errorf("follow the container's log: %w", err)
	}
	defer func() { _ = stream.Close() }()
	lines, text := io.Pipe()
	go func() {
		_, err := stdcopy.StdCopy(text, text, stream)
		_ = text.CloseWithError(err)
	}()
	defer func() { _ = lines.Close() }()
	reader := bufio.NewReader(lines)
	for {
		line, err := reader.ReadString('\n')
		if line != "" {
			f.take(strings.TrimRight(line, "\r\n"))
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("follow the container's log: %w", err)
		}
	}
}

// take handles one line, which begins with the engine's time.
func (f *follower) take(line string) {
	stamp, text, _ := strings.Cut(line, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		text = line
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil && f.repeated(at) {
		return
	}
	f.heard = time.Now()
	text = f.mask.Replace(text)
	if f.out != nil {
		_, _ = io.WriteString(f.out, text+"\n") // a full disk must not end the readiness; the run's own files tell
	}
	f.lines = append(f.lines, text)
	if len(f.lines) > keptLines {
		f.lines = f.lines[1:]
	}
	before, began := f.boot.phase, f.since
	wasReady := f.boot.ready
	if f.boot.read(text) {
		f.since = time.Now()
		f.tellPhase(before, f.since.Sub(began))
		f.seen.began(f.boot.phase, f.last, f.id)
	}
	f.seen.line(f.last, f.boot.phase, text)
	if f.boot.ready && !wasReady {
		close(f.ready)
	}
	if f.boot.failure != "" {
		f.failLocked(NotReadyError{Reason: StartupFailed, Err: errors.New(f.boot.failure)})
	}
}

// repeated tells a line that came before the stream was reopened. Apart from
// that every line counts: some engines give one time to several, and the lines
// of the two streams may come out of order.
func (f *follower) repeated(at time.Time) bool {
	if at.Before(f.from) {
		return true
	}
	if at.Equal(f.from) && f.repeats > 0 {
		f.repeats--
		return true
	}
	if at.After(f.last) {
		f.last, f.same = at, 0
	}
	if at.Equal(f.last) {
		f.same++
	}
	return false
}

func (f *follower) tellPhase(before Phase, took time.Duration) {
	text := string(f.boot.phase)
	if name := f.boot.scriptName(); name != "" {
		text += " (" + name + ")"
	}
	f.sink.Emit(events.Event{
		Kind: events.OraclePhase, Text: text, Seconds: took.Seconds(),
		Fields: map[string]string{"phase": string(f.boot.phase), "before": string(before)},
	})
}

func (f *follower) fail(e NotReadyError) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failLocked(e)
}

func (f *follower) failLocked(e NotReadyError) {
	if f.failure != nil || f.ending {
		return
	}
	f.describe(&e)
	f.failure = &e
	close(f.failed)
}

// answering notes that the database has answered: what happens from here on is
// a loss.
func (f *follower) answering() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.boot.phase = Answering
	f.seen.began(Answering, time.Now(), f.id)
}

// phase is how far the log has come.
func (f *follower) phase() Phase {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.boot.phase
}

// stuck tells whether the log has ended, for at least that long, where images
// are known to hang: after the grants to the user that they create.
func (f *follower) stuck(silence time.Duration) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.boot.ready || f.boot.script != "" || time.Since(f.heard) < silence {
		return false
	}
	for _, line := range slices.Backward(f.lines) {
		if line = strings.TrimSpace(line); line != "" {
			return strings.HasPrefix(line, grantText)
		}
	}
	return false
}

// lockedOut tells whether the image failed to set a password because of a lock.
func (f *follower) lockedOut() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.boot.locked
}

// expectEnd says that the container's end is our own doing from now on.
func (f *follower) expectEnd() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ending = true
}

// why returns what the follower found; nil as long as nothing failed. The
// container's end completes what the log has said before.
func (f *follower) why() *NotReadyError {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failure == nil {
		return nil
	}
	e := *f.failure
	e.Lines = append([]string(nil), f.lines...)
	return &e
}

// known fills in what the log has told so far.
func (f *follower) known(e *NotReadyError) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.describe(e)
}

func (f *follower) describe(e *NotReadyError) {
	e.After = time.Since(f.started)
	if e.Phase == "" {
		e.Phase = f.boot.phase
	}
	if e.Code == 0 {
		e.Code = f.boot.code
	}
	e.Lines = append([]string(nil), f.lines...)
}

// note puts text of our own making into the log's copy, such as what sqlplus
// answered.
func (f *follower) note(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.out != nil && text != "" {
		_, _ = io.WriteString(f.out, f.mask.Replace(strings.TrimRight(text, "\n"))+"\n") // as for the log's own lines
	}
}

// swallowed returns the errors of scripts that the image ran by itself.
func (f *follower) swallowed() []*InitError {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]*InitError(nil), f.boot.bad...)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
