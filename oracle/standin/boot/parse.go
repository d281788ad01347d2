package boot

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ScriptHelp explains the script language; [ParseScript] reads it.
const ScriptHelp = `A script is read line by line; # starts a comment line.

  flavour gvenzl|oracle     whose image is played (gvenzl)
  sid NAME                  database name; NAMEPDB1 is the pluggable one (FREE)
  no-ready                  live on without ever printing the READY line

  PHASE LENGTH              how long the phase lasts: 250ms, 2s, 1m30s
  PHASE again LENGTH        the same for later boots (half of the first)
  PHASE [after TIME] WHAT   something happens TIME after the phase began

Phases: init uncompress listener mount open reset pdb user setup startup ready

WHAT is one of
  log TEXT                  print a line
  exit STATUS               the container ends
  fail                      it fails as the real image does
  hang                      the phase never ends
  hog SIZE                  take memory: 300M, 2G
  disconnect                all sessions lose their connection
  answer ACT [WINDOW]       what a connection gets: an ORA code (12514,
                            ORA-12528), accept, close, silent, shortrefuse,
                            barerefuse, or refused (no listener)
  login CODE [WINDOW]       ORA code that a logon with the right password gets

WINDOW limits an answer, which else holds to the phase's end; any of
  for TIME | for ever       until registered (ALTER SYSTEM REGISTER ends it)
  first N                   service NAME (answer)    user NAME (login)
`

// ParseScript reads a script; the empty text is the default script, whose
// phases take some milliseconds. A fault is a [*ScriptError].
func ParseScript(text string) (Script, error) {
	s := defaultScript()
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.parseLine(&words{rest: line}); err != nil {
			return Script{}, &ScriptError{Line: i + 1, Why: err.Error()}
		}
	}
	for p := range s.phases {
		slices.SortStableFunc(s.phases[p].events, func(a, b event) int { return cmp.Compare(a.after, b.after) })
	}
	return s, nil
}

func (s *Script) parseLine(w *words) error {
	first := w.next()
	switch first {
	case "flavour":
		return s.parseFlavour(w)
	case "sid":
		return s.parseSID(w)
	case "no-ready":
		s.NeverReady = true
		return w.end()
	}
	for p := range phaseCount {
		if p.String() == first {
			return parsePhase(w, &s.phases[p], p)
		}
	}
	return fmt.Errorf("unknown word %q", first)
}

func (s *Script) parseFlavour(w *words) error {
	switch name := w.next(); name {
	case "gvenzl":
		s.Flavour = Gvenzl
	case "oracle":
		s.Flavour = Oracle
	default:
		return fmt.Errorf("unknown flavour %q, want gvenzl or oracle", name)
	}
	return w.end()
}

func (s *Script) parseSID(w *words) error {
	s.SID = strings.ToUpper(w.next())
	if !plainName(s.SID) {
		return fmt.Errorf("sid %q is not up to 12 letters and digits", s.SID)
	}
	return w.end()
}

// plainName reports whether the text may name a database: it becomes a folder.
func plainName(name string) bool {
	odd := func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }
	return name != "" && len(name) <= 12 && !strings.ContainsFunc(name, odd)
}

func parsePhase(w *words, to *plan, p Phase) error {
	word := w.next()
	var after time.Duration
	if word == "after" {
		var err error
		if after, err = w.duration(); err != nil {
			return err
		}
		word = w.next()
	}
	switch word {
	case "":
		return fmt.Errorf("nothing said about %s", p)
	case "answer", "login":
		return parseRule(w, to, rule{after: after, login: word == "login"})
	case "log", "exit", "fail", "hang", "hog", "disconnect":
		return parseEvent(w, to, word, after)
	}
	if after != 0 || (word[0] < '0' || word[0] > '9') && word != "again" {
		return fmt.Errorf("unknown word %q", word)
	}
	if p == Ready {
		return errors.New("ready has no length: it lasts until the container is stopped")
	}
	return parseLength(w, to, word)
}

func parseLength(w *words, to *plan, word string) error {
	var err error
	if word == "again" {
		to.againSet = true
		to.again, err = w.duration()
	} else {
		to.first, err = parseDuration(word)
	}
	if err != nil {
		return err
	}
	return w.end()
}

