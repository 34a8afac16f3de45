package runlog

import (
	"math"
	"strconv"
)

// pow10 holds the powers of ten that a float64 holds exactly.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// maxDigits is how many digits a uint64 holds for sure, and maxExact the
// integers a float64 holds exactly: up to there a quotient by a power of ten
// is rounded once, and so equals what strconv finds (Clinger's fast path).
const (
	maxDigits = 19
	maxExact  = 1 << 53
)

// decimal reads the number "-12.34" at the start of b. It returns 0 as the
// length where there is none or it is not sure of the last bit. It does not
// look for an exponent: callers compare what follows.
func decimal(b []byte) (v float64, n int) {
	i, neg := 0, false
	if len(b) > 0 && b[0] == '-' {
		i, neg = 1, true
	}
	var m uint64
	start := i
	for i < len(b) && b[i]-'0' <= 9 {
		m = m*10 + uint64(b[i]-'0')
		i++
	}
	digits := i - start
	if digits == 0 {
		return 0, 0
	}
	frac := 0
	if i < len(b) && b[i] == '.' {
		i++
		start = i
		for i < len(b) && b[i]-'0' <= 9 {
			m = m*10 + uint64(b[i]-'0')
			i++
		}
		frac = i - start
	}
	if digits+frac > maxDigits || m > maxExact {
		return 0, 0
	}
	v = float64(m)
	if frac > 0 {
		v /= pow10[frac]
	}
	if neg {
		v = -v
	}
	return v, i
}

// integer reads a count at the start of b; n is 0 where there is none.
func integer(b []byte) (v int64, n int) {
	for n < len(b) && b[n]-'0' <= 9 {
		v = v*10 + int64(b[n]-'0')
		n++
	}
	if n > 18 { // it may not fit
		return 0, 0
	}
	return v, n
}

// number reads a number of any form: with an exponent, with digits beyond what
// decimal is sure of, nan, inf, infinity. n is 0 where there is none. What
// follows it is the caller's: "nanms" is nan with a unit.
func number(b []byte) (v float64, n int) {
	i := 0
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		i++
	}
	if w := word(b[i:], "nan"); w > 0 {
		return math.NaN(), i + w
	}
	if w := max(word(b[i:], "infinity"), word(b[i:], "inf")); w > 0 {
		if b[0] == '-' {
			return math.Inf(-1), i + w
		}
		return math.Inf(1), i + w
	}
	digits := func() (k int) {
		for i < len(b) && b[i]-'0' <= 9 {
			i, k = i+1, k+1
		}
		return k
	}
	if digits() == 0 {
		return 0, 0
	}
	if i < len(b) && b[i] == '.' {
		i++
		digits()
	}
	end := i
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '-' || b[i] == '+') {
			i++
		}
		if digits() > 0 {
			end = i
		}
	}
	if end > 100 { // of no use to anyone, and strconv would be handed a copy
		return 0, 0
	}
	if v, n := decimal(b[:end]); n == end {
		return v, n
	}
	var buf [100]byte // on the stack, as the string below does not escape
	v, err := strconv.ParseFloat(string(buf[:copy(buf[:], b[:end])]), 64)
	if err != nil && !math.IsInf(v, 0) { // too large is infinite
		return 0, 0
	}
	return v, end
}

// word reports the length of w, which is in lower case, if b starts with it in
// any case.
func word(b []byte, w string) int {
	if len(b) < len(w) {
		return 0
	}
	for i := range len(w) {
		c := b[i]
		if c-'A' <= 'Z'-'A' {
			c |= 0x20
		}
		if c != w[i] {
			return 0
		}
	}
	return len(w)
}
