package console

// paint puts colours on text; false leaves it as it is. They are the terminal's
// own, so that they can be read on its background.
type paint bool

func (p paint) good(text string) string { return p.sgr("32", text) }
func (p paint) bad(text string) string  { return p.sgr("1;31", text) }
func (p paint) warn(text string) string { return p.sgr("33", text) }
func (p paint) name(text string) string { return p.sgr("36", text) }
func (p paint) dim(text string) string  { return p.sgr("2", text) }
func (p paint) bold(text string) string { return p.sgr("1", text) }

func (p paint) sgr(code, text string) string {
	if !p || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
