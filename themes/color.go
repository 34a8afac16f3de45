package themes

import (
	"encoding/hex"
	"fmt"
	"image/color"
)

// Color is an opaque colour, written "#rrggbb". The zero value is no colour.
// It is a [color.Color].
type Color struct {
	R, G, B uint8
	set     bool
}

var _ color.Color = Color{}

// UnmarshalText reads "#rrggbb".
func (c *Color) UnmarshalText(text []byte) error {
	var rgb [3]byte
	if len(text) != 7 || text[0] != '#' {
		return badColor(text)
	}
	if _, err := hex.Decode(rgb[:], text[1:]); err != nil {
		return badColor(text)
	}
	*c = Color{R: rgb[0], G: rgb[1], B: rgb[2], set: true}
	return nil
}

func badColor(text []byte) error {
	return fmt.Errorf("%q is no colour; write it as #rrggbb", text)
}

// IsSet reports whether the colour was given.
func (c Color) IsSet() bool { return c.set }

// String returns "#rrggbb".
func (c Color) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// RGBA implements [color.Color].
func (c Color) RGBA() (r, g, b, a uint32) {
	return color.RGBA{R: c.R, G: c.G, B: c.B, A: 0xff}.RGBA()
}

// role is a colour under the name that it has in a file.
type role struct {
	name  string
	color Color
}

// all lists the roles by their names in a file, in the order of the file.
func (r *Roles) all() []role {
	return []role{
		{"text", r.Text},
		{"muted", r.Muted},
		{"faint", r.Faint},
		{"accent", r.Accent},
		{"on_accent", r.OnAccent},
		{"good", r.Good},
		{"warn", r.Warn},
		{"bad", r.Bad},
		{"busy", r.Busy},
		{"border", r.Border},
		{"focus", r.Focus},
		{"selection", r.Selection},
		{"heading", r.Heading},
		{"code", r.Code},
		{"link", r.Link},
		{"add", r.Add},
		{"remove", r.Remove},
		{"hunk", r.Hunk},
		{"mark", r.Mark},
		{"target", r.Target},
		{"record", r.Record},
	}
}
