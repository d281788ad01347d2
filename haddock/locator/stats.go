package locator

import (
	"encoding/csv"
	"strings"
)

// A stat is what haddock needs of one line of `show stat`.
type stat struct {
	name            string
	current, queued int
	requests        int64
	ok, refused     int64 // 2xx and 4xx
	failed          int64 // 5xx
	connectErrors   int64
	responseErrors  int64
	retries         int64
	rise, fall      int // 0 while the slot is not checked
	check           string
	cookie          string // a slot's value, a backend's name
	algorithm       string // of a backend
}

// parseStats reads the reply to `show stat`: comma separated values, whose
// columns are found by name because every version adds some.
func parseStats(text string) ([]stat, error) {
	text, ok := strings.CutPrefix(text, "# ")
	if !ok {
		return nil, malformed("show stat: %s is no header", excerpt(text))
	}
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		return nil, malformed("show stat: %v", err)
	}
	if len(records) == 0 {
		return nil, malformed("show stat: no header")
	}
	var stats []stat
	for _, fields := range records[1:] {
		s, err := newStat(row{what: "show stat", columns: records[0], fields: fields})
		if err != nil {
			return nil, err
		}
		stats = append(stats, s)
	}
	return stats, nil
}

func newStat(r row) (stat, error) {
	s := stat{
		name:           r.text("svname"),
		current:        int(r.count("scur")),
		queued:         int(r.count("qcur")),
		requests:       r.count("req_tot"),
		ok:             r.count("hrsp_2xx"),
		refused:        r.count("hrsp_4xx"),
		failed:         r.count("hrsp_5xx"),
		connectErrors:  r.count("econ"),
		responseErrors: r.count("eresp"),
		retries:        r.count("wretr") + r.count("wredis"),
		rise:           int(r.count("check_rise")),
		fall:           int(r.count("check_fall")),
		cookie:         r.maybe("cookie"),
		algorithm:      r.maybe("algo"),
	}
	s.check = checkWords(r.text("check_status"), r.text("check_code"), r.text("last_chk"))
	return s, r.err
}

// checkWords puts a check's result into words like "L7STS 503 Service
// Unavailable".
func checkWords(status, code, last string) string {
	words := strings.TrimSpace(strings.TrimPrefix(status, "* ")) // the star: one is under way
	for _, more := range []string{code, last} {
		if more = strings.TrimSpace(more); more != "" && words != "" {
			words += " " + more
		}
	}
	return words
}
