package imagebuild

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	bkclient "github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/haddock-ci/pipeline/internal/events"
)

// tailLines is how much of a failing step's output its error carries.
const tailLines = 50

// progress reads what the engine tells about a build and passes it on: to the
// log, to the events, and in the end to the error.
type progress struct {
	recipe *recipe
	sink   events.Sink
	mask   *strings.Replacer

	mu    sync.Mutex
	log   io.Writer
	order []digest.Digest
	steps map[digest.Digest]*running
}

// running is one vertex of the build's graph.
type running struct {
	number    int
	name      string
	said      bool // that it has started
	done      bool
	cached    bool
	err       string
	started   *time.Time
	completed *time.Time
	partial   string
	tail      []string
}

func newProgress(req Request, recipe *recipe) *progress {
	p := &progress{
		recipe: recipe, sink: req.Events, mask: newMask(req.Secrets), log: req.Log,
		steps: map[digest.Digest]*running{},
	}
	if p.log == nil {
		p.log = io.Discard
	}
	return p
}

func (p *progress) take(s *bkclient.SolveStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range s.Vertexes {
		p.vertex(v)
	}
	for _, l := range s.Logs {
		if r := p.steps[l.Vertex]; r != nil {
			p.output(r, string(l.Data))
		}
	}
}

func (p *progress) vertex(v *bkclient.Vertex) {
	r := p.steps[v.Digest]
	if r == nil {
		r = &running{number: len(p.order) + 1}
		p.steps[v.Digest] = r
		p.order = append(p.order, v.Digest)
	}
	r.name, r.cached, r.err = p.mask.Replace(v.Name), v.Cached, p.mask.Replace(v.Error)
	r.started, r.completed = v.Started, v.Completed
	if v.Started != nil && !r.said {
		r.said = true
		p.print(r, r.name)
		if isStep(r.name) {
			p.tellStep(firstLine(r.name))
		}
	}
	if v.Completed == nil || r.done {
		return
	}
	r.done = true
	p.end(r)
	switch {
	case r.err != "" && strings.Contains(r.err, "context canceled"):
		p.print(r, "CANCELED")
	case r.err != "":
		p.print(r, "ERROR: "+r.err)
	case r.cached:
		p.print(r, "CACHED")
	default:
		p.print(r, fmt.Sprintf("DONE %.1fs", r.seconds()))
	}
}

// tellStep tells which instruction runs now: "[build 2/5] RUN make" counts the
// stages' steps by itself.
func (p *progress) tellStep(name string) {
	var n, of int64
	bracket, _, _ := strings.Cut(strings.TrimPrefix(name, "["), "]")
	if _, err := fmt.Sscanf(bracket[strings.LastIndexByte(bracket, ' ')+1:], "%d/%d", &n, &of); err != nil {
		p.sink.Progress(name)
		return
	}
	p.sink.Count(name, events.Count{Done: n, Total: of, Unit: events.UnitSteps})
}

// output cuts what a step writes into lines: a secret could otherwise hide in
// the seam of two pieces.
func (p *progress) output(r *running, data string) {
	text := r.partial + data
	for {
		line, rest, found := strings.Cut(text, "\n")
		if !found {
			break
		}
		p.line(r, line)
		text = rest
	}
	r.partial = text
}

func (p *progress) line(r *running, line string) {
	line = strings.TrimSuffix(line, "\r")
	if at := strings.LastIndexByte(line, '\r'); at >= 0 { // a progress bar: its last state
		line = line[at+1:]
	}
	line = p.mask.Replace(line)
	r.tail = append(r.tail, line)
	if len(r.tail) > tailLines {
		r.tail = r.tail[len(r.tail)-tailLines:]
	}
	p.print(r, line)
	p.sink.Emit(events.Event{Kind: events.LogLine, Text: line})
}

func (p *progress) end(r *running) {
	if r.partial != "" {
		p.line(r, r.partial)
		r.partial = ""
	}
}

// flush ends what has no end: after a cancelled build some steps never do.
func (p *progress) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.order {
		p.end(p.steps[d])
	}
}

// print writes to the build's log. A log that cannot be written is no reason
// to lose the build; its owner sees the error when closing it.
func (p *progress) print(r *running, text string) {
	_, _ = fmt.Fprintf(p.log, "#%d %s\n", r.number, strings.ReplaceAll(text, "\n", " "))
}

func (r *running) seconds() float64 {
	if r.started == nil || r.completed == nil {
		return 0
	}
	return r.completed.Sub(*r.started).Seconds()
}

// finished lists the steps that are instructions, in the order they started.
func (p *progress) finished() []Step {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Step
	for _, d := range p.order {
		r := p.steps[d]
		if !isStep(r.name) || !r.done {
			continue
		}
		i, _ := p.recipe.find(r.name)
		out = append(out, Step{Name: r.name, Line: i.line, Cached: r.cached, Seconds: r.seconds()})
	}
	return out
}

// failed is the step that the build died of: the first with an error that is
// not the mere end of its neighbours.
func (p *progress) failed() *running {
	p.mu.Lock()
	defer p.mu.Unlock()
	var any *running
	for _, d := range slices.Backward(p.order) {
		if r := p.steps[d]; r.err != "" && (any == nil || !strings.Contains(r.err, "context canceled")) {
			any = r
		}
	}
	return any
}

// isStep tells an instruction from the engine's own work.
func isStep(name string) bool { return strings.HasPrefix(name, "[") && stepName().MatchString(name) }
