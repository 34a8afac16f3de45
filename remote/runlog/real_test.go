package runlog_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"vigil/remote"
	"vigil/remote/runlog"
)

// validation is a run's last line with a validation loss.
type validation struct {
	step  int64
	value float64
}

var validationLine = regexp.MustCompile(`(?m)^(?:step|s):(\d+)(?:/(\d+))? (?:[a-z_]+:\S+ )*?(?:val_loss|tel):(\S+)`)

// pointLine is any line of values at a step.
var pointLine = regexp.MustCompile(`(?m)^(?:step|s):\d+`)

// plainly finds the runs of a log by a regular expression: a step that falls
// back to where the run began, or another plan, starts the next one.
func plainly(text []byte) (runs []validation) {
	first, plan := int64(0), ""
	for _, m := range validationLine.FindAllSubmatch(text, -1) {
		step, err1 := strconv.ParseInt(string(m[1]), 10, 64)
		v, err2 := strconv.ParseFloat(string(m[3]), 64)
		if err1 != nil || err2 != nil {
			continue
		}
		if len(runs) == 0 || step <= first || string(m[2]) != plan {
			first, plan = step, string(m[2])
			runs = append(runs, validation{})
		}
		runs[len(runs)-1] = validation{step, v}
	}
	return runs
}

// parsed finds the same with a parser, and counts the points.
func parsed(text []byte) (runs []validation, points int) {
	found := map[int]validation{}
	emit := func(r remote.Record) {
		if r.Kind != remote.Point {
			return
		}
		points++
		for _, m := range r.Metrics {
			if m.Name == "val_loss" {
				found[r.Run] = validation{r.Step, m.Value}
			}
		}
	}
	p := runlog.New()
	for chunk := range slices.Chunk(text, 256<<10) {
		p.Feed(chunk, emit)
	}
	p.Flush(emit)
	for i := 0; len(found) > 0; i++ {
		if v, ok := found[i]; ok {
			runs = append(runs, v)
			delete(found, i)
		}
	}
	return runs, points
}

// TestRealLogs reads the logs of the public speedruns
// (github.com/KellerJordan/modded-nanogpt, folder records), where a copy lies.
func TestRealLogs(t *testing.T) {
	root := os.Getenv("VIGIL_REAL_LOGS")
	if root == "" {
		t.Skip("no real logs here: set VIGIL_REAL_LOGS to a copy of the folder records of github.com/KellerJordan/modded-nanogpt")
	}
	files, told, agreed, points, lines, bytes := 0, 0, 0, 0, 0, 0
	var spent time.Duration
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		ext := filepath.Ext(path)
		if err != nil || d.IsDir() || ext != ".txt" && ext != ".log" && ext != ".stdout" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		lines += countLines(text)
		bytes += len(text)
		start := time.Now()
		got, n := parsed(text)
		spent += time.Since(start)
		points += n
		if want := len(pointLine.FindAll(text, -1)); n != want {
			t.Errorf("%s: %d points, want %d", path, n, want)
		}
		want := plainly(text)
		if len(want) == 0 {
			if len(got) > 0 {
				t.Logf("%s: %v, which the expression does not find", path, got)
			}
			return nil
		}
		told++
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %v\nwant %v", path, got, want)
			return nil
		}
		agreed++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := spent.Seconds()
	t.Logf("%d files, %d with validation lines, %d agree; %d points; %.1f MB and %d lines in %.2f s: %.0f MB/s, %.2f M lines/s",
		files, told, agreed, points, float64(bytes)/1e6, lines, s, float64(bytes)/1e6/s, float64(lines)/1e6/s)
	if told == 0 {
		t.Error("no file with validation lines")
	}
}

func countLines(b []byte) (n int) {
	for _, c := range b {
		if c == '\n' {
			n++
		}
	}
	return n
}
