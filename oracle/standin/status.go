package standin

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// Messages of the server.
const (
	msgStatus     = 4
	msgRowHeader  = 6
	msgRow        = 7
	msgParameters = 8
	msgFinished   = 9
	msgBinds      = 11
	msgLobData    = 14
	msgDescribe   = 16
	msgServerSide = 23
)

// Codes that the server itself answers with.
const (
	codeMaxCursors    = 1000
	codeNoSuchCursor  = 1001
	codeNotAllBound   = 1008
	codeCancelled     = 1013
	codeDenied        = 1017
	codeStarting      = 1033
	codeIllegalBind   = 1036
	codeNoMoreRows    = 1403
	codeSnapshotOld   = 1555
	codeNotInStandIn  = 3001
	codeUnknownType   = 3115
	codeNoMemory      = 4030
	codeInternal      = 600
	codeNotLocator    = 22275
	codeArrayErrors   = 24381
	codeSysNeedsDBA   = 28009
	codeProtocolError = 28041
)

// A status ends an answer.
type status struct {
	cursor int
	rows   int64
	err    *sqldb.Error
	batch  []*sqldb.Error // errors of single rows of an array, with their Row
}

// oraError makes an error that is the server's own. Its text comes after the
// code in what clients show.
func oraError(code int, format string, args ...any) *sqldb.Error {
	return &sqldb.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// asOra turns any error into one that can be sent.
func (s *session) asOra(err error) *sqldb.Error {
	if ora, ok := errors.AsType[*sqldb.Error](err); ok {
		return ora
	}
	s.log.Error("internal error", "error", err)
	return oraError(codeInternal, "internal error in the stand-in: %v", err)
}

func (s *session) callStatus() uint64 {
	const done, inTransaction = 1, 2
	if s.db != nil && s.db.InTransaction() {
		return done | inTransaction
	}
	return done
}

// putStatus writes message 4 in the layout of 12.1.
func (s *session) putStatus(st status) {
	code, offset, text, done := 0, 0, "", 1
	if st.err != nil {
		code, offset, text = st.err.Code, st.err.Offset, st.err.Error()+"\n"
		if code != codeNoMoreRows {
			done = st.err.Row
		}
	}
	o := &s.out
	o.Raw(msgStatus)
	o.UB(s.callStatus())
	o.UB(0) // end-to-end sequence
	o.Int(int(st.rows))
	o.Int(code)
	o.Zeros(2)
	o.Int(st.cursor)
	o.Int(offset)
	o.Zeros(6)     // statement type, fatal, flags, cursor options, UPI parameter, warning
	o.Zeros(5)     // rowid
	o.UB(0)        // error of the operating system
	o.Raw(0)       // statement number
	o.Raw(s.seq)   // call number
	o.UB(0)        // padding
	o.Int(done)    // executions that went well
	o.UB(0)        // logical rowid
	s.putBatch(st) // errors of an array
	o.Int(code)
	o.Int(int(st.rows))
	if code != 0 {
		o.CLR([]byte(clip(text, maxErrorText)))
	}
}

// maxErrorText is more than any real message has, and less than clients choke on.
const maxErrorText = 2000

// clip cuts text to at most n bytes without cutting a character in two.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// putBatch writes the errors of single rows: their codes, places and texts.
func (s *session) putBatch(st status) {
	o := &s.out
	if len(st.batch) == 0 {
		o.Zeros(3)
		return
	}
	o.Int(len(st.batch))
	o.Raw(1)
	for _, e := range st.batch {
		o.Int(e.Code)
	}
	o.Int(len(st.batch))
	o.Raw(1)
	for _, e := range st.batch {
		o.Int(e.Row)
	}
	o.Int(len(st.batch))
	o.Raw(1)
	for _, e := range st.batch {
		text := []byte(clip(e.Error()+"\n", maxErrorText))
		o.Int(len(text))
		o.CLR(text)
		o.Zeros(2)
	}
}

// putFinished writes message 9, the short end of a call that went well.
func (s *session) putFinished() {
	s.out.Raw(msgFinished)
	s.out.UB(s.callStatus())
	s.out.UB(0)
}
