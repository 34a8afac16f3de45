package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil/agent"
)

// t0 is the start of every test's story.
func t0() time.Time { return time.Date(2026, 5, 16, 10, 0, 0, 123456789, time.UTC) }

func at(d time.Duration) time.Time { return t0().Add(d) }

func open(t testing.TB, path string) *Journal {
	t.Helper()
	j, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func fresh(t testing.TB) *Journal {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "state", "journal.db"))
}

// must returns v, and ends the test on an error.
func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func nudge(key string) agent.Nudge {
	return agent.Nudge{
		Key: key, Agent: "a1", Session: "s1", EndID: "e1", Ending: agent.Terminal, Channel: agent.ViaTmux,
		Rung: 1, Text: "keep going", Status: agent.Planned, PlannedAt: t0(),
	}
}

func TestOpenMakesPrivateFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "vigil state?", "journal #1.db")
	j := open(t, path)
	if _, err := j.Plan(t.Context(), nudge("k")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		mode os.FileMode
	}{{filepath.Dir(path), 0o700}, {path, 0o600}, {path + "-wal", 0o600}, {path + "-shm", 0o600}} {
		in, err := os.Stat(c.path)
		if err != nil {
			t.Fatal(err)
		}
		if in.Mode().Perm() != c.mode {
			t.Errorf("%s has mode %v, want %v", c.path, in.Mode().Perm(), c.mode)
		}
	}
}

func TestOpenTightensTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	if in := must[os.FileInfo](t)(os.Stat(path)); in.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", in.Mode().Perm())
	}
}

func TestOpenSettings(t *testing.T) {
	j := fresh(t)
	var mode, sync string
	if err := j.sure.QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal mode %q, %v", mode, err)
	}
	if err := j.sure.QueryRow("PRAGMA synchronous").Scan(&sync); err != nil || sync != "2" {
		t.Errorf("sure synchronous is %q, %v; 2 is FULL", sync, err)
	}
	if err := j.loose.QueryRow("PRAGMA synchronous").Scan(&sync); err != nil || sync != "1" {
		t.Errorf("loose synchronous is %q, %v; 1 is NORMAL", sync, err)
	}
}

// The mode for network file systems works too, and leaves no shared memory.
func TestRollbackMode(t *testing.T) {
	j := fresh(t)
	if err := setMode(t.Context(), j.sure, "TRUNCATE"); err != nil {
		t.Fatal(err)
	}
	other := must[*Journal](t)(plainOpen(t.Context(), j.path))
	defer other.Close()
	if !must[bool](t)(j.Plan(t.Context(), nudge("k"))) || must[bool](t)(other.Plan(t.Context(), nudge("k"))) {
		t.Error("the two journals do not see each other")
	}
	if _, err := os.Stat(j.path + "-shm"); err == nil {
		t.Error("there is shared memory")
	}
}

