package tui

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"path"
	"strconv"
	"strings"
)

// table is a text of rows and columns. It never changes.
type table struct {
	grids []grid
	lines []gridLine
	prose bool // there is other text around it
	first int  // the first line that is new; -1 if none is
}

// grid is a table by itself; a Markdown text may have some.
type grid struct {
	title string
	head  []string
	rows  []gridRow
	width []int  // of each column, as much as it needs
	right []bool // it holds numbers
}

type gridRow struct {
	cells []string
	fresh bool // not in the version before
}

// gridLine is a line as it is scrolled: a row of a grid, or its title.
type gridLine struct{ grid, row int }

// titleRow and gapRow are lines of no row.
const (
	titleRow = -1
	gapRow   = -2
)

// Limits of a table.
const (
	maxColumns = 60
	maxRows    = 20_000 // the newest ones are kept
	maxCell    = 400    // bytes
)

// newTable reads the newer version of a file as a table, by its name, and marks
// the rows that are not in the older one. It returns nil where there is none.
func newTable(name, before, after string) *table {
	ext := strings.ToLower(path.Ext(name))
	grids := gridsOf(ext, after)
	if len(grids) == 0 {
		return nil
	}
	had := map[string]int{}
	for _, g := range gridsOf(ext, before) {
		for _, r := range g.rows {
			had[strings.Join(r.cells, "\x1f")]++
		}
	}
	for i := range grids {
		for k := range grids[i].rows {
			r := &grids[i].rows[k]
			key := strings.Join(r.cells, "\x1f")
			r.fresh = had[key] == 0
			had[key]--
		}
	}
	return laidTable(grids, ext == ".md" || ext == ".markdown")
}

// appendedTable reads the lines that a diff adds as a table, where each of them
// says what its columns are.
func appendedTable(name string, d *difference) *table {
	ext := strings.ToLower(path.Ext(name))
	if !isJSONLines(ext) {
		return nil
	}
	var b strings.Builder
	for _, r := range d.rows {
		if r.kind == '+' {
			b.WriteString(r.text + "\n")
		}
	}
	grids := gridsOf(ext, b.String())
	if len(grids) == 0 {
		return nil
	}
	for i := range grids[0].rows {
		grids[0].rows[i].fresh = true
	}
	return laidTable(grids, false)
}

func isJSONLines(ext string) bool { return ext == ".jsonl" || ext == ".ndjson" }

func gridsOf(ext, text string) []grid {
	switch {
	case ext == ".csv":
		return separated(text, ',')
	case ext == ".tsv":
		return separated(text, '\t')
	case isJSONLines(ext):
		return objects(text)
	case ext == ".md" || ext == ".markdown":
		return markdownTables(text)
	}
	return nil
}

// laidTable measures the grids, and lists their lines.
func laidTable(grids []grid, prose bool) *table {
	t := &table{grids: grids, prose: prose, first: -1}
	for i := range grids {
		g := &grids[i]
		g.measure()
		if i > 0 {
			t.lines = append(t.lines, gridLine{i - 1, gapRow})
		}
		if g.title != "" {
			t.lines = append(t.lines, gridLine{i, titleRow})
		}
		for k := range g.rows {
			if g.rows[k].fresh && t.first < 0 {
				t.first = len(t.lines)
			}
			t.lines = append(t.lines, gridLine{i, k})
		}
	}
	return t
}

// measure finds each column's width, and whether it holds numbers.
func (g *grid) measure() {
	g.head = g.head[:min(len(g.head), maxColumns)]
	g.rows = g.rows[max(len(g.rows)-maxRows, 0):]
	g.width, g.right = make([]int, len(g.head)), make([]bool, len(g.head))
	numbers, some := make([]int, len(g.head)), make([]int, len(g.head))
	for c, s := range g.head {
		g.width[c] = cells(s)
	}
	for _, r := range g.rows {
		for c, s := range r.cells[:min(len(r.cells), len(g.head))] {
			g.width[c] = max(g.width[c], cells(s))
			if s == "" || s == "-" || s == "null" || s == "None" {
				continue
			}
			some[c]++
			if isNumber(s) {
				numbers[c]++
			}
		}
	}
	for c := range g.right {
		g.right[c] = numbers[c] > 0 && numbers[c]*5 >= some[c]*4 // a column of numbers may have some "n/a"
	}
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(strings.TrimRight(strings.Trim(s, "*"), "%"), 64)
	return err == nil
}

