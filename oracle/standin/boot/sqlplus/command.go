package sqlplus

import (
	"fmt"
	"strconv"
	"strings"
)

// command obeys a SQL*Plus command; false means that the text is none.
func (s *shell) command(text string) bool {
	if rest, ok := strings.CutPrefix(text, "@@"); ok {
		s.script(rest, true)
		return true
	}
	if rest, ok := strings.CutPrefix(text, "@"); ok {
		s.script(rest, false)
		return true
	}
	if strings.HasPrefix(text, "!") || strings.HasPrefix(text, "$") {
		text = "host " + text[1:]
	}
	if sqlVerb.MatchString(text) {
		return false
	}
	word, rest, _ := strings.Cut(text, " ")
	word = strings.ToLower(strings.TrimRight(word, "; \t"))
	full := expand(word)
	if full == "" {
		return false
	}
	rest = strings.TrimSpace(rest)
	if full != "prompt" && full != "remark" && full != "execute" {
		rest = strings.TrimSpace(strings.TrimSuffix(rest, ";"))
	}
	s.dispatch(full, rest)
	return true
}

// commands and their shortest forms.
const commands = "connect=conn,define=def,disconnect=disc,execute=exec,exit,quit," +
	"host=ho,pause=pau,prompt=pro,remark=rem,run=r,set,show=sho,shutdown,spool=spo,start=sta,startup,timing=timi," +
	"ttitle=tti,undefine=undef,whenever,describe=desc,variable=var,print=pri,accept=acc,list=l,password=passw," +
	"break=bre,btitle=bti,clear=cl,column=col,compute=comp,recover,archive"

// expand finds the command that the word abbreviates.
func expand(word string) string {
	for entry := range strings.SplitSeq(commands, ",") {
		full, short, cut := strings.Cut(entry, "=")
		if !cut {
			short = full
		}
		if strings.HasPrefix(full, word) && len(word) >= len(short) {
			return full
		}
	}
	return ""
}

func (s *shell) dispatch(command, rest string) {
	switch command {
	case "break", "btitle", "clear", "column", "compute", "pause", "spool", "timing", "ttitle", "remark":
	case "prompt":
		s.printf("%s\n", rest)
	case "connect":
		s.connect(rest)
	case "disconnect":
		s.disconnect()
	case "define":
		name, value, _ := strings.Cut(rest, "=")
		s.defines[strings.ToUpper(strings.TrimSpace(name))] = strings.Trim(strings.TrimSpace(value), `'"`)
	case "undefine":
		delete(s.defines, strings.ToUpper(rest))
	case "execute":
		s.buffer = "BEGIN " + strings.TrimSuffix(rest, ";") + "; END;"
		s.execute()
	case "run":
		s.execute()
	case "exit", "quit":
		s.obeyExit(rest)
	case "set":
		s.obeySet(rest)
	case "show":
		s.obeyShow(rest)
	case "start":
		s.script(rest, false)
	case "startup", "shutdown":
		s.power(command)
	case "whenever":
		s.obeyWhenever(rest)
	default:
		s.printf("SP2-0042: unknown command \"%s\" - rest of line ignored. (not in the stand-in)\n", command)
	}
}

func (s *shell) script(rest string, beside bool) {
	fields := strings.Fields(strings.TrimSuffix(strings.TrimSpace(rest), ";"))
	if len(fields) == 0 {
		s.printf("SP2-0310: unable to open file \"\"\n")
		return
	}
	name := strings.Trim(fields[0], `"'`)
	if beside {
		name = s.sibling(name)
	}
	s.open(name, fields[1:])
}

func (s *shell) connect(rest string) {
	had := s.session != nil
	if had {
		_, _ = s.session.Run(s.ctx, "COMMIT") // CONNECT commits; the old session is gone either way
		_ = s.session.Close()
		s.session = nil
	}
	if err := s.logon(rest); err != nil {
		s.printLogonError(err)
		if had {
			s.printf("Warning: You are no longer connected to ORACLE.\n")
		}
		s.react(s.onSQL)
		return
	}
	s.printf("Connected.\n")
}

func (s *shell) power(command string) {
	do := s.on.Startup
	if command == "shutdown" {
		do = s.on.Shutdown
	}
	if err := do(s.ctx); err != nil {
		s.printLogonError(err)
		s.react(s.onSQL)
		return
	}
	if command == "shutdown" {
		s.printf("Database closed.\nDatabase dismounted.\nORACLE instance shut down.\n")
		return
	}
	s.printf("ORACLE instance started.\nDatabase mounted.\nDatabase opened.\n")
}

func (s *shell) obeyExit(rest string) {
	status, rollback := "SUCCESS", false
	for word := range strings.FieldsSeq(strings.ToUpper(rest)) {
		switch word {
		case "ROLLBACK":
			rollback = true
		case "COMMIT":
		default:
			status = word
		}
	}
	s.exit(status, rollback)
}

func (s *shell) exit(status string, rollback bool) {
	s.exiting, s.rollback = true, rollback
	switch status {
	case "SUCCESS", "":
		s.status = 0
	case "FAILURE":
		s.status = 1
	case "WARNING":
		s.status = 2
	case "SQL.SQLCODE":
		s.status = s.sqlcode & 0xff
	default:
		n, err := strconv.Atoi(status)
		if err != nil {
			value, _ := s.lookup(status)
			n, _ = strconv.Atoi(value) // an odd value exits with 0, as the real one does
		}
		s.status = n & 0xff
	}
}

func (s *shell) obeyWhenever(rest string) {
	words := strings.Fields(strings.ToUpper(rest))
	if len(words) < 2 {
		s.printf("%s\n", wheneverUsage)
		return
	}
	var r reaction
	for i, word := range words[2:] {
		switch {
		case word == "ROLLBACK":
			r.rollback = true
		case word == "COMMIT" || word == "NONE":
		case i == 0:
			r.status = word
		}
	}
	r.exit = words[1] == "EXIT"
	if !r.exit && words[1] != "CONTINUE" {
		s.printf("%s\n", wheneverUsage)
		return
	}
	switch words[0] {
	case "SQLERROR":
		s.onSQL = r
	case "OSERROR":
		if r.exit && r.status == "" {
			r.status = "FAILURE"
		}
		s.onOS = r
	default:
		s.printf("%s\n", wheneverUsage)
	}
}

const wheneverUsage = "Usage: WHENEVER {SQLERROR | OSERROR} {CONTINUE [COMMIT | ROLLBACK | NONE] |\n" +
	"       EXIT [SUCCESS | FAILURE | WARNING | n | SQL.SQLCODE] [COMMIT | ROLLBACK]}"

func (s *shell) obeyShow(rest string) {
	switch what := strings.ToLower(rest); what {
	case "user":
		s.printf("USER is \"%s\"\n", s.user)
	case "errors", "err":
		s.printf("No errors.\n")
	case "con_name":
		s.printf("\nCON_NAME\n------------------------------\nCDB$ROOT\n")
	case "sqlcode":
		s.printf("sqlcode %d\n", s.sqlcode)
	case "release", "rel":
		s.printf("release %s\n", fmt.Sprint(strings.ReplaceAll(Release, ".", "")))
	default:
		s.printf("SP2-0158: unknown SHOW option \"%s\" (not in the stand-in)\n", what)
	}
}
