package standin

import (
	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// Options of an execute call.
const (
	optParse       = 0x1
	optExecute     = 0x20
	optFetch       = 0x40
	optCommit      = 0x100
	optDescribe    = 0x20000
	optBatchErrors = 0x80000
)

// reexecuteCommit is the flag of a re-execution that commits.
const reexecuteCommit = 1

const (
	maxBinds      = 65535
	maxExecutions = 1 << 20
)

// An executeRequest is what an execute call says before its values.
type executeRequest struct {
	options   uint64
	cursor    int
	sql       string
	rows      int // rows that the answer to a query may hold
	runs      int // executions of a statement that is no query
	rowCounts bool
	binds     []bindDesc
	defines   []bindDesc
}

func (r executeRequest) has(option uint64) bool { return r.options&option != 0 }

// parseExecute reads an execute call behind its function code and number, up
// to the values of its binds.
func parseExecute(d *wire.Decoder, rawText bool) executeRequest {
	req := executeRequest{options: d.UB(), cursor: int(d.UB() & 0xFFFFFFFF)}
	d.U8()
	sqlLength := d.Count(1 << 30)
	d.U8()
	numbers := d.Count(64)
	d.Skip(2)
	d.UB() // bytes to prefetch
	prefetch := int(d.UB() & 0x7FFFFFFF)
	d.UB() // longest LONG
	d.U8()
	binds := d.Count(maxBinds)
	d.Skip(5)
	d.U8()
	defines := d.Count(maxBinds)
	d.UB() // registration
	d.Skip(3)
	d.UB()
	d.U8()
	d.UB()
	d.UB()
	req.rowCounts = d.U8() != 0
	d.UB()
	d.U8()
	if sqlLength > 0 {
		req.sql = string(text(d, sqlLength, rawText))
	}
	count := 0
	for i := range numbers {
		if v := d.UB(); i == 1 {
			count = int(v & 0x7FFFFFFF)
		}
	}
	req.runs = max(count, 1)
	if req.rows = prefetch; prefetch == 0 && (req.has(optFetch) || !req.has(optParse)) {
		req.rows = count
	}
	if req.runs > maxExecutions {
		d.Fail(wire.ErrMessage)
	}
	// Clients that define columns send no binds, whatever their count says.
	if defines > 0 {
		req.defines = parseDescs(d, defines, rawText)
	} else {
		req.binds = parseDescs(d, binds, rawText)
	}
	return req
}

func parseDescs(d *wire.Decoder, n int, rawText bool) []bindDesc {
	var descs []bindDesc
	for range n {
		if d.Err() != nil {
			return nil
		}
		descs = append(descs, parseBindDesc(d, rawText))
	}
	return descs
}

// A reexecuteRequest runs a cursor again with the binds described before.
type reexecuteRequest struct {
	cursor int
	count  int // rows of a query, executions of anything else
	commit bool
}

func parseReexecute(d *wire.Decoder) reexecuteRequest {
	req := reexecuteRequest{cursor: int(d.UB() & 0xFFFFFFFF), count: d.Count(maxExecutions)}
	d.UB()
	req.commit = d.UB()&reexecuteCommit != 0
	return req
}
