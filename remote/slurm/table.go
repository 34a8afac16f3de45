package slurm

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// field is a column of `squeue -O` or `sinfo -O`.
type field struct {
	name  string
	width int  // bytes, in versions that know fixed widths only
	free  bool // users choose what it holds
}

// sep ends a field.
const sep = "\x1f"

// table asks for fields and cuts the answer into them.
type table struct {
	fields []field
	mark   string // follows sep after a free field
	fixed  bool   // the version has no suffixes
}

// format is the argument of -O.
func (t table) format() string {
	var b strings.Builder
	for i, f := range t.fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(f.name + ":")
		if t.fixed {
			b.WriteString(strconv.Itoa(f.width))
			continue
		}
		b.WriteString(t.end(f))
	}
	return b.String()
}

func (t table) end(f field) string {
	if f.free {
		return sep + t.mark
	}
	return sep
}

// row is one line of an answer. A field that was not asked for is empty.
type row map[string]string

// maxRows bounds what is kept of an answer.
const maxRows = 50_000

// cut gives the rows of an answer to each, which must not keep them. An answer
// that is cut short or of another shape is an error.
func (t table) cut(out []byte, each func(row)) error {
	r := make(row, len(t.fields))
	for n := 0; len(bytes.TrimSpace(out)) > 0; n++ {
		if n == maxRows {
			return fmt.Errorf("more than %d lines: choose fewer jobs", maxRows)
		}
		for _, f := range t.fields {
			v, rest, ok := t.next(out, f)
			if !ok {
				return fmt.Errorf("line %d ends before its field %s: the answer is cut short, or of an unknown version", n+1, f.name)
			}
			r[f.name], out = clean(v), rest
		}
		out = bytes.TrimPrefix(out, []byte("\n"))
		each(r)
	}
	return nil
}

func (t table) next(out []byte, f field) (v, rest []byte, ok bool) {
	if !t.fixed {
		return bytes.Cut(out, []byte(t.end(f)))
	}
	if len(out) < f.width {
		return nil, nil, false
	}
	// A value of the whole width may have been cut off; half a path or number
	// would be a wrong one.
	if v = out[:f.width]; f.free && v[f.width-1] != ' ' && f.name != "Name" {
		v = nil
	}
	return v, out[f.width:], true
}

// maxField bounds a field, in bytes; paths are the longest.
const maxField = 4096

// clean gives a field's value, and nothing for what Slurm prints when there is
// none.
func clean(v []byte) string {
	v = bytes.TrimRight(v, " ")
	switch s := string(v[:min(len(v), maxField)]); s {
	case "N/A", "n/a", "(null)", "None assigned", "Unknown":
		return ""
	default:
		return s
	}
}
