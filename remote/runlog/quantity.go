package runlog

import "math"

// quantity is a number with its unit.
type quantity struct {
	v       float64 // as written
	div     float64 // what v is divided by to be in seconds or GiB; 1 without such a unit
	digits  int     // length of the number; 0 where there is none
	end     int     // length with the unit
	grouped bool    // "1,075,523"
}

// measure reads the quantity at the start of b: "292.13ms", "41.19%", "7,034",
// "30.99GiB". Its end is before the first byte that cannot be of a unit.
func measure(b []byte) quantity {
	v, n := number(b)
	if n == 0 {
		return quantity{}
	}
	q := quantity{v: v, div: 1, digits: n, end: n}
	if n < len(b) && b[n] == ',' {
		if v, k := groups(b); k > n {
			q.v, q.digits, q.end, q.grouped = v, k, k, true
		}
	}
	k := unit(b[q.end:])
	u := b[q.end : q.end+k]
	q.div = divisor(u)
	if (math.IsNaN(v) || math.IsInf(v, 0)) && k > 0 && q.div == 1 && string(u) != "s" && string(u) != "%" {
		return quantity{} // "info", "nano"
	}
	q.end += k
	return q
}

// groups reads a number whose thousands are set apart by commas. n is 0 where
// there is none such.
func groups(b []byte) (v float64, n int) {
	i, neg := 0, false
	if len(b) > 0 && b[0] == '-' {
		i, neg = 1, true
	}
	m, digits := integer(b[i:])
	if digits == 0 || digits > 3 {
		return 0, 0
	}
	const most = 15 // digits, which a float64 holds exactly
	for i += digits; digits+3 <= most && triplet(b[i:]); digits += 3 {
		g, _ := integer(b[i+1 : i+4])
		m, i = m*1000+g, i+4
	}
	v = float64(m)
	if i+1 < len(b) && b[i] == '.' {
		if f, k := integer(b[i+1:]); k > 0 && digits+k <= most {
			v, i = (v*pow10[k]+float64(f))/pow10[k], i+1+k
		}
	}
	if neg {
		v = -v
	}
	return v, i
}

// triplet reports whether b starts with a comma and three digits, no more.
func triplet(b []byte) bool {
	return len(b) >= 4 && b[0] == ',' && b[1]-'0' <= 9 && b[2]-'0' <= 9 && b[3]-'0' <= 9 && (len(b) == 4 || b[4]-'0' > 9)
}

// unit returns the length of the unit at the start of b: a percent sign, or a
// few letters. It is 0 where there is none.
func unit(b []byte) int {
	const longest = 5
	n := 0
	for n < len(b) && (b[n] >= 0x80 || b[n]|0x20 >= 'a' && b[n]|0x20 <= 'z' || b[n] == '/') {
		n++
	}
	switch {
	case n > longest:
		return 0
	case n == 0 && len(b) > 0 && b[0] == '%':
		return 1
	}
	return n
}

// divisor returns what a value with the unit is divided by to be in seconds,
// or in GiB, or 1 where the unit is none of these.
func divisor(unit []byte) float64 {
	switch string(unit) {
	case "ms":
		return 1e3
	case "us", "µs":
		return 1e6
	case "ns":
		return 1e9
	case "m", "min":
		return 1.0 / 60
	case "h":
		return 1.0 / 3600
	case "MiB":
		return 1 << 10
	case "KiB":
		return 1 << 20
	case "TiB":
		return 1.0 / (1 << 10)
	case "GB":
		return 1.073741824
	case "MB":
		return 1073.741824
	}
	return 1
}
