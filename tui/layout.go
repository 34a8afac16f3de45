package tui

import "math"

// rect is a part of the screen, in cells.
type rect struct{ X, Y, W, H int }

// open is what decides the layout beside the terminal's size.
type open struct {
	Zoom   bool // the detail has the whole screen
	Fleet  bool // there are agents to list
	Status bool // there is a problem to tell
	Banner bool // what is shown is of an earlier moment

	// Split is the share of the width that the fleet has, as a person set it; 0
	// for what is usual.
	Split float64
}

// layout is where each zone is. An empty rect is not drawn.
type layout struct {
	Header rect
	Fleet  rect
	Strip  bool // Fleet is one line over the detail, not a column beside it
	Banner rect // over the fleet and the detail
	Detail rect
	Status rect
	Footer rect
}

// The layout's measures, in cells.
const (
	wide      = 100 // from here on the fleet is a column
	fleetMin  = 30
	fleetMax  = 44
	splitMin  = 16 // where a person sets it
	detailMin = 40 // ... and leaves to the detail
	bareW     = 24 // below, a box has no border
	bareH     = 4
	stripRows = 10 // below, there is no strip
)

// arrange divides a terminal of w by h cells.
func arrange(w, h int, o open) layout {
	var l layout
	if w <= 0 || h <= 0 {
		return l
	}
	top, bottom := 0, h
	if h >= 3 {
		l.Header = rect{0, 0, w, 1}
		top = 1
	}
	if h >= 2 {
		bottom--
		l.Footer = rect{0, bottom, w, 1}
	}
	if o.Status && h >= 8 {
		bottom--
		l.Status = rect{0, bottom, w, 1}
	}
	left := 0
	if o.Fleet && !o.Zoom && w < wide && h >= stripRows {
		l.Fleet, l.Strip = rect{0, top, w, 1}, true
		top++
	}
	if o.Banner && h >= 8 {
		l.Banner = rect{0, top, w, 1}
		top++
	}
	switch {
	case o.Zoom || !o.Fleet:
	case w >= wide:
		left = min(max(w*28/100, fleetMin), fleetMax)
		if o.Split > 0 {
			left = min(max(int(math.Round(o.Split*float64(w))), splitMin), w-detailMin)
		}
		l.Fleet = rect{0, top, left, bottom - top}
	}
	l.Detail = rect{left, top, w - left, bottom - top}
	return l
}

// innerOf returns what a box's border leaves of it.
func innerOf(r rect) rect {
	if r.W < bareW || r.H < bareH {
		return r
	}
	return rect{r.X + 1, r.Y + 1, r.W - 2, r.H - 2}
}