// cell is a value made fit for one line.
func cell(s string) string {
	return strings.TrimSpace(line(s[:min(len(s), maxCell)]))
}

// separated reads values with something between them. What the format does not
// allow is taken as it stands.
func separated(text string, comma rune) []grid {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = comma, -1, true, comma == ','
	var g grid
	for {
		record, err := r.Read()
		if err != nil { // of the end, or of a quote that nobody closes
			break
		}
		row := make([]string, min(len(record), maxColumns))
		for i := range row {
			row[i] = cell(record[i])
		}
		if g.head == nil {
			g.head = row
			continue
		}
		for len(g.head) < len(row) {
			g.head = append(g.head, "")
		}
		g.rows = append(g.rows, gridRow{cells: row})
	}
	if len(g.rows) == 0 {
		return nil
	}
	return []grid{g}
}

// objects reads one JSON object a line: its keys are the columns, in the order
// in which they appear.
func objects(text string) []grid {
	var g grid
	at := map[string]int{}
	for l := range strings.Lines(text) {
		keys, values, ok := object(l)
		if !ok {
			continue
		}
		row := make([]string, len(g.head), len(g.head)+len(keys))
		for i, k := range keys {
			c, known := at[k]
			if !known {
				if len(g.head) == maxColumns {
					continue
				}
				c = len(g.head)
				at[k] = c
				g.head = append(g.head, cell(k))
				row = append(row, "")
			}
			row[c] = values[i]
		}
		g.rows = append(g.rows, gridRow{cells: row})
	}
	if len(g.rows) == 0 {
		return nil
	}
	return []grid{g}
}

// object reads the keys and values of a JSON object in their order.
func object(l string) (keys, values []string, ok bool) {
	d := json.NewDecoder(strings.NewReader(l))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, false
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, nil, false
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, nil, false
		}
		s := string(v)
		if bytes.HasPrefix(v, []byte(`"`)) {
			_ = json.Unmarshal(v, &s) // else it is shown as it stands
		}
		keys, values = append(keys, t.(string)), append(values, cell(short(s)))
	}
	return keys, values, true
}

// short rounds a number that is written with all the digits that a computer
// has, as 3.2821000000000002 is.
func short(s string) string {
	const most, digits = 12, 8
	if len(s) <= most || !strings.Contains(s, ".") || !isNumber(s) {
		return s
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil { // with a sign of percent
		return s
	}
	const wide, exact, places = 1e7, 1e15, 4 // a time in seconds keeps them
	if a := math.Abs(v); a >= wide && a < exact {
		return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', places, 64), "0"), ".")
	}
	return strconv.FormatFloat(v, 'g', digits, 64)
}

// markdownTables reads the tables of a Markdown text, each with the heading
// above it.
func markdownTables(text string) []grid {
	var out []grid
	title := ""
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		s := strings.TrimSpace(lines[i])
		if n := heading(s); n > 0 {
			title = cell(strings.Trim(s[n:], " #"))
		}
		if !strings.HasPrefix(s, "|") || i+1 >= len(lines) || !isRule(lines[i+1], "|-: ") {
			continue
		}
		g := grid{title: title, head: tableCells(s)}
		for i += 2; i < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[i]), "|"); i++ {
			g.rows = append(g.rows, gridRow{cells: tableCells(lines[i])})
		}
		i--
		title = ""
		if len(g.rows) > 0 {
			out = append(out, g)
		}
	}
	return out
}

func tableCells(l string) []string {
	out := strings.Split(strings.Trim(strings.TrimSpace(l), "|"), "|")
	for i := range out {
		out[i] = cell(out[i])
	}
	return out
}
