package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vigil/agent"
	"vigil/cmd/vigil/internal/clients"
	"vigil/cmd/vigil/internal/modelapi"
)

// TestE2EJudge has an agent whose last words leave the rules unsure. The judge is
// asked, once, and what it says decides: where it sees a limit, no nudge follows.
func TestE2EJudge(t *testing.T) {
	bin := buildVigil(t)
	const words = "Both seeds sit within noise of the record, so the ranking stands as it is."
	var asked atomic.Int32
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer sk-test" || !strings.Contains(string(b), words) {
			http.Error(w, "not what was expected", http.StatusBadRequest)
			return
		}
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"choices":[{"message":{"role":"assistant","content":%q}}],"usage":{"total_tokens":700}}`,
			`{"ending":"limit","confidence":0.9,"sentence":"Both seeds sit within noise of the record"}`)
	}))
	t.Cleanup(api.Close)
	c := clients.Start(t, clients.Options{Kind: agent.Codex, Script: modelapi.Script{Turns: []modelapi.Turn{done(words), done(stops)}, LoopFrom: 1}})
	v := watch(t, bin, c, settings{Judge: api.URL})
	c.Until(20*time.Second, "the judge's verdict", func() bool { return v.has(event{Event: "ending", Ending: "limit"}) })
	none(t, c, v, still, never)
	if n := asked.Load(); n != 1 {
		t.Errorf("the judge was asked %d times", n)
	}
	if slices.ContainsFunc(v.all(), func(e event) bool { return e.Event == "problem" && strings.Contains(e.Text, "judge") }) {
		t.Errorf("vigil complains:\n%s", v.dump())
	}
	v.stop()
}
