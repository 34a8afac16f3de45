package gpu

import (
	"math"
	"strconv"
	"strings"

	"vigil/remote"
)

// fields are what nvidia-smi is asked for, in the order that row reads.
func fields() []string {
	return []string{
		"index", "uuid", "name", "utilization.gpu", "memory.used", "memory.total",
		"power.draw", "power.limit", "temperature.gpu",
	}
}

const (
	maxLine = 1024 // bytes of a line that tells anything
	maxGPUs = 64   // of one node
)

// row reads a line of `nvidia-smi --query-gpu=... --format=csv,noheader,nounits`,
// with the fields of [fields]. Values that are not numbers ("[N/A]",
// "[Not Supported]", "[Unknown Error]", "ERR!") or cannot be are NaN. A line
// that is no row, as nvidia-smi's complaints are, is false.
func row(line string) (remote.GPU, bool) {
	v := strings.Split(line, ", ")
	extra := len(v) - len(fields()) // commas in the name
	if extra < 0 || len(line) > maxLine {
		return remote.GPU{}, false
	}
	index, err := strconv.Atoi(v[0])
	if err != nil || index < 0 || index >= maxGPUs {
		return remote.GPU{}, false
	}
	n := v[3+extra:]
	g := remote.GPU{
		Index: index, UUID: remote.Line(v[1], 80), Name: remote.Line(strings.Join(v[2:3+extra], ", "), 80),
		Util: number(n[0], 0, 100), MemUsed: number(n[1], 0, 1e8), MemTotal: number(n[2], 0, 1e8),
		Power: number(n[3], 0, 1e5), PowerLimit: number(n[4], 0, 1e5), Temp: number(n[5], -100, 500),
	}
	return g, g.UUID != ""
}

// number reads a value between lo and hi, with a point or a comma; NaN where
// there is none.
func number(s string, lo, hi float64) float64 {
	f, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(s), ",", ".", 1), 64)
	if err != nil || !(lo <= f && f <= hi) {
		return math.NaN()
	}
	return f
}

// app reads a line "@app GPU PID JOB" of node.sh; job is empty where the node
// does not tell it.
func app(line string) (uuid, job string, ok bool) {
	f := strings.Split(line, " ")
	if len(f) != 4 || f[0] != "@app" || len(line) > maxLine {
		return "", "", false
	}
	if !jobNumber.MatchString(f[3]) {
		f[3] = ""
	}
	return remote.Line(f[1], 80), f[3], true
}
