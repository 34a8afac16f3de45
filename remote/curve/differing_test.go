package curve

import (
	"slices"
	"testing"
)

func TestDiffering(t *testing.T) {
	run := func(kv ...string) *Run {
		r := &Run{}
		for i := 0; i < len(kv); i += 2 {
			r.set(kv[i], kv[i+1])
		}
		return r
	}
	for _, c := range []struct {
		name string
		runs []*Run
		want []string
	}{
		{"nothing", nil, nil},
		{"the same", []*Run{run("lr", "1"), run("lr", "1")}, nil},
		{"a sweep", []*Run{run("lr", "1", "depth", "12", "width", "2"), run("lr", "2", "depth", "12", "width", "3")}, []string{"lr", "width"}},
		{"one does not tell", []*Run{run("lr", "1"), run()}, []string{"lr"}},
		{"what says nothing", []*Run{run("seed", "1", "run_name", "a", "train.seed", "1"), run("seed", "2", "run_name", "b", "train.seed", "2")}, nil},
	} {
		if got := Differing(c.runs); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
