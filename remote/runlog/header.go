package runlog

import (
	"slices"
	"strings"

	"vigil/remote"
)

const (
	maxSettings = 64  // of a run
	maxSetting  = 120 // bytes of one's value
)

// setting is a part of the run's configuration, as the log told it before the
// first point. A later run of the same file has it too, unless it is told anew.
type setting struct{ Key, Value string }

// setting notes a part of the configuration. It is told when the run starts:
// a file that never has a value is no run.
func (p *Parser) setting(key, value string) {
	key, value = remote.Line(key, maxName), remote.Line(value, maxSetting)
	if key == "" || value == "" || !p.heading() || secret(key) {
		return
	}
	for i := range p.Header {
		if p.Header[i].Key == key {
			p.Header[i].Value = value
			return
		}
	}
	if len(p.Header) < maxSettings {
		p.Header = append(p.Header, setting{key, value})
	}
}

// secret reports whether the value of a key must not be shown.
func secret(key string) bool {
	words := strings.FieldsFunc(strings.ToLower(key), func(r rune) bool { return r < 'a' || r > 'z' })
	return slices.ContainsFunc(words, func(w string) bool {
		switch w {
		case "key", "apikey", "token", "secret", "password", "passwd", "credential", "credentials":
			return true
		}
		return false
	})
}

// heading reports whether what the log says is of a run that has not begun.
func (p *Parser) heading() bool { return p.Run.Index < 0 || p.Run.Fresh || p.Run.Ended }

// tellSettings emits the configuration of the run that starts.
func (p *Parser) tellSettings() {
	for _, s := range p.Header {
		p.emit(remote.Record{
			Kind: remote.Setting, Run: p.Run.Index, Step: -1, Wall: remote.NoWall(), Key: s.Key, Text: s.Value,
		})
	}
}
