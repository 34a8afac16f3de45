package themes

// tints are how much of a colour the background of a changed line may have,
// from the strongest on.
var tints = [...]float64{0.22, 0.18, 0.15, 0.12, 0.09, 0.06}

// Tints returns backgrounds for the lines that a diff adds and removes: as
// much of Add and Remove as leaves everything readable that stands on them.
// There are none in a theme of the terminal's own colours, of which nobody
// knows how they look.
func (t Theme) Tints() (add, remove Color, ok bool) {
	if add, ok = t.tint(t.Role.Add); !ok {
		return Color{}, Color{}, false
	}
	remove, ok = t.tint(t.Role.Remove)
	return add, remove, ok
}

func (t Theme) tint(c Color) (Color, bool) {
	ground := t.Ground()
	if !c.Exact() || !ground.Exact() {
		return Color{}, false
	}
	for _, share := range tints {
		if on := ground.mix(c, share); t.readable(on, c) {
			return on, true
		}
	}
	return Color{}, false
}

// readable reports whether what a diff writes can be read on a background.
func (t Theme) readable(on, own Color) bool {
	r := t.Role
	if ratio, ok := Contrast(r.Text, on); !ok || ratio < forText {
		return false
	}
	for _, c := range []Color{own, r.Muted, r.Accent, r.Code, r.Link, r.Heading} {
		if ratio, ok := Contrast(c, on); !ok || ratio < forMarked {
			return false
		}
	}
	return true
}

// mix returns the colour with a share of another, in what the terminal is told.
func (c Color) mix(d Color, share float64) Color {
	part := func(a, b uint8) uint8 { return uint8(float64(a) + (float64(b)-float64(a))*share + 0.5) }
	return RGB(part(c.r, d.r), part(c.g, d.g), part(c.b, d.b))
}
