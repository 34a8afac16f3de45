package transcript

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// raw is a JSON value as it stands in a line. Session files hold lines of many
// megabytes of which a few fields matter, so values are found by walking over
// the bytes and only those that matter are decoded. The walk trusts nothing: on
// malformed JSON it ends early.
type raw []byte

func (v raw) isObject() bool { return len(v) > 0 && v[0] == '{' }
func (v raw) isArray() bool  { return len(v) > 0 && v[0] == '[' }
func (v raw) isString() bool { return len(v) > 1 && v[0] == '"' }
func (v raw) isTrue() bool   { return string(v) == "true" }

// text decodes a string of which at most n bytes of JSON are looked at; it is
// empty for any other value.
func (v raw) text(n int) string {
	if !v.isString() {
		return ""
	}
	s := v[1 : len(v)-1]
	if len(s) > n {
		s = cutEscaped(s, n)
	}
	if bytes.IndexByte(s, '\\') < 0 {
		return string(s)
	}
	quoted := make([]byte, 0, len(s)+2)
	quoted = append(append(append(quoted, '"'), s...), '"')
	var out string
	if json.Unmarshal(quoted, &out) != nil {
		return string(bytes.ToValidUTF8(s, []byte(string(utf8.RuneError))))
	}
	return out
}

// cutEscaped cuts the inside of a JSON string to at most n bytes, at a rune and
// not within an escape.
func cutEscaped(s []byte, n int) []byte {
	s = s[:n]
	for len(s) > 0 && len(s) > n-utf8.UTFMax {
		r, size := utf8.DecodeLastRune(s)
		if r != utf8.RuneError || size != 1 {
			break
		}
		s = s[:len(s)-1]
	}
	// An escape is at most 12 bytes (a surrogate pair); one that may be cut off
	// begins with a backslash which is not itself escaped.
	for i := max(len(s)-12, 0); i < len(s); i++ {
		if s[i] != '\\' || escaped(s, i) {
			continue
		}
		end := i + 2
		if i+1 < len(s) && s[i+1] == 'u' {
			end = i + 6
		}
		if end > len(s) {
			return s[:i]
		}
	}
	return s
}

// escaped reports whether the byte at i follows an odd number of backslashes.
func escaped(s []byte, i int) bool {
	n := 0
	for i > n && s[i-n-1] == '\\' {
		n++
	}
	return n%2 == 1
}

// int decodes a whole number, also one written as a float; zero for others.
func (v raw) int() int64 {
	if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil || f != f || f > 1e18 || f < -1e18 {
		return 0
	}
	return int64(f)
}

// get returns a field of an object, following keys inwards; nil if there is
// none.
func (v raw) get(keys ...string) raw {
	for _, want := range keys {
		var found raw
		walk(v, func(key string, f raw) bool {
			if key == want {
				found = f
			}
			return found == nil
		})
		if v = found; v == nil {
			return nil
		}
	}
	return v
}

// walk calls f for each field of an object, until f returns false. It reports
// whether the object was whole, as far as it was walked.
func walk(obj []byte, f func(key string, v raw) bool) bool {
	i := space(obj, 0)
	if i >= len(obj) || obj[i] != '{' {
		return false
	}
	i = space(obj, i+1)
	for i < len(obj) && obj[i] != '}' {
		end := value(obj, i)
		if end < 0 || obj[i] != '"' {
			return false
		}
		key := obj[i+1 : end-1]
		i = space(obj, end)
		if i >= len(obj) || obj[i] != ':' {
			return false
		}
		i = space(obj, i+1)
		if end = value(obj, i); end < 0 {
			return false
		}
		if !f(string(key), raw(obj[i:end])) {
			return true
		}
		i = space(obj, end)
		if i < len(obj) && obj[i] == ',' {
			i = space(obj, i+1)
		}
	}
	return i < len(obj)
}

// each calls f for each element of an array, until f returns false.
func each(arr raw, f func(i int, v raw) bool) {
	if !arr.isArray() {
		return
	}
	i := space(arr, 1)
	for n := 0; i < len(arr) && arr[i] != ']'; n++ {
		end := value(arr, i)
		if end < 0 || !f(n, arr[i:end]) {
			return
		}
		i = space(arr, end)
		if i < len(arr) && arr[i] == ',' {
			i = space(arr, i+1)
		}
	}
}

func space(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

// value returns the end of the value that begins at i, or -1.
func value(s []byte, i int) int {
	if i >= len(s) {
		return -1
	}
	switch s[i] {
	case '"':
		return stringEnd(s, i)
	case '{', '[':
		return nestedEnd(s, i)
	case '}', ']', ',', ':':
		return -1
	}
	for i < len(s) {
		switch s[i] {
		case ',', '}', ']', ' ', '\n', '\r', '\t', '"', ':', '{', '[':
			return i
		}
		i++
	}
	return i
}

func stringEnd(s []byte, i int) int {
	for j := i + 1; ; {
		k := bytes.IndexByte(s[j:], '"')
		if k < 0 {
			return -1
		}
		j += k
		n := 0
		for j-n-1 > i && s[j-n-1] == '\\' {
			n++
		}
		if n%2 == 0 {
			return j + 1
		}
		j++
	}
}

func nestedEnd(s []byte, i int) int {
	depth := 0
	for i < len(s) {
		switch s[i] {
		case '"':
			if i = stringEnd(s, i); i < 0 {
				return -1
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return -1
}
