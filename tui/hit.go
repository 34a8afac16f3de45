package tui

// place is a part of the screen that the mouse can mean.
type place uint8

const (
	offScreen place = iota
	onHeader
	onFleet
	onBorder // between the fleet and the detail
	onTabs   // the titles of the tabs, in the detail's upper edge
	onDetail
	onBanner
	onStatus
	onFooter
	onBox // no part: a box that the button draws
)

// has reports whether a cell is in the rectangle.
func (r rect) has(x, y int) bool { return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H }

// titleAt is how far from a box's left edge its title begins.
const titleAt = 3

// hit returns in which part of the screen a cell is, and where in it: of the
// fleet and the detail, in what the border leaves; of the tabs, from the
// first title's start.
func (l layout) hit(x, y int) (at place, px, py int) {
	inner := innerOf(l.Detail)
	bordered := inner != l.Detail
	switch {
	case l.Header.has(x, y):
		return onHeader, x, 0
	case l.Footer.has(x, y):
		return onFooter, x, 0
	case l.Status.has(x, y):
		return onStatus, x, 0
	case l.Banner.has(x, y):
		return onBanner, x, 0
	case l.Strip && l.Fleet.has(x, y):
		return onFleet, x - l.Fleet.X, 0
	case !l.Strip && l.Fleet.H > 0 && bordered && (x == l.Detail.X-1 || x == l.Detail.X) && (l.Fleet.has(x, y) || l.Detail.has(x, y)):
		return onBorder, 0, y
	case l.Fleet.has(x, y):
		in := innerOf(l.Fleet)
		return onFleet, x - in.X, y - in.Y
	case l.Detail.has(x, y) && bordered && y == l.Detail.Y:
		return onTabs, x - l.Detail.X - titleAt, 0
	case l.Detail.has(x, y):
		return onDetail, x - inner.X, y - inner.Y
	}
	return offScreen, 0, 0
}
