package curve

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Family is the runs of one candidate that differ in nothing but their seeds.
type Family struct {
	Name string
	Runs []*Run // in the order that they were given in
}

// Families groups runs by candidate, in order of appearance. Runs are of one
// family if they have the same owner ([Run.Key]) and the same name but for its
// seed, and no configuration tells them apart. For names that say nothing
// (numbers of jobs, random ids) the folder of the log stands, and where that
// says nothing either, an equal configuration.
// Every run is in one family.
func Families(runs []*Run) []Family {
	var out []Family
	index := map[[3]string]int{}
	for _, r := range runs {
		k := [3]string{r.Key, r.kin, fingerprint(r.Config)}
		if r.kin == "" && k[2] == "" { // nothing is known of it: it is alone
			out = append(out, Family{r.Name, []*Run{r}})
			continue
		}
		i, ok := index[k]
		if !ok {
			i = len(out)
			index[k] = i
			out = append(out, Family{Name: cmp.Or(r.kin, r.Name)})
		}
		out[i].Runs = append(out[i].Runs, r)
	}
	return out
}

// uuid is a random id as tools name their logs by.
var uuid = regexp.MustCompile(`(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// relate works out the stem of the run's name, or where that names no
// candidate, of the nearest of the folders that its log is in.
func (r *Run) relate() {
	const levels = 3
	r.kin = Stem(r.Name)
	r.named = r.kin != ""
	dir := r.Path
	for i := 0; i < levels && r.kin == ""; i++ {
		if dir = path.Dir(dir); len(dir) < 2 {
			break
		}
		r.kin = Stem(path.Base(dir))
	}
}

// Stem is [Stem] of the run's name.
func (r *Run) Stem() string {
	if r.named {
		return r.kin
	}
	return ""
}

// Stem returns a run's name without what tells seeds apart; empty if nothing
// is left that names a candidate.
func Stem(name string) string {
	name, _, _ = strings.Cut(name, " · ") // the label in the log
	if i := strings.LastIndexByte(name, '#'); i >= 0 && digitsOnly(name[i+1:]) {
		name = name[:i] // the place in the file
	}
	if strings.Count(name, "-") >= 4 {
		name = uuid.ReplaceAllString(name, "")
	}
	var b strings.Builder
	told := false
	for len(name) > 0 {
		var tok, sep string
		tok, sep, name = cutToken(name)
		word, n := cutNumber(tok)
		switch seed := seedWord(word); {
		case seed && n != "", n != "" && strings.EqualFold(word, "s"):
			continue
		case seed: // its number follows
			if next, _, rest := cutToken(name); digitsOnly(next) {
				name = rest
				continue
			}
		case n != "" && len(word) > 4 && strings.EqualFold(word[len(word)-4:], "seed"):
			tok = word[:len(word)-4]
		}
		told = told || !empty(tok)
		b.WriteString(tok)
		b.WriteString(sep)
	}
	if !told {
		return ""
	}
	return strings.Trim(b.String(), separators)
}

// separators are what names are put together with.
const separators = "-_. /"

// cutNumber cuts a word before the number at its end.
func cutNumber(tok string) (word, n string) {
	word = strings.TrimRight(tok, "0123456789")
	n = tok[len(word):]
	return strings.TrimRight(word, "=:"), n
}

func digitsOnly(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// seedWord reports whether a word is followed by the number of a seed.
func seedWord(word string) bool {
	switch strings.ToLower(word) {
	case "sd", "seed", "rng", "trial", "rep", "repeat":
		return true
	}
	return false
}

// cutToken cuts a name behind its first word.
func cutToken(s string) (tok, sep, rest string) {
	i := strings.IndexAny(s, separators)
	if i < 0 {
		return s, "", ""
	}
	return s[:i], s[i : i+1], s[i+1:]
}

// empty reports whether a word names no candidate: a number, a random id, or
// what everybody calls a log.
func empty(tok string) bool {
	switch strings.ToLower(tok) {
	case "", "slurm", "job", "run", "runs", "log", "logs", "code", "out", "output", "outputs", "stdout", "stderr",
		"train", "main", "full", "batch", "metrics", "result", "results", "record", "records",
		"exp", "exps", "experiment", "experiments", "scratchpad", "work":
		return true
	}
	const id = 8 // hexadecimal digits, at least
	return digitsOnly(tok) || len(tok) >= id && strings.Trim(tok, "0123456789abcdefABCDEF") == ""
}

// apart are settings that say nothing of a candidate.
var apart = regexp.MustCompile(`(^|[._])(seed|rng|run_id|id|uuid|run_name|exp_name|name|out_dir|output_dir|log_dir|logdir|log_file|logfile|dir|path|date|time|timestamp|host|hostname|node|port|device|rank|job_id|wandb)$`)

// fingerprint is what a configuration says of a candidate; empty if that is
// too little.
func fingerprint(config []Setting) string {
	const least = 3
	var kv []string
	for _, s := range config {
		if k := plainKey(s.Key); !apart.MatchString(k) {
			kv = append(kv, k+"\x00"+s.Value)
		}
	}
	if len(kv) < least {
		return ""
	}
	slices.Sort(kv)
	return strings.Join(kv, "\x01")
}

// Band returns, column by column as [Series.Window] does, the least value of
// any run of the family, the mean of the runs' means, and the greatest value;
// N counts the runs that are there. Between two points a run is on the line
// that joins them. The columns are of equal ratio if log is set. dst is used for
// the result if it has room for twice the columns: then nothing is allocated.
func (f Family) Band(metric string, log bool, x0, x1 float64, cols int, dst []Column) []Column {
	cols = max(cols, 0)
	if cap(dst) < 2*cols {
		dst = make([]Column, 2*cols)
	}
	out := clearColumns(dst[:cols], cols)
	Widen(out, f.Runs, metric, log, x0, x1, dst[cols:2*cols:2*cols])
	return out
}

// Widen adds runs to a band as [Family.Band] makes one, so that one of many runs
// can be made part by part; columns that are clear are a band of none. Room is for
// as many columns.
func Widen(band []Column, runs []*Run, metric string, log bool, x0, x1 float64, room []Column) {
	for _, r := range runs {
		if s := r.Metric(metric); s != nil {
			room = s.window(ruler{scale: 1, log: log}, x0, x1, len(band), room)
			bridge(room, func(c int, lo, hi, mean float32) { band[c].seed(lo, hi, mean) })
		}
	}
}

// bridge yields the columns of a curve, those between two with values too.
func bridge(cols []Column, yield func(c int, lo, hi, mean float32)) {
	last := -1
	for c := range cols {
		col := &cols[c]
		if col.N == 0 {
			if col.Gap {
				last = -1
			}
			continue
		}
		if last >= 0 && !col.Start {
			a, b := cols[last].Mean, col.Mean
			for i := last + 1; i < c; i++ {
				v := a + (b-a)*float32(i-last)/float32(c-last)
				yield(i, v, v, v)
			}
		}
		yield(c, col.Min, col.Max, col.Mean)
		last = c
	}
}

// seed adds a run to a column of a band.
func (c *Column) seed(lo, hi, mean float32) {
	if c.N == 0 {
		c.Min, c.Max = lo, hi
	}
	c.Min, c.Max = min(c.Min, lo), max(c.Max, hi)
	c.N++
	c.Mean += (mean - c.Mean) / float32(c.N)
	c.First, c.Last = c.Mean, c.Mean
}