func parseEvent(w *words, to *plan, word string, after time.Duration) error {
	e := event{after: after}
	var err error
	switch word {
	case "log":
		e.text, w.rest = strings.TrimSpace(w.rest), ""
	case "exit":
		e.deed = doExit
		e.number, err = w.number(0, 255)
	case "fail":
		e.deed = doFail
	case "hang":
		e.deed = doHang
	case "disconnect":
		e.deed = doDisconnect
	case "hog":
		e.deed = doHog
		e.number, err = parseSize(w.next())
	}
	if err != nil {
		return err
	}
	to.events = append(to.events, e)
	return w.end()
}

func parseRule(w *words, to *plan, r rule) error {
	var err error
	if word := w.next(); r.login {
		r.answer.Act = Refuse
		r.answer.Code, err = parseCode(word)
	} else {
		r.answer, err = parseAnswer(word)
	}
	for err == nil && w.rest != "" {
		err = r.parseWindow(w)
	}
	if err != nil {
		return err
	}
	to.rules = append(to.rules, r)
	return nil
}

func (r *rule) parseWindow(w *words) error {
	var err error
	switch word := w.next(); {
	case word == "for":
		if rest, ever := strings.CutPrefix(w.rest+" ", "ever "); ever {
			w.rest = strings.TrimSpace(rest)
			return nil
		}
		r.during, err = w.duration()
		if err == nil && r.during == 0 {
			err = errors.New("for 0s is never")
		}
	case word == "first":
		var n int64
		n, err = w.number(1, math.MaxInt32)
		r.first = int(n)
	case word == "until":
		if what := w.next(); what != "registered" {
			return fmt.Errorf("unknown word %q, want registered", what)
		}
		r.until = true
	case word == "service" && !r.login, word == "user" && r.login:
		if r.whose = strings.ToUpper(w.next()); r.whose == "" {
			err = fmt.Errorf("%s needs a name", word)
		}
	default:
		err = fmt.Errorf("unknown word %q", word)
	}
	return err
}

func parseAnswer(word string) (Answer, error) {
	acts := map[string]Act{
		"accept": Accept, "close": Close, "silent": Silent, "shortrefuse": ShortRefuse,
		"barerefuse": BareRefuse, "refused": NoListener,
	}
	if act, ok := acts[word]; ok {
		return Answer{Act: act}, nil
	}
	code, err := parseCode(word)
	if err != nil {
		return Answer{}, fmt.Errorf("unknown answer %q", word)
	}
	return Answer{Act: Refuse, Code: code}, nil
}

// parseCode reads 12514, 01017 or ORA-12514.
func parseCode(word string) (int, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(word, "ORA-"))
	if err != nil || n < 1 || n > 99999 {
		return 0, fmt.Errorf("%q is not an ORA code", word)
	}
	return n, nil
}

func parseDuration(word string) (time.Duration, error) {
	d, err := time.ParseDuration(word)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a length of time such as 250ms or 2s", word)
	}
	return d, nil
}

func parseSize(word string) (int64, error) {
	digits := strings.TrimRight(word, "KMG")
	n, err := strconv.ParseInt(digits, 10, 64)
	unit, known := map[string]int64{"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[word[len(digits):]]
	if err != nil || !known || n < 1 || n > (64<<30)/unit {
		return 0, fmt.Errorf("%q is not a size such as 300M or 2G", word)
	}
	return n * unit, nil
}

// words hands out a line's words from left to right.
type words struct{ rest string }

// next is the next word, empty at the line's end.
func (w *words) next() string {
	word := w.rest
	if i := strings.IndexAny(w.rest, " \t"); i >= 0 {
		word = w.rest[:i]
	}
	w.rest = strings.TrimSpace(w.rest[len(word):])
	return word
}

func (w *words) end() error {
	if w.rest != "" {
		return fmt.Errorf("unexpected %q at the end", w.rest)
	}
	return nil
}

func (w *words) duration() (time.Duration, error) { return parseDuration(w.next()) }

func (w *words) number(from, to int64) (int64, error) {
	word := w.next()
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil || n < from || n > to {
		return 0, fmt.Errorf("%q is not a number from %d to %d", word, from, to)
	}
	return n, nil
}
