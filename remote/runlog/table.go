package runlog

import (
	"bytes"
	"math"
)

// table is a table of comma, tab or semicolon separated values, such as
// Lightning's CSVLogger and Keras write, and wandb and TensorBoard export.
type table struct {
	On      bool     `json:",omitempty"`
	Comma   byte     `json:",omitempty"`
	Columns [][]byte `json:",omitempty"`
	Step    int      // index of the column that tells it; -1 if the rows are counted
	Rows    int64    `json:",omitempty"`
	Misses  int      `json:",omitempty"` // lines that were no rows, since the last row
	Before  [][]byte `json:",omitempty"` // the columns of the file that was here before
}

// columnNames reads the names at the head of a table. Where none of them is
// that of a step, they must be the first line of the file.
func (p *Parser) columnNames(b []byte, first bool) bool {
	comma := separator(b)
	if comma == 0 || bytes.Count(b, []byte{comma}) >= maxPer {
		return false
	}
	t := table{On: true, Comma: comma, Step: -1, Before: p.Table.Before}
	by := stepNone
	plain := true
	for cell := range bytes.SplitSeq(b, []byte{comma}) {
		cell = unquoted(cell)
		if !named(cell) || bytes.Count(cell, []byte(" ")) > 2 || bytes.ContainsAny(cell, ":=") {
			return false
		}
		plain = plain && key(cell) == len(cell)
		if s := columnStep(cell); s != stepNone && (by == stepNone || s < by) {
			t.Step, by = len(t.Columns), s
		}
		t.Columns = append(t.Columns, bytes.Clone(cell))
	}
	if by == stepNone && !(first && plain) {
		return false
	}
	p.Run.Again = len(t.Before) > 0 && includes(t.Columns, t.Before)
	p.Table = t
	return true
}

// separator returns what sets the cells of a line apart; 0 if nothing does.
func separator(b []byte) byte {
	for _, c := range []byte{'\t', ',', ';'} {
		if bytes.IndexByte(b, c) > 0 {
			return c
		}
	}
	return 0
}

func columnStep(name []byte) stepSource {
	if by := stepName(name); by != stepNone {
		return by
	}
	if word(name, "epoch") == len(name) {
		return stepEpoch
	}
	return stepNone
}

// includes reports whether all names are among columns.
func includes(columns, names [][]byte) bool {
	for _, n := range names {
		found := false
		for _, c := range columns {
			found = found || bytes.Equal(c, n)
		}
		if !found {
			return false
		}
	}
	return true
}

func unquoted(cell []byte) []byte {
	cell = bytes.Trim(cell, " ")
	if n := len(cell); n >= 2 && cell[0] == '"' && cell[n-1] == '"' {
		return cell[1 : n-1]
	}
	return cell
}

// tabled reads a line where a table has begun. The table is given up when many
// lines are no rows, and at once if it was one by its looks only.
func (p *Parser) tabled(b []byte) bool {
	t := &p.Table
	if p.row(b) {
		return true
	}
	const most = 200
	t.Misses++
	t.On = t.Misses <= most && (t.Step >= 0 || t.Rows > 0)
	return false
}

// row reads a row of the table: as many cells as there are names. Cells may be
// empty, as most are where values are told at different steps.
func (p *Parser) row(b []byte) bool {
	t := &p.Table
	p.reset()
	i, count := 0, 0
	step := math.NaN()
	for i <= len(b) {
		end := bytes.IndexByte(b[i:], t.Comma)
		if end < 0 {
			end = len(b)
		} else {
			end += i
		}
		if count == len(t.Columns) {
			return false
		}
		cell := unquoted(b[i:end])
		v, n := number(cell)
		switch {
		case n == 0 || n != len(cell):
		case count == t.Step:
			step = v
		case stepName(t.Columns[count]) != stepNone: // another count of the steps
		default:
			if m := p.name(t.Columns[count]); m != nil {
				p.add(m, v/m.div)
			}
		}
		count++
		i = end + 1
	}
	if count != len(t.Columns) {
		return false
	}
	if t.Step < 0 {
		step = float64(t.Rows)
	}
	t.Rows++
	t.Misses = 0
	if p.takeStep(stepItself, step); p.line.step >= 0 && len(p.mets) > 0 && p.mine() {
		p.measured(p.line.step, 0, p.wall())
	}
	return true
}
