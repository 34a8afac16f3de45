package workspace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWatcherLimits(t *testing.T) {
	dir := t.TempDir()
	for i := range maxWatch + 5 {
		write(t, filepath.Join(dir, "scratchpad", fmt.Sprint(i), "a.md"), fmt.Sprintln(i))
	}
	w, err := New(dir, Options{Poll: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	w.look(t.Context(), true) // without watches at all
	if s := w.State(); len(s.Files) != maxWatch+5 {
		t.Errorf("%d files", len(s.Files))
	}
	r := start(t, dir, Options{Poll: 200 * time.Millisecond})
	s := r.until(t, "the first look", func(s State) bool { return len(s.Files) > 0 })
	if !strings.Contains(s.Problem, "more than 512 folders: the others are looked at every 200ms") {
		t.Errorf("problem %q", s.Problem)
	}
	for _, i := range []int{0, maxWatch / 2, maxWatch + 4} {
		write(t, r.path(fmt.Sprintf("scratchpad/%d/a.md", i)), "new\n")
		r.until(t, "a change", is(fmt.Sprintf("scratchpad/%d/a.md", i), "+new\n"))
	}
}

func TestWatcherTooManyFiles(t *testing.T) {
	dir := t.TempDir()
	for i := range maxFiles + 100 {
		write(t, filepath.Join(dir, "scratchpad", fmt.Sprintf("%d.log", i)), "")
	}
	write(t, filepath.Join(dir, "plan.md"), "p\n")
	w, err := New(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.look(t.Context(), true)
		s := w.State()
		if n := len(s.Files); n < maxFiles-1 || n > maxFiles+1 || !strings.Contains(s.Problem, "more than 5000 files") || s.Plan.Text != "p\n" {
			t.Errorf("%d files, plan %q, problem %q", n, s.Plan.Text, s.Problem)
		}
		for _, f := range s.Files {
			if f.Deleted {
				t.Fatalf("%s is over the limit, not deleted", f.Path)
			}
		}
	}
}

func TestWatcherSaysThatNothingIsKept(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "plan.md"), "1\n")
	keep := newMemory()
	w, err := New(dir, Options{Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	keep.err = errors.New("the disk is full")
	w.look(t.Context(), true)
	if s := w.State(); s.Plan.Text != "1\n" || len(s.Plan.Versions) != 0 || !strings.Contains(s.Problem, "versions are not kept: the disk is full") {
		t.Errorf("plan %+v, problem %q", s.Plan, s.Problem)
	}
	keep.err = nil
	write(t, w.dir+"/plan.md", "2\n")
	w.look(t.Context(), true)
	if s := w.State(); s.Problem != "" || len(s.Plan.Versions) != 1 {
		t.Errorf("plan %+v, problem %q", s.Plan, s.Problem)
	}
}

// Texts beyond the memory for them are compared with what was kept.
func TestWatcherLetsTextsGo(t *testing.T) {
	dir := t.TempDir()
	line := strings.Repeat("x", 1023) + "\n"
	for i := range 45 {
		write(t, filepath.Join(dir, "scratchpad", fmt.Sprintf("%02d.md", i)), strings.Repeat(line, 900))
	}
	w, err := New(dir, Options{Keep: newMemory()})
	if err != nil {
		t.Fatal(err)
	}
	w.look(t.Context(), true)
	if w.texts > maxTexts+maxTexts/4 {
		t.Errorf("%d bytes are held", w.texts)
	}
	for range 2 { // the first change of a file that was not read is its base
		for i := range 45 {
			f, err := os.OpenFile(filepath.Join(dir, "scratchpad", fmt.Sprintf("%02d.md", i)), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(f, "more")
			f.Close()
		}
		w.look(t.Context(), true)
	}
	if w.texts > maxTexts+maxTexts/4 {
		t.Errorf("%d bytes are held", w.texts)
	}
	for _, f := range w.State().Files {
		if f.Added != 1 || f.Removed != 0 || !strings.HasSuffix(f.Diff, "+more\n") {
			t.Errorf("%s: +%d -%d %q", f.Path, f.Added, f.Removed, f.Note)
		}
	}
}
