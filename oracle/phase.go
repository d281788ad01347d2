package oracle

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Phase is how far the container's log says that the database has come. It
// completes the sentence "the database is ...".
type Phase string

// The phases of a boot, in their order. Not every image has all of them.
const (
	Created      Phase = "about to start"
	Starting     Phase = "starting up"
	Unpacking    Phase = "unpacking its data files"
	Creating     Phase = "creating the database"
	Instance     Phase = "starting the instance"
	Mounted      Phase = "mounting the database"
	Opened       Phase = "opening the database"
	Passwords    Phase = "setting its passwords"
	Pluggables   Phase = "creating pluggable databases"
	Users        Phase = "creating the image's own user"
	Scripts      Phase = "running the image's init scripts"
	Ready        Phase = "ready by its log"
	LoggingIn    Phase = "waiting for a login" // from here on it is us who act
	Initialising Phase = "running the init scripts"
	Answering    Phase = "answering"
)

// phaseOf returns the phase that a line opens, in gvenzl's images and in
// Oracle's own; "" for all other lines.
func phaseOf(line string) Phase {
	for _, landmark := range [...]struct {
		text  string
		phase Phase
	}{
		{"CONTAINER: starting up...", Starting},
		{"CONTAINER: uncompressing database data files", Unpacking},
		{"CONTAINER: starting up Oracle Database", Instance},
		{"CONTAINER: Resetting SYS and SYSTEM passwords", Passwords},
		{"CONTAINER: Creating new pluggable database", Pluggables},
		{"CONTAINER: Plugging existing pluggable database", Pluggables},
		{"CONTAINER: Creating app user", Users},
		{"CONTAINER: Creating database application user", Users},
		{"CONTAINER: Executing user", Scripts},
		{"Starting Oracle Net Listener", Starting},
		{"Starting Oracle Database instance", Instance},
		{"Configuring Oracle Database", Creating},
		{"Prepare for db operation", Creating},
		{"Copying database files", Creating},
		{"Creating and starting Oracle instance", Creating},
		{"ORACLE instance started.", Mounted},
		{"Database mounted.", Opened},
		{"Executing user defined scripts", Scripts},
	} {
		if strings.Contains(line, landmark.text) {
			return landmark.phase
		}
	}
	return ""
}

// Texts that end a boot.
const (
	readyText   = "DATABASE IS READY TO USE!"
	failedText  = "DATABASE STARTUP FAILED!"
	noSetupText = "NOT SUCCESSFUL!"
	noSpaceText = "No space left on device"
	grantText   = "Grant succeeded." // followed by nothing when an image hangs
)

var (
	oraCode   = regexp.MustCompile(`\bORA-(\d{3,5})\b`)
	runScript = regexp.MustCompile(`(?:CONTAINER|runUserScripts\.sh): (DONE: )?(?:running|sourcing) (\S+)`)
)

// A bootLog reads the container's log line by line up to READY. The zero value
// is ready for the first line.
type bootLog struct {
	phase   Phase
	ready   bool
	code    int    // the last Oracle error code in the log
	locked  bool   // the image could not set a password for somebody else's lock
	failure string // the line after which no recovery is possible
	script  string // the init script that the image is running
	errors  sqlErrors
	bad     []*InitError // what the scripts met and the image swallowed
}

// read takes one line and tells whether it changed the phase, ended the boot
// well (ready) or badly (failure).
func (b *bootLog) read(line string) (changed bool) {
	if b.ready {
		return false // what follows is the alert log's tail
	}
	line = strings.TrimSpace(line)
	code := lineCode(line)
	if code != 0 {
		b.code = code
		b.locked = b.locked || b.phase == Passwords && (code == resourceBusy || code == lockTimeout)
	}
	switch {
	case strings.Contains(line, readyText):
		b.ready = true
		b.endScript()
		return b.enter(Ready)
	case strings.Contains(line, failedText), strings.Contains(line, noSetupText):
		b.fail(line)
		return false
	}
	if m := runScript.FindStringSubmatch(line); m != nil {
		b.endScript()
		if m[1] == "" {
			b.script = m[2]
		}
		return b.enter(Scripts)
	}
	if b.script != "" {
		b.errors.read(line)
		return false
	}
	if fatalInLog(code, b.phase) || strings.Contains(line, noSpaceText) {
		b.fail(line)
		return false
	}
	return b.enter(phaseOf(line))
}

// endScript keeps the errors of the script that has run.
func (b *bootLog) endScript() {
	for _, e := range b.errors.list {
		e.File, e.InImage = b.script, true
		b.bad = append(b.bad, &e)
	}
	b.script, b.errors = "", sqlErrors{}
}

func (b *bootLog) enter(phase Phase) bool {
	if phase == "" || b.phase == phase {
		return false
	}
	b.phase = phase
	return true
}

func (b *bootLog) fail(line string) {
	if b.failure == "" {
		b.failure = strings.Trim(line, "# ")
	}
}

// scriptName is the base name of the script that runs, for a person.
func (b *bootLog) scriptName() string {
	if b.script == "" {
		return ""
	}
	return path.Base(b.script)
}

func lineCode(line string) int {
	m := oraCode.FindStringSubmatch(line)
	if m == nil {
		return 0
	}
	code, _ := strconv.Atoi(m[1]) // digits by the expression
	return code
}
