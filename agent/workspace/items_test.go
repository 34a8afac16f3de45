package workspace

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// The shapes are those of real scratchpads; the words are ours.
func TestItems(t *testing.T) {
	for _, c := range []struct {
		name, plan string
		want       []Item
	}{
		{"empty", "", nil},
		{"check boxes", "# Plan\n\nSome words.\n\n- [ ] sweep the **warm-up** length\n- [x] baseline\n  * [X] seed 2\n1. [ ] confirm at 2950\n- [~] half way\n- [-] given up\n- [ ]\n", []Item{
			{"sweep the warm-up length", false, 5},
			{"baseline", true, 6},
			{"seed 2", true, 7},
			{"confirm at 2950", false, 8},
			{"half way", false, 9},
			{"given up", true, 10},
		}},
		{"sections", "# speedrun\n- a remark\n## NEXT\n1. muon lr 0.03\n2. longer cooldown\n   - a detail\n## EXHAUSTED - do not retest\n- weight decay\n## Done\n- value embeddings\n## Idea backlog\n### Cheap ones\n- untied head\n### Results\n- 3.2791\n", []Item{
			{"muon lr 0.03", false, 4},
			{"longer cooldown", false, 5},
			{"value embeddings", true, 10},
			{"untied head", false, 13},
		}},
		{"marks", "## Queue\n- ~~batch 512~~ worse\n- DONE: rope base\n- E3 lr 0.025 - DONE: worse by 0.001\n- ✅ skip connections\n- init scale (done)\n- what is done in fp8 stays\n- RUNNING: fp8 head\n- polar steps → FAILED, diverged\n- say when it is DONE\n", []Item{
			{"batch 512 worse", true, 2},
			{"DONE: rope base", true, 3},
			{"E3 lr 0.025 - DONE: worse by 0.001", true, 4},
			{"✅ skip connections", true, 5},
			{"init scale (done)", true, 6},
			{"what is done in fp8 stays", false, 7},
			{"RUNNING: fp8 head", false, 8},
			{"polar steps → FAILED, diverged", true, 9},
			{"say when it is DONE", true, 10},
		}},
		{"a heading an experiment", "# log\n## E1\nwords\n## Idea 4 - spectral norm\n- detail\n- [ ] sub task\n### Step 2: scale it - DONE: worse\n", []Item{
			{"Idea 4 - spectral norm", false, 4},
			{"sub task", false, 6},
			{"Step 2: scale it - DONE: worse", true, 7},
		}},
		{"labels", "Tried: everything\nNext: try E12 with 2 seeds\n\n**Queue:**\n- one\n- two\n\nClosed:\n- three\n\nwords\n- four\n", []Item{
			{"try E12 with 2 seeds", false, 2},
			{"one", false, 5},
			{"two", false, 6},
		}},
		{"a bare list", "do these\n\n* first\n  * detail\n* second\n", []Item{{"first", false, 3}, {"second", false, 5}}},
		{"code", "## Next\n- real\n```\n- [ ] not this\n```\n~~~sh\n- nor this\n```\n~~~\n- another\n", []Item{{"real", false, 2}, {"another", false, 10}}},
		{"to be done", "## To be done\n- x\n## Not yet done\n- y\n", []Item{{"x", false, 2}, {"y", false, 4}}},
		{"hostile", "## Next\r\n- a\x1b]52;c;aGk=\x07b\u202ec\r\n", []Item{{"abc", false, 2}}},
		{"chapters of a plan", "# Plan\n- first of all\n## Background\n- the record is 2990\n## Next steps\n- go\n", []Item{{"first of all", false, 2}, {"go", false, 6}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, Items(c.plan)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	got := Open([]Item{{Text: "a"}, {Text: "b", Done: true}, {Text: "c"}})
	if d := cmp.Diff([]string{"a", "c"}, got); d != "" {
		t.Error(d)
	}
}

func TestItemsAreBounded(t *testing.T) {
	got := Items(strings.Repeat("- [ ] "+strings.Repeat("é", 500)+"\n", 10*maxItems))
	if len(got) != maxItems || len(got[0].Text) > maxItem {
		t.Errorf("%d items of %d bytes", len(got), len(got[0].Text))
	}
}

func FuzzItems(f *testing.F) {
	f.Add("# Plan\n## Next\n- [ ] a\n1. ~~b~~\n```\n- c\n```\n**Queue:** d\n")
	f.Add("######## x\n#\n- \n\t- [x]\n-\n~~~\n")
	f.Fuzz(func(t *testing.T, plan string) {
		items := Items(plan)
		lines, last := strings.Count(plan, "\n")+1, 0
		for _, it := range items {
			if it.Text == "" || len(it.Text) > maxItem || !utf8.ValidString(it.Text) || strings.ContainsAny(it.Text, "\n\x1b\r") {
				t.Fatalf("item %+v", it)
			}
			if it.Line <= last || it.Line > lines {
				t.Fatalf("line %d after %d of %d", it.Line, last, lines)
			}
			last = it.Line
		}
		if n := len(Open(items)); n > len(items) {
			t.Fatalf("%d of %d items are open", n, len(items))
		}
	})
}

// What a long plan costs: it is read at each change, on the screen's way too.
func BenchmarkItems(b *testing.B) {
	plan := "# Plan\n\n## Next\n" + strings.Repeat("- [ ] one more probe of the same lever (seed 2), with lines that say little\n1. try a value\n", 1000)
	b.ReportAllocs()
	for b.Loop() {
		Items(plan)
	}
}
