package journal

import (
	"path/filepath"
	"testing"
	"time"
)

// Of an event one caller may tell, once and for ever, whatever process it is in;
// what did not arrive is given back.
func TestClaimNotice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j.db")
	now := time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC)
	claim := func(j *Journal, key string, at time.Time) bool {
		t.Helper()
		ok, err := j.ClaimNotice(t.Context(), key, at)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	open := func() *Journal {
		j, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = j.Close() })
		return j
	}
	a, b := open(), open()
	if !claim(a, "k", now) || claim(b, "k", now) || claim(a, "k", now.Add(24*time.Hour)) || !claim(b, "other", now) {
		t.Error("not one claim an event")
	}
	if err := b.ReleaseNotice(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if !claim(a, "k", now) {
		t.Error("what was given back cannot be claimed")
	}
	claim(a, "much later", now.Add(2*noticesKept))
	if !claim(a, "k", now.Add(2*noticesKept)) {
		t.Error("the oldest are kept for ever")
	}
	if _, err := a.ClaimNotice(t.Context(), "", now); err == nil {
		t.Error("an event without a key")
	}
}
