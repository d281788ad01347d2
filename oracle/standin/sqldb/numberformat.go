package sqldb

import (
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

// A numberModel is a number format such as FM999G990D00.
type numberModel struct {
	fill    bool   // no FM
	whole   string // 9, 0 and group separators
	frac    string // 9 and 0
	point   bool
	dollar  bool
	signEnd bool // S or MI at the end
	signAt  bool // S at the start
	blank   bool // MI: a blank for positive numbers
	angle   bool // PR
}

func splitNumberFormat(model string) (numberModel, error) {
	m := numberModel{fill: true}
	s := strings.ToUpper(model)
	if rest, ok := strings.CutPrefix(s, "FM"); ok {
		m.fill, s = false, rest
	}
	if rest, ok := strings.CutPrefix(s, "S"); ok {
		m.signAt, s = true, rest
	}
	if rest, ok := strings.CutPrefix(s, "$"); ok {
		m.dollar, s = true, rest
	}
	switch {
	case strings.HasSuffix(s, "MI"):
		m.signEnd, m.blank, s = true, true, s[:len(s)-2]
	case strings.HasSuffix(s, "PR"):
		m.angle, s = true, s[:len(s)-2]
	case strings.HasSuffix(s, "S"):
		if m.signAt {
			return m, oraErr(1481)
		}
		m.signEnd, s = true, s[:len(s)-1]
	}
	for _, c := range s {
		switch {
		case c == '9' || c == '0':
			if m.point {
				m.frac += string(c)
			} else {
				m.whole += string(c)
			}
		case (c == ',' || c == 'G') && !m.point && m.whole != "":
			m.whole += ","
		case (c == '.' || c == 'D') && !m.point:
			m.point = true
		case strings.ContainsRune("XVBCLUET", c):
			return m, unsupported("%c in number formats", c)
		default:
			return m, oraErr(1481)
		}
	}
	if m.whole+m.frac == "" || len(s) > 60 {
		return m, oraErr(1481)
	}
	return m, nil
}

// formatNumber is TO_CHAR of a number with a format.
func formatNumber(x format.Decimal, model string) (string, error) {
	m, err := splitNumberFormat(model)
	if err != nil {
		return "", err
	}
	x = x.Round(len(m.frac))
	digits, frac, _ := strings.Cut(x.Abs().String(), ".")
	if digits == "0" {
		digits = ""
	}
	slots := strings.Count(m.whole, "9") + strings.Count(m.whole, "0")
	width := len(m.whole)
	if m.point {
		width += 1 + len(m.frac)
	}
	if m.dollar {
		width++
	}
	if len(digits) > slots {
		if !m.fill {
			return strings.Repeat("#", width+1), nil
		}
		return strings.Repeat("#", width+1+m.extra()), nil
	}
	body := m.wholePart(digits, slots, x.Sign() == 0)
	if m.point {
		body += "." + m.fracPart(frac)
	}
	if m.dollar {
		body = "$" + body
	}
	return m.sign(body, width, x.Sign() < 0), nil
}

// extra is how much wider than its digits a filled format is.
func (m numberModel) extra() int {
	if m.angle {
		return 1
	}
	return 0
}

// wholePart writes the digits before the point: 9 leaves leading zeros out, 0
// demands them from there on.
func (m numberModel) wholePart(digits string, slots int, zero bool) string {
	digits = strings.Repeat(" ", slots-len(digits)) + digits
	var b strings.Builder
	at, started := 0, false
	for i, c := range m.whole {
		if c == ',' {
			if started {
				b.WriteByte(',')
			}
			continue
		}
		d := digits[at]
		at++
		if d == ' ' && (started || c == '0') {
			d = '0'
		}
		// The last place shows a zero, unless a fraction follows.
		if d == ' ' && zero && !m.point && i == len(m.whole)-1 {
			d = '0'
		}
		if d != ' ' {
			started = true
			b.WriteByte(d)
		}
	}
	if zero && m.point && !m.fill && b.Len() == 0 && !strings.Contains(m.frac, "0") {
		return "0"
	}
	return b.String()
}

// fracPart writes the digits behind the point; FM cuts zeros that stand for a
// 9 off the end.
func (m numberModel) fracPart(frac string) string {
	frac += strings.Repeat("0", len(m.frac)-len(frac))
	if m.fill {
		return frac
	}
	keep := strings.LastIndexByte(m.frac, '0') + 1
	for len(frac) > keep && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	return frac
}

// sign adds the sign and fills the text up to the format's width.
func (m numberModel) sign(body string, width int, negative bool) string {
	out := body
	switch {
	case m.signEnd:
		end := "-"
		if !negative {
			end = "+"
			if m.blank {
				end = " "
			}
		}
		if !m.fill {
			end = strings.TrimSpace(end)
		}
		out += end
	case m.signAt && !negative:
		out = "+" + out
	case m.angle && negative:
		out = "<" + out + ">"
	case m.angle:
		out = " " + out + " "
	case negative:
		out = "-" + out
	case m.fill:
		out = " " + out
	}
	if !m.fill {
		return strings.TrimSpace(out)
	}
	return strings.Repeat(" ", max(0, width+1+m.extra()-len(out))) + out
}

// parseNumberFormat is TO_NUMBER with a format.
func parseNumberFormat(s, model string) (format.Decimal, error) {
	m, err := splitNumberFormat(model)
	if err != nil {
		return format.Decimal{}, err
	}
	if m.dollar || m.angle || m.signEnd {
		return format.Decimal{}, unsupported("TO_NUMBER with such a format")
	}
	text := strings.TrimSpace(s)
	if strings.Contains(m.whole, ",") {
		text = strings.ReplaceAll(text, ",", "")
	}
	x, err := format.ParseNumber(text)
	if err != nil || strings.ContainsAny(text, "eE") {
		return x, oraErr(1722)
	}
	before, after := x.Digits()
	if before > strings.Count(m.whole, "9")+strings.Count(m.whole, "0") || after > len(m.frac) {
		return x, oraErr(1722)
	}
	return x, nil
}
