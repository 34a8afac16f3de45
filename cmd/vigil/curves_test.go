package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// speedrun writes a training log: the source that such logs embed, then val
// losses every 125 steps down to last.
func speedrun(t *testing.T, path string, last float64) {
	t.Helper()
	var b strings.Builder
	b.WriteString("import os\nprint0(f\"step:{step}/{train_steps} val_loss:{val_loss:.5f}\")\n" + strings.Repeat("=", 100) + "\n")
	for step := 0; step <= 500; step += 125 {
		loss := 10.8 - (10.8-last)*float64(step)/500
		fmt.Fprintf(&b, "step:%d/500 val_loss:%.5f train_time:%d.000s step_avg:770.52ms\n", step, loss, step)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCurves(t *testing.T) {
	dir := t.TempDir()
	speedrun(t, filepath.Join(dir, "runs", "good.log"), 3.2)
	speedrun(t, filepath.Join(dir, "runs", "bad.log"), 3.4)
	speedrun(t, filepath.Join(dir, ".hidden", "x.log"), 1)
	if err := os.WriteFile(filepath.Join(dir, "runs", "train.py"), []byte("step:1/2 val_loss:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"folder": {dir},
		"glob":   {filepath.Join(dir, "*", "*.log")},
		"twice":  {filepath.Join(dir, "runs"), filepath.Join(dir, "runs", "good.log"), filepath.Join(dir, "runs", "bad.log")},
	} {
		t.Run(name, func(t *testing.T) {
			e, out, errs := testEnv(t, append([]string{"curves", "--json"}, args...)...)
			if err := run(t.Context(), e); err != nil {
				t.Fatal(err, errs)
			}
			got := map[string]curveLine{}
			for _, l := range strings.Split(strings.TrimSpace(out.String()), "\n") {
				var c curveLine
				if err := json.Unmarshal([]byte(l), &c); err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(c.Path, ".hidden") || name != "glob" {
					got[filepath.Base(c.Path)] = c
				}
			}
			good, bad := got["good.log"], got["bad.log"]
			if len(got) != 2 || good.Crossing == nil || bad.Crossing != nil {
				t.Fatalf("%+v", got)
			}
			if good.Step != 500 || good.Plan != 500 || *good.Last != 3.2 || *good.Best != 3.2 || *good.BestStep != 500 || good.Metric != "val_loss" {
				t.Errorf("%+v", good)
			}
			if x := *good.Crossing; x < 375 || x > 500 {
				t.Errorf("crossing at %v", x)
			}
		})
	}
	e, out, _ := testEnv(t, "curves", dir)
	if err := run(t.Context(), e); err != nil || !strings.Contains(out.String(), "2 runs") || !strings.Contains(out.String(), "3.4") {
		t.Fatalf("%v\n%s", err, out)
	}
	// What cannot be read does not keep the others from being read.
	e, out, errs := testEnv(t, "curves", filepath.Join(dir, "runs"), filepath.Join(dir, "gone.log"))
	if err := run(t.Context(), e); exitCode(err) != 1 || !strings.Contains(out.String(), "2 runs") || !strings.Contains(errs.String(), "gone.log") {
		t.Fatalf("%v\n%s%s", err, out, errs)
	}
}

func TestCurvesUsage(t *testing.T) {
	e, _, _ := testEnv(t, "curves", "--json", "--png", "x.png", "a.log")
	if err := run(t.Context(), e); exitCode(err) != 2 {
		t.Errorf("exit code %d: %v", exitCode(err), err)
	}
}
