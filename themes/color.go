package themes

import (
	"encoding/hex"
	"fmt"
	"image/color"
	"slices"
	"strings"
)

// Color is an opaque colour: "#rrggbb", or one of the terminal's own, of which
// only the terminal knows what it looks like: "default", its foreground or no
// background, and the sixteen that "red" and "bright-red" are of. The zero
// value is no colour. It is a [color.Color].
type Color struct {
	r, g, b uint8
	n       uint8 // of the sixteen
	kind    kind
}

type kind uint8

const (
	unset kind = iota
	exact
	indexed
	own
)

var _ color.Color = Color{}

// sixteen are the names of the terminal's own colours by their numbers; eight
// more are these, bright.
var sixteen = [8]string{"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"}

const bright = "bright-"

// RGB returns the colour with the parts.
func RGB(r, g, b uint8) Color { return Color{r: r, g: g, b: b, kind: exact} }

// UnmarshalText reads "#rrggbb" or the name of one of the terminal's colours.
func (c *Color) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "default" {
		*c = Color{kind: own}
		return nil
	}
	name, isBright := strings.CutPrefix(s, bright)
	if i := slices.Index(sixteen[:], name); i >= 0 {
		if isBright {
			i += len(sixteen)
		}
		*c = Color{n: uint8(i), kind: indexed}
		return nil
	}
	var rgb [3]byte
	if len(text) != 7 || text[0] != '#' {
		return badColor(text)
	}
	if _, err := hex.Decode(rgb[:], text[1:]); err != nil {
		return badColor(text)
	}
	*c = RGB(rgb[0], rgb[1], rgb[2])
	return nil
}

func badColor(text []byte) error {
	return fmt.Errorf("%q is no colour; write it as #rrggbb, or as one of the terminal's own: default, or a name like red or bright-red", text)
}

// MarshalText is the reverse of UnmarshalText.
func (c Color) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// IsSet reports whether the colour was given.
func (c Color) IsSet() bool { return c.kind != unset }

// IsDefault reports whether it is the terminal's foreground or no background.
func (c Color) IsDefault() bool { return c.kind == own }

// Index returns the number, 0 to 15, of one of the terminal's own sixteen.
func (c Color) Index() (n int, ok bool) { return int(c.n), c.kind == indexed }

// Exact reports whether it is known what the colour looks like.
func (c Color) Exact() bool { return c.kind == exact }

// String returns the colour as it is written; nothing where it was not given.
func (c Color) String() string {
	switch c.kind {
	case unset:
		return ""
	case own:
		return "default"
	case indexed:
		if n := int(c.n) - len(sixteen); n >= 0 {
			return bright + sixteen[n]
		}
		return sixteen[c.n]
	}
	return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b)
}

// RGBA implements [color.Color]. One of the terminal's own is black here: use
// Index and IsDefault to leave it to the terminal.
func (c Color) RGBA() (r, g, b, a uint32) {
	return color.RGBA{R: c.r, G: c.g, B: c.b, A: 0xff}.RGBA()
}

// role is a colour under the name that it has in a file.
type role struct {
	name  string
	color *Color
}

// all lists the roles by their names in a file, in the order of the file.
func (r *Roles) all() []role {
	return []role{
		{"text", &r.Text},
		{"muted", &r.Muted},
		{"faint", &r.Faint},
		{"accent", &r.Accent},
		{"on_accent", &r.OnAccent},
		{"good", &r.Good},
		{"warn", &r.Warn},
		{"bad", &r.Bad},
		{"busy", &r.Busy},
		{"border", &r.Border},
		{"focus", &r.Focus},
		{"selection", &r.Selection},
		{"heading", &r.Heading},
		{"code", &r.Code},
		{"link", &r.Link},
		{"add", &r.Add},
		{"remove", &r.Remove},
		{"hunk", &r.Hunk},
		{"mark", &r.Mark},
		{"target", &r.Target},
		{"record", &r.Record},
	}
}

// RoleNames lists the roles by their names in a file, in the order in which
// [Theme.Colors] has them.
func RoleNames() []string {
	var r Roles
	var names []string
	for _, x := range r.all() {
		names = append(names, x.name)
	}
	return names
}

// Colors returns the roles' colours, in the order of [RoleNames].
func (t Theme) Colors() []Color {
	var out []Color
	for _, x := range t.Role.all() {
		out = append(out, *x.color)
	}
	return out
}
