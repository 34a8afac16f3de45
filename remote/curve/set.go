package curve

import (
	"iter"
	"slices"
	"strings"
	"sync"
)

// Set is all runs at one moment. It never changes; a reader may keep it.
type Set struct {
	Version int // grows with each change

	pages  []*page
	n      int
	places *places
}

// pageLen is how many runs share a page of a Set: a snapshot copies the pages
// in which a run has changed, and the table of pages.
const pageLen = 64

type page [pageLen]*Run

// places tells where the runs of a set, and of those after it, are.
type places struct {
	mu sync.RWMutex
	at map[ID]int
}

// Len counts the runs.
func (s *Set) Len() int { return s.n }

// At returns run i, in order of appearance: a run keeps its place in every
// later set. One whose file is read anew is empty until the file tells of it
// again.
func (s *Set) At(i int) *Run { return s.pages[i/pageLen][i%pageLen] }

// All yields the runs in order of appearance.
func (s *Set) All() iter.Seq2[int, *Run] {
	return func(yield func(int, *Run) bool) {
		for i := range s.n {
			if r := s.At(i); !r.gone && !yield(i, r) {
				return
			}
		}
	}
}

// Find returns the run with the id, or nil.
func (s *Set) Find(id ID) *Run {
	if s.places == nil {
		return nil
	}
	s.places.mu.RLock()
	i, ok := s.places.at[id]
	s.places.mu.RUnlock()
	if !ok || i >= s.n {
		return nil
	}
	return s.At(i)
}

// with returns a copy of the set for changes that put makes.
func (s *Set) with() *Set {
	c := &Set{Version: s.Version + 1, pages: slices.Clone(s.pages), n: s.n, places: s.places}
	if c.places == nil {
		c.places = &places{at: map[ID]int{}}
	}
	return c
}

// put sets run i, or adds one if i is the number of runs. fresh has the pages
// that are the set's own already.
func (s *Set) put(i int, r *Run, fresh map[int]bool) {
	p := i / pageLen
	switch {
	case p == len(s.pages):
		s.pages = append(s.pages, new(page))
	case !fresh[p]:
		c := *s.pages[p]
		s.pages[p] = &c
	}
	fresh[p] = true
	s.pages[p][i%pageLen] = r
	if i == s.n {
		s.n++
		s.places.mu.Lock()
		s.places.at[r.ID] = i
		s.places.mu.Unlock()
	}
}

// Filter appends to dst the runs whose key is key (any, if it is empty) and
// whose name or path contains text, whatever its case. A [Query] does the same
// for every frame.
func (s *Set) Filter(dst []*Run, key, text string) []*Run {
	text = strings.ToLower(text)
	for _, r := range s.All() {
		if r.matches(key, text) {
			dst = append(dst, r)
		}
	}
	return dst
}

func (r *Run) matches(key, lower string) bool {
	if r.gone || key != "" && r.Key != key {
		return false
	}
	return lower == "" || strings.Contains(strings.ToLower(r.Name), lower) || strings.Contains(strings.ToLower(r.Path), lower)
}

// Query is a filter that remembers: asked again, it looks only at runs that
// are new or have changed their name. The zero value is ready.
type Query struct {
	key, text string
	set       *Set
	hits      []bool
	runs      []*Run
}

// Runs returns what [Set.Filter] does. The slice is the query's: it is valid
// until the next call.
func (q *Query) Runs(set *Set, key, text string) []*Run {
	text = strings.ToLower(text)
	if q.set == nil || key != q.key || text != q.text {
		*q = Query{key: key, text: text, set: &Set{}, hits: q.hits[:0], runs: q.runs}
	}
	if set == q.set {
		return q.runs
	}
	for p := range set.pages {
		if p < len(q.set.pages) && q.set.pages[p] == set.pages[p] {
			continue
		}
		for i := p * pageLen; i < min((p+1)*pageLen, set.n); i++ {
			q.look(set, i)
		}
	}
	q.set, q.hits, q.runs = set, q.hits[:set.n], q.runs[:0]
	for i, hit := range q.hits {
		if hit {
			q.runs = append(q.runs, set.At(i))
		}
	}
	return q.runs
}

// look matches run i, unless it is known to match or not.
func (q *Query) look(set *Set, i int) {
	r := set.At(i)
	if i < q.set.n {
		if old := q.set.At(i); old.Name == r.Name && old.Key == r.Key && old.gone == r.gone {
			return
		}
	}
	for len(q.hits) <= i {
		q.hits = append(q.hits, false)
	}
	q.hits[i] = r.matches(q.key, q.text)
}
