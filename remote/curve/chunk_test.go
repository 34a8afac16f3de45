package curve

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestPacking: whatever values a chunk has, the same come back, bit by bit.
func TestPacking(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, c := range []struct {
		name   string
		value  func(i int) float64
		packed bool
	}{
		{"four digits", func(i int) float64 { return digits(3.28+0.3*r.NormFloat64(), 4) }, true},
		{"five digits", func(i int) float64 { return digits(3.28+0.1*r.Float64(), 5) }, true},
		{"whole", func(i int) float64 { return float64(i * 3) }, true},
		{"large", func(i int) float64 { return 1e7 + float64(i) }, true},
		{"below zero", func(i int) float64 { return digits(r.NormFloat64(), 3) }, true},
		{"gaps", func(i int) float64 {
			if i%7 == 0 {
				return nan
			}
			return digits(r.Float64(), 4)
		}, true},
		{"all gaps", func(i int) float64 { return nan }, true},
		{"small", func(i int) float64 { return 1e-6 * float64(r.IntN(1000)) }, true},
		{"minus zero", func(i int) float64 { return math.Copysign(0, -1) }, false},
		{"wide", func(i int) float64 { return digits(10*r.Float64(), 5) }, false},
		{"no digits", func(i int) float64 { return r.Float64() }, false},
		{"tiny", func(i int) float64 { return 1e-20 * r.Float64() }, false},
		{"huge", func(i int) float64 { return 1e30 * r.Float64() }, false},
	} {
		for _, n := range []int{1, 100, chunkLen} {
			var k, plain chunk
			for i := range n {
				v := float32(c.value(i))
				k.append(int64(i*i), v)
				plain.append(int64(i*i), v)
			}
			k.freeze()
			if n == chunkLen && (k.packed != nil) != c.packed {
				t.Errorf("%s: packed is %v", c.name, k.packed != nil)
			}
			check := func() {
				t.Helper()
				for i := range n {
					if a, b := k.value(i), plain.value(i); math.Float32bits(a) != math.Float32bits(b) && b == b || k.step(i) != plain.step(i) || b != b && a == a {
						t.Fatalf("%s: point %d is (%d, %v), want (%d, %v)", c.name, i, k.step(i), a, plain.step(i), b)
					}
				}
			}
			check()
			lo, hi, sum, m := k.sum(n/3, n)
			l, h, s, p := plain.sum(n/3, n)
			if lo != l || hi != h || m != p || math.Abs(sum-s) > 1e-6*max(math.Abs(s), 1) {
				t.Errorf("%s: sum %v %v %v %v, want %v %v %v %v", c.name, lo, hi, sum, m, l, h, s, p)
			}
			if n < chunkLen {
				k.append(int64(n*n), 1)
				check()
			}
		}
	}
}

// TestFreezeChangesNothing: a series that rests now and then is the one that
// never did, and copies of it stay as they are.
func TestFreezeChangesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	var a, b Series
	step := int64(0)
	var copies []Series
	for i := range 6000 {
		if step += int64(1 + r.IntN(2)); r.IntN(900) == 0 {
			step /= 2
		}
		v := digits(3+r.Float64(), 4)
		a.Append(step, v)
		b.Append(step, v)
		if r.IntN(300) == 0 {
			copies = append(copies, b.Snapshot())
			b.freeze()
		}
		if i%1000 == 999 {
			x, y := a.Window(0, float64(step), 100, nil), b.Window(0, float64(step), 100, nil)
			for c := range x {
				if x[c].Min != y[c].Min || x[c].Max != y[c].Max || x[c].N != y[c].N || x[c].First != y[c].First || x[c].Last != y[c].Last {
					t.Fatalf("after %d points, column %d: %+v, want %+v", i+1, c, y[c], x[c])
				}
			}
		}
	}
	for i := range copies {
		s := &copies[i]
		n := 0
		for range s.Segments() {
			n += s.segment(0).n
			break
		}
		if n == 0 || s.Len() == 0 {
			t.Errorf("copy %d is empty", i)
		}
	}
}
