package themes

import (
	"fmt"
	"math"
	"strings"
)

// The contrast that is needed, by the Web Content Accessibility Guidelines 2.2,
// https://www.w3.org/TR/WCAG22/: success criteria 1.4.3 (text, level AA) and
// 1.4.11 (what is not text). Text on the selected row may have less: the row
// has its mark beside.
const (
	forText     = 4.5
	forGraphics = 3.0
	forMarked   = 3.0  // text but the main one, on the selection
	forFaint    = 1.15 // seen, never read
)

// apart is how far colours that mean different things must look apart; see
// vision.distance. Each has a sign or a word too.
const apart = 7.0

// Measure is the contrast of a role against what is behind it.
type Measure struct {
	Role  string  `json:"role"`  // "warn", or "series 3"
	On    string  `json:"on"`    // "background", or a role
	Ratio float64 `json:"ratio"` // 1 to 21, rounded down to hundredths
	Need  float64 `json:"need"`
}

// OK reports whether the contrast is enough.
func (m Measure) OK() bool { return m.Ratio >= m.Need }

// Report is what [Theme.Check] found.
type Report struct {
	Contrast []Measure
	// Unknown are the roles that are colours of the terminal's own: nobody but
	// the terminal knows their contrast.
	Unknown []string
	// Faults say what is wrong, a line each.
	Faults []string
}

// Check measures whether the theme can be read: contrast by WCAG 2 against the
// background that it is made for, and whether colours that mean different
// things look different; if it is for all kinds of colour vision, to all.
func (t Theme) Check() Report {
	var r Report
	ground := t.Ground()
	for _, x := range t.Role.all() {
		if !x.color.Exact() && x.color.IsSet() {
			r.Unknown = append(r.Unknown, x.name)
		}
		switch x.name {
		case "on_accent":
			r.measure(x.name, *x.color, "accent", t.Role.Accent, forText)
			r.measure(x.name, *x.color, "warn", t.Role.Warn, forText)
			r.measure(x.name, *x.color, "bad", t.Role.Bad, forText)
		case "faint", "border", "selection":
			r.measure(x.name, *x.color, "background", ground, forFaint)
		case "focus":
			r.measure(x.name, *x.color, "background", ground, forGraphics)
		case "text":
			r.measure(x.name, *x.color, "background", ground, forText)
			r.measure(x.name, *x.color, "selection", t.Role.Selection, forText)
		default:
			r.measure(x.name, *x.color, "background", ground, forText)
			r.measure(x.name, *x.color, "selection", t.Role.Selection, forMarked)
		}
	}
	for i, c := range t.Series {
		name := fmt.Sprintf("series %d", i+1)
		if !c.Exact() {
			r.Unknown = append(r.Unknown, name)
		}
		r.measure(name, c, "background", ground, forGraphics)
	}
	r.distances(t)
	return r
}

// measure takes a contrast down, where both colours are known.
func (r *Report) measure(role string, c Color, on string, ground Color, need float64) {
	ratio, ok := Contrast(c, ground)
	if !ok {
		return
	}
	m := Measure{role, on, math.Floor(ratio*100) / 100, need}
	r.Contrast = append(r.Contrast, m)
	if !m.OK() {
		r.Faults = append(r.Faults, fmt.Sprintf("%s %s on %s %s has contrast %.2f:1; it needs %.4g:1, so choose a %s one",
			role, c, on, ground, m.Ratio, need, further(c, ground)))
	}
}

// further says which way a colour has to go.
func further(c, ground Color) string {
	if c.luminance() >= ground.luminance() {
		return "lighter"
	}
	return "darker"
}

// distances looks for colours that cannot be told apart though they should be.
func (r *Report) distances(t Theme) {
	kinds := visions[:1]
	if t.ColourBlind {
		kinds = visions[:]
	}
	type named struct {
		name string
		c    Color
	}
	meant := [][]named{
		{{"good", t.Role.Good}, {"warn", t.Role.Warn}, {"bad", t.Role.Bad}, {"busy", t.Role.Busy}},
		{{"add", t.Role.Add}, {"remove", t.Role.Remove}},
		{{"target", t.Role.Target}, {"record", t.Role.Record}},
		nil,
	}
	for i, c := range t.Series {
		meant[3] = append(meant[3], named{fmt.Sprintf("series %d", i+1), c})
	}
	for _, group := range meant {
		for i, b := range group {
			for _, a := range group[:i] {
				if why := alike(kinds, a.c, b.c); why != "" {
					r.Faults = append(r.Faults, fmt.Sprintf("%s %s and %s %s %s; give one another colour", a.name, a.c, b.name, b.c, why))
				}
			}
		}
	}
}

// alike says how two colours look alike, to some of the kinds of vision; it is
// empty where they do not. Of the terminal's own only equal ones are known to.
func alike(kinds []vision, a, b Color) string {
	if !a.Exact() || !b.Exact() {
		if a == b && a.IsSet() {
			return "are the same"
		}
		return ""
	}
	var to []string
	least := math.Inf(1)
	for _, v := range kinds {
		if d := v.distance(a, b); d < apart {
			to = append(to, v.name)
			least = min(least, d)
		}
	}
	if len(to) == 0 {
		return ""
	}
	how := "look alike"
	if to[0] != "" {
		how += " with " + strings.Join(to, " and ")
	}
	return fmt.Sprintf("%s (%.1f apart of %.4g)", how, math.Floor(least*10)/10, apart)
}

// Contrast is the contrast ratio of two colours, 1 to 21, by WCAG 2.2
// (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). It is not known of the
// terminal's own colours.
func Contrast(a, b Color) (ratio float64, ok bool) {
	if !a.Exact() || !b.Exact() {
		return 0, false
	}
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05), true
}

// luminance is the relative luminance, 0 to 1, by WCAG 2.2
// (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance).
func (c Color) luminance() float64 {
	l := c.linear()
	return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
}
