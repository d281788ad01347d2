package console

import "slices"

// maxPushed is how many lines above its frame a screen remembers at most.
const maxPushed = 200

// A frame knows what the screen has drawn, and where that is now: a terminal
// that is made narrower breaks the lines, one that is made smaller pushes the
// upper ones out, and many that grow again bring them back.
type frame struct {
	drawn  []int    // how wide the lines of the frame are
	pushed []pushed // what is above it, from the first line on that a later frame replaces
	top    int      // with such lines: rows from the terminal's upper edge to the frame
	height int      // of the terminal when the frame was drawn
}

// A pushed line stands above the frame.
type pushed struct {
	size int
	text string
	old  bool // of an earlier frame: to be erased when it comes back
}

// begin tells how many rows the cursor goes up to where the next frame begins,
// and what has to be written there again before it.
func (f *frame) begin(width, height int) (up int, again []string) {
	up = rowsOf(width, f.drawn...)
	if room := height - 1; up > room {
		f.push(width, up-room)
		f.top, up = 0, room
	} else if len(f.pushed) > 0 {
		f.top = max(0, min(f.top+max(0, height-f.height), room-up))
		var back int
		back, again = f.back(width)
		up += back
	}
	f.height = height
	return up, again
}

// push remembers the upper rows of the frame, which are out of the terminal.
func (f *frame) push(width, rows int) {
	for _, size := range f.drawn {
		if rows <= 0 {
			break
		}
		n := min(rows, rowsOf(width, size))
		f.pushed = append(f.pushed, pushed{size: min(size, n*width), old: true})
		rows -= n
	}
}

// back forgets the lines of earlier frames that are in the terminal again. It
// returns how many rows those take, with all below them, and what of it stays.
func (f *frame) back(width int) (rows int, again []string) {
	from, seen := len(f.pushed), 0
	for i, line := range slices.Backward(f.pushed) {
		if seen += rowsOf(width, line.size); seen > f.top {
			break
		}
		if line.old {
			from, rows = i, seen
		}
	}
	stays := slices.DeleteFunc(slices.Clone(f.pushed[from:]), func(line pushed) bool { return line.old })
	f.top -= rows
	f.pushed = append(f.pushed[:from:from], stays...)
	for _, line := range stays {
		f.top += rowsOf(width, line.size)
		again = append(again, line.text)
	}
	f.forget()
	return rows, again
}

// forget drops what will not be erased: all, when no line of an earlier frame
// is left, or when they are too far above.
func (f *frame) forget() {
	if len(f.pushed) > maxPushed || !slices.ContainsFunc(f.pushed, func(line pushed) bool { return line.old }) {
		f.pushed = nil
	}
}

// drew says what was written: lines that stay, and the frame below them.
func (f *frame) drew(width, height int, above []string, rows []row) {
	if len(f.pushed) > 0 {
		for _, text := range above {
			size := columns(clean(text))
			f.pushed = append(f.pushed, pushed{size: size, text: text})
			f.top += rowsOf(width, size)
		}
		f.forget()
	}
	f.drawn = f.drawn[:0]
	for _, row := range rows {
		f.drawn = append(f.drawn, columns(row.plain))
	}
	f.top = max(0, min(f.top, height-1-rowsOf(width, f.drawn...)))
}

// rowsOf is how many rows of the terminal lines of these sizes take.
func rowsOf(width int, sizes ...int) (n int) {
	for _, size := range sizes {
		n += max(1, (size+width-1)/width)
	}
	return n
}
