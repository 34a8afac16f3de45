package transcript

import (
	"compress/zlib"
	"io"

	"vigil/agent"
)

// Bounds on thinking that is looked at, in bytes: what is shorter is not worth
// it, and of what is longer the beginning tells enough.
const (
	longThought = 16 << 10
	maxThought  = 1 << 20
)

// thoughtSigns tells how much a long block of thinking repeats itself.
func thoughtSigns(v raw) *agent.Signs {
	if len(v) < longThought {
		return nil
	}
	text := v.text(maxThought)
	if len(text) < longThought {
		return nil
	}
	var n counting
	z := zlib.NewWriter(&n)
	if _, err := io.WriteString(z, text); err != nil || z.Close() != nil {
		return nil
	}
	return &agent.Signs{Thought: &agent.Thought{Size: len(text), Ratio: float64(n) / float64(len(text))}}
}

// counting counts what is written to it.
type counting int

func (c *counting) Write(b []byte) (int, error) {
	*c += counting(len(b))
	return len(b), nil
}