// plainOpen opens an existing journal in whatever mode it has.
func plainOpen(ctx context.Context, path string) (*Journal, error) {
	j := &Journal{path: path, room: maxStored, now: time.Now}
	var err error
	if j.sure, err = connect(path, "FULL", 1); err != nil {
		return nil, err
	}
	if j.loose, err = connect(path, "NORMAL", readers); err != nil {
		return nil, err
	}
	return j, migrate(ctx, j.sure, migrations())
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte(strings.Repeat("no database at all\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(dir, "foreign.db")
	db := must2(connect(foreign, "FULL", 1))
	if _, err := db.Exec("CREATE TABLE t (x); PRAGMA user_version=1"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	newer := filepath.Join(dir, "newer.db")
	j := open(t, newer)
	if _, err := j.sure.Exec("PRAGMA user_version=99"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, want string }{
		{"not a database", file, "the file is damaged or no journal; move it away"},
		{"a folder", dir, "it cannot be written; make the file and its folder writable"},
		{"another program's", foreign, "another program's database; choose another state folder"},
		{"a newer one", newer, "its schema is version 99 and this vigil knows " + strconv.Itoa(len(migrations())) + "; update vigil"},
		{"under a file", filepath.Join(file, "journal.db"), "not a directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, err := Open(t.Context(), c.path)
			if err == nil {
				j.Close()
				t.Fatal("no error")
			}
			if s := err.Error(); !strings.Contains(s, c.want) || !strings.Contains(s, c.path) || strings.Contains(s, "\n") {
				t.Errorf("error %q, want one line with %q and the path", s, c.want)
			}
		})
	}
}

func must2[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A full disk: SQLite's own limit of pages gives the same code as ENOSPC does.
func TestFullDisk(t *testing.T) {
	j := fresh(t)
	if _, err := j.sure.Exec("PRAGMA max_page_count=1"); err != nil {
		t.Fatal(err)
	}
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		n := nudge(fmt.Sprint(i))
		n.Text = strings.Repeat("x", 4000)
		_, err = j.Plan(t.Context(), n)
	}
	if err == nil || !strings.Contains(err.Error(), "the disk is full or over quota; free some space") ||
		strings.Contains(err.Error(), "\n") {
		t.Fatalf("error %v", err)
	}
	if _, err := j.sure.Exec("PRAGMA max_page_count=1000000"); err != nil {
		t.Fatal(err)
	}
	if !must[bool](t)(j.Plan(t.Context(), nudge("after"))) {
		t.Error("it does not go on once there is space again")
	}
}

func TestOpenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			j, err := Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			defer j.Close()
			if _, err := j.Plan(t.Context(), nudge(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if ns := must[[]agent.Nudge](t)(open(t, path).Nudges(t.Context(), "a1", time.Time{})); len(ns) != 8 {
		t.Errorf("%d nudges, want 8", len(ns))
	}
}

func TestMigrateFromVersion1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	db := must2(connect(path, "FULL", 1))
	if err := migrate(t.Context(), db, migrations()[:1]); err != nil {
		t.Fatal(err)
	}
	_, err := db.Exec(`INSERT INTO nudges (key, agent, session, end_id, ending, channel, rung, text, status, note,
		manual, dry_run, planned_at, sent_at, received_at, settled_at) VALUES
		('old', 'a1', 's1', 'e1', 'terminal', 'tmux', 2, 'go on', 'sent', '', 0, 0, 5, 6, 0, 0)`)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	j := open(t, path)
	want := agent.Nudge{
		Key: "old", Agent: "a1", Session: "s1", EndID: "e1", Ending: agent.Terminal, Channel: agent.ViaTmux, Rung: 2,
		Text: "go on", Status: agent.Sent, PlannedAt: time.Unix(0, 5).UTC(), SentAt: time.Unix(0, 6).UTC(),
	}
	same(t, "the old nudge", must[[]agent.Nudge](t)(j.Pending(t.Context(), "s1")), []agent.Nudge{want})
	v := must[agent.Version](t)(j.PutVersion(t.Context(), "/w", "plan.md", t0(), 1, []byte("new table")))
	if got := must[[]byte](t)(j.Content(t.Context(), v.Hash)); string(got) != "new table" {
		t.Errorf("content %q", got)
	}
	have, app, err := version(t.Context(), j.sure)
	if have != len(migrations()) || app != appID || err != nil {
		t.Errorf("version %d of %x, %v", have, app, err)
	}
}

// A migration that fails leaves the journal as it was.
func TestMigrateIsAllOrNothing(t *testing.T) {
	db := must2(connect(filepath.Join(t.TempDir(), "journal.db"), "FULL", 1))
	defer db.Close()
	if err := migrate(t.Context(), db, migrations()[:1]); err != nil {
		t.Fatal(err)
	}
	err := migrate(t.Context(), db, append(migrations(), "CREATE TABLE nudges (x)"))
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("migrate to version %d", len(migrations())+1)) {
		t.Fatalf("error %v", err)
	}
	if have, _, err := version(t.Context(), db); have != 1 || err != nil {
		t.Errorf("version %d, %v", have, err)
	}
	if _, err := db.Exec("SELECT * FROM versions"); err == nil {
		t.Error("half of the migration stayed")
	}
}

func TestCancelled(t *testing.T) {
	j := fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := j.Plan(ctx, nudge("k")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestTimes(t *testing.T) {
	for _, c := range []time.Time{{}, t0(), time.Unix(1, 0).UTC()} {
		if got := fromNanos(nanos(c)); !got.Equal(c) {
			t.Errorf("%v came back as %v", c, got)
		}
	}
	far, past := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)
	if nanos(far) <= nanos(t0()) || nanos(past) >= 0 {
		t.Errorf("times out of range are stored as %d and %d", nanos(far), nanos(past))
	}
}
