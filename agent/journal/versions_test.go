package journal

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"vigil/agent"
)

func TestVersions(t *testing.T) {
	j := fresh(t)
	put := func(path string, sec int, text string) agent.Version {
		t.Helper()
		return must[agent.Version](t)(j.PutVersion(t.Context(), "/w", path, at(time.Duration(sec)*time.Second), sec, []byte(text)))
	}
	v1 := put("plan.md", 1, "# plan\n")
	if v1.Size != 7 || v1.Turn != 1 || len(v1.Hash) != 64 {
		t.Errorf("version %+v", v1)
	}
	same(t, "the same again", put("plan.md", 2, "# plan\n"), v1)
	v3 := put("plan.md", 3, "# plan\n- [ ] more\n")
	v4 := put("plan.md", 4, "# plan\n") // taken back: a version again, the same content
	if v4.Hash != v1.Hash || v4.At.Equal(v1.At) {
		t.Errorf("version %+v", v4)
	}
	same(t, "a late second watcher", put("plan.md", 3, "# plan\n- [ ] more\n"), v3)
	put("THREAD.md", 5, "")
	if _, err := j.PutVersion(t.Context(), "/other", "x.md", t0(), 0, []byte("x")); err != nil {
		t.Fatal(err)
	}
	same(t, "versions", must[[]agent.Version](t)(j.Versions(t.Context(), "/w", "plan.md")), []agent.Version{v1, v3, v4})
	same(t, "files", must[[]string](t)(j.Files(t.Context(), "/w")), []string{"THREAD.md", "plan.md"})
	same(t, "content", string(must[[]byte](t)(j.Content(t.Context(), v3.Hash))), "# plan\n- [ ] more\n")
	if _, err := j.Content(t.Context(), strings.Repeat("0", 64)); !errors.Is(err, ErrNotFound) {
		t.Errorf("no content: %v", err)
	}
	if _, err := j.PutVersion(t.Context(), "/w", "big", t0(), 0, make([]byte, MaxFile+1)); !errors.Is(err, ErrTooBig) {
		t.Errorf("too big: %v", err)
	}
	if _, err := j.PutVersion(t.Context(), "/w", "big", t0(), 0, make([]byte, MaxFile)); err != nil {
		t.Error(err)
	}
}

func noise(n int, seed uint64) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestVersionsAreCapped(t *testing.T) {
	j := fresh(t)
	j.room = 100 << 10
	put := func(path string, i int) agent.Version {
		t.Helper()
		return must[agent.Version](t)(j.PutVersion(t.Context(), "/w", path, at(time.Duration(i)*time.Second), i, noise(2<<10, uint64(i))))
	}
	old := put("never changed", 0)
	for i := 1; i <= 300; i++ {
		put("plan.md", i)
	}
	var bytes, sum int64
	if err := j.loose.QueryRow("SELECT bytes, (SELECT sum(length(data)) FROM contents) FROM stored").Scan(&bytes, &sum); err != nil {
		t.Fatal(err)
	}
	if bytes != sum || bytes > j.room || bytes < j.room/4 {
		t.Errorf("%d bytes are counted, %d are there, the cap is %d", bytes, sum, j.room)
	}
	if _, err := j.Content(t.Context(), old.Hash); err != nil {
		t.Errorf("the only version of a file is gone: %v", err)
	}
	vs := must[[]agent.Version](t)(j.Versions(t.Context(), "/w", "plan.md"))
	if n := len(vs); n < 10 || vs[n-1].Turn != 300 || vs[0].Turn != 300-n+1 {
		t.Errorf("%d versions, %d to %d: not the newest", n, vs[0].Turn, vs[n-1].Turn)
	}
	for _, v := range vs {
		if b := must[[]byte](t)(j.Content(t.Context(), v.Hash)); !bytesEqual(b, v.Turn) {
			t.Errorf("version %d has another content", v.Turn)
		}
	}
}

func bytesEqual(b []byte, seed int) bool { return bytes.Equal(b, noise(2<<10, uint64(seed))) }

// Files that are each the newest may be over the cap: nothing is lost then.
func TestCapSparesTheNewest(t *testing.T) {
	j := fresh(t)
	j.room = 10 << 10
	for i := range 20 {
		must[agent.Version](t)(j.PutVersion(t.Context(), "/w", fmt.Sprint(i), at(time.Duration(i)), i, noise(1<<10, uint64(i))))
	}
	if n := len(must[[]string](t)(j.Files(t.Context(), "/w"))); n != 20 {
		t.Errorf("%d files, want 20", n)
	}
}

func TestContentIsChecked(t *testing.T) {
	j := fresh(t)
	a := must[agent.Version](t)(j.PutVersion(t.Context(), "/w", "a", t0(), 0, []byte("aaaa")))
	b := must[agent.Version](t)(j.PutVersion(t.Context(), "/w", "b", t0(), 0, []byte("bbbb")))
	if _, err := j.sure.Exec("UPDATE contents SET data=(SELECT data FROM contents WHERE hash=?) WHERE hash=?", a.Hash, b.Hash); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Content(t.Context(), b.Hash); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("error %v", err)
	}
	if _, err := j.sure.Exec("UPDATE contents SET data=x'00ff00' WHERE hash=?", b.Hash); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Content(t.Context(), b.Hash); err == nil {
		t.Error("no error for bytes that are not packed")
	}
}

func BenchmarkPutVersion(b *testing.B) {
	j := fresh(b)
	text := []byte(strings.Repeat("E314 queued: scalars lr 0.04, mean 3.27834, log cf2b288c\n", 500))
	b.SetBytes(int64(len(text)))
	for i := 0; b.Loop(); i++ {
		text = fmt.Appendf(text[:28000], "%d", i)
		if _, err := j.PutVersion(b.Context(), "/w", "THREAD.md", at(time.Duration(i)), 0, text); err != nil {
			b.Fatal(err)
		}
	}
}
