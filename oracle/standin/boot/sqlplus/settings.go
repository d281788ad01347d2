package sqlplus

import (
	"strconv"
	"strings"
)

// settings are the SET options that change what is printed.
type settings struct {
	heading    bool
	pageSize   int
	feedback   int // rows from which a query's count is told; -1 is off
	define     bool
	verify     bool
	blankLines bool
	null       string
	separator  string
}

func defaultSettings() settings {
	return settings{heading: true, pageSize: 14, feedback: 6, define: true, verify: true, separator: " "}
}

// options and their shortest forms; those without an effect here are accepted
// because init scripts set them out of habit.
const options = "heading=hea,pagesize=pages,feedback=feed,define=def,verify=ver,sqlblanklines=sqlbl,null,colsep," +
	"appinfo=appi,arraysize=array,autocommit=auto,autotrace=autot,concat=con,echo,embedded=emb,errorlogging=errorl," +
	"escape=esc,exitcommit=exitc,flush=flu,headsep=heads,linesize=lin,loboffset=lobof,long,longchunksize=longc," +
	"markup=mark,newpage=newp,numformat=numf,numwidth=num,pause=pau,recsep,serveroutput=serverout,shiftinout=shift," +
	"showmode=show,sqlcase=sqlc,sqlcontinue=sqlco,sqlformat,sqlnumber=sqln,sqlprefix=sqlpre,sqlprompt=sqlp," +
	"sqlterminator=sqlt,suffix=suf,tab,termout=term,time=ti,timing=timi,trimout=trim,trimspool=trims,underline=und," +
	"wrap=wra,xquery,ddl,encoding,autorecovery=autorecovery,blockterminator=blo,cmdsep=cmds,copycommit=copyc"

func (s *shell) obeySet(rest string) {
	words := strings.Fields(rest)
	for i := 0; i < len(words); i++ {
		name := option(strings.ToLower(words[i]))
		if name == "" {
			s.printf("SP2-0158: unknown SET option \"%s\"\n", words[i])
			return
		}
		value := ""
		if i+1 < len(words) {
			i++
			value = words[i]
		}
		s.setOption(name, strings.Trim(value, `'"`))
		if name == "serveroutput" || name == "markup" || name == "autotrace" || name == "errorlogging" {
			return // their values have several words
		}
	}
}

func option(word string) string {
	for entry := range strings.SplitSeq(options, ",") {
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

func (s *shell) setOption(name, value string) {
	on := strings.EqualFold(value, "on")
	number, err := strconv.Atoi(value)
	switch name {
	case "heading":
		s.set.heading = on
	case "pagesize":
		s.set.pageSize = number
	case "feedback":
		switch {
		case err == nil && number > 0:
			s.set.feedback = number
		case on:
			s.set.feedback = 6
		default:
			s.set.feedback = -1
		}
	case "define":
		s.set.define = !strings.EqualFold(value, "off")
	case "verify":
		s.set.verify = on
	case "sqlblanklines":
		s.set.blankLines = on
	case "null":
		s.set.null = value
	case "colsep":
		s.set.separator = value
	}
}
