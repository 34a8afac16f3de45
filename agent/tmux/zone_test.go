package tmux

import (
	"testing"
	"time"
)

// A machine tells its zone in one of three ways, the best first.
func TestZoneOfAMachine(t *testing.T) {
	summer := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		lines []string
		want  string // what its clock shows at noon UTC in summer; empty if not known
	}{
		{"TZ", []string{"zone=Europe/Berlin", "zone=/usr/share/zoneinfo/America/New_York", "zone=-0400"}, "14:00"},
		{"a link", []string{"zone=", "zone=../usr/share/zoneinfo/America/New_York", "zone=-0500"}, "08:00"},
		{"an offset", []string{"zone=", "zone=", "zone=+0530"}, "17:30"},
		{"a zone of its own", []string{"zone=CET-1CEST", "zone=/etc/zone.bin", "zone=+0200"}, "14:00"},
		{"UTC", []string{"zone=UTC"}, "12:00"},
		{"nonsense", []string{"zone=Nowhere/Atall", "zone=../../etc/passwd"}, ""},
		{"nothing", nil, ""},
	} {
		a, _ := parseHello(append([]string{"1798664400", "system=Linux", "HOME=/home/x"}, c.lines...))
		got := ""
		if a.Zone != nil {
			got = summer.In(a.Zone).Format("15:04")
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
