package runlog

import (
	"encoding/json"
	"fmt"
)

// state is all that a parser remembers between two chunks. Its fields are
// exported for the sake of encoding/json only.
type state struct {
	Version int
	Format  format
	Tail    []byte `json:",omitempty"` // an unfinished line, or record of a binary file
	Skip    bool   `json:",omitempty"` // the rest of an overlong line is dropped
	Begun   bool   `json:",omitempty"` // a line that is not blank has been read
	Names   [][]byte
	Rank    int // of the process whose lines count; -1 until one has told a point

	Run    progress
	Source source
	Trace  bool      `json:",omitempty"` // a Python traceback is being read
	Header []setting `json:",omitempty"`
	Bar    bar
	Dicts  dicts
	Table  table
	Block  block
	Binary binaryState
}

// stateVersion changes with the meaning of state.
const stateVersion = 1

func newState() state {
	return state{
		Version: stateVersion,
		Rank:    -1,
		Run:     progress{Index: -1},
		Source:  source{Probe: true},
	}
}

// MarshalBinary returns all that the parser remembers, as it is between two
// calls of Feed. Patterns are not part of it.
func (p *Parser) MarshalBinary() ([]byte, error) { return json.Marshal(p.state) }

// UnmarshalBinary puts a parser, made with the same patterns, where the one
// that was marshalled stood. After an error, which says that data is none of
// this version's making, the parser is as it was.
func (p *Parser) UnmarshalBinary(data []byte) error {
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("runlog: state of a parser: %w", err)
	}
	if s.Version != stateVersion {
		return fmt.Errorf("runlog: state of a parser: version %d, not %d", s.Version, stateVersion)
	}
	if !s.sound() {
		return fmt.Errorf("runlog: state of a parser: values out of range")
	}
	names := s.Names
	s.Names = nil
	p.state = s
	p.names = map[string]*name{}
	p.shapes = shapes{}
	for _, raw := range names {
		p.name(raw)
	}
	return nil
}

// sound reports whether the state is one that a parser can be in: indices and
// sizes are in bounds.
func (s *state) sound() bool {
	t := &s.Table
	return s.Format <= dead && len(s.Tail) <= maxRecord+maxLine && len(s.Names) <= maxNames && s.Rank >= -1 &&
		s.Run.Index >= -1 && s.Run.Index < maxRuns &&
		len(t.Columns) <= maxPer && t.Step >= -1 && t.Step < max(len(t.Columns), 1) &&
		len(s.Header) <= maxSettings && len(s.Dicts.Held) <= maxPer &&
		len(s.Binary.Part) <= maxRecord && s.Binary.Skip >= 0 && s.Binary.At >= 0 && s.Binary.At < blockLen
}
