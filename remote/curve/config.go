package curve

import (
	"slices"
	"strconv"
	"strings"
)

// Setting is one value of a run's configuration, as the header of its log
// tells it.
type Setting struct{ Key, Value string }

// maxSettings bounds the configuration of a run.
const maxSettings = 256

// set puts a setting into a run that is still the writer's. A key told again
// has its new value.
func (r *Run) set(key, value string) {
	i := slices.IndexFunc(r.Config, func(s Setting) bool { return s.Key == key })
	switch {
	case i >= 0 && r.Config[i].Value == value:
	case i >= 0:
		r.Config = slices.Clone(r.Config) // a frozen copy has the old one
		r.Config[i].Value = value
	case len(r.Config) < maxSettings:
		r.Config = append(r.Config, Setting{key, value})
	}
	if k := plainKey(key); strings.Contains(k, "tokens") || strings.Contains(k, "batch") || strings.Contains(k, "seq") {
		r.perStep = tokensPerStep(r.Config)
	}
}

// Setting returns the value of the first of the keys that the configuration
// has. Keys are compared without regard to case, "-" and "_", and of a dotted
// key its last part counts too.
func (r *Run) Setting(keys ...string) (string, bool) { return lookUp(r.Config, keys...) }

func lookUp(config []Setting, keys ...string) (string, bool) {
	for _, k := range keys {
		for _, s := range config {
			if plain := plainKey(s.Key); plain == k || strings.HasSuffix(plain, "."+k) {
				return s.Value, true
			}
		}
	}
	return "", false
}

func plainKey(k string) string {
	return strings.Map(func(c rune) rune {
		switch c {
		case '-', ' ':
			return '_'
		case '/':
			return '.'
		}
		return c
	}, strings.ToLower(strings.TrimLeft(k, "-")))
}

// tokensPerStep returns how many tokens a step has, where a configuration says
// so in words that mean one thing only; else 0.
func tokensPerStep(config []Setting) float64 {
	if n := number(config, "tokens_per_step", "tokens_per_iteration", "tokens_per_iter", "tokens_per_batch", "total_batch_size"); n > 0 {
		return n // the last one is build-nanogpt's and nanochat's, in tokens
	}
	return number(config, "global_batch_size") * number(config, "seq_length", "sequence_length", "seq_len", "max_seq_len")
}

// number returns a setting that is a number, else 0.
func number(config []Setting, keys ...string) float64 {
	v, ok := lookUp(config, keys...)
	if !ok {
		return 0
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(strings.ReplaceAll(v, ",", ""), "_", ""), 64)
	if err != nil || !(f > 0) || f > 1e15 {
		return 0
	}
	return f
}

// Differing returns the keys of the configurations whose values are not the same
// in all of the runs, in order of appearance: what a sweep goes through. Keys
// that say nothing of a candidate (a seed, a path, a name) are left out.
func Differing(runs []*Run) []string {
	type seen struct {
		value string
		in    int
		other bool
	}
	keys := map[string]*seen{}
	var order []string
	for _, r := range runs {
		for _, s := range r.Config {
			k := keys[s.Key]
			if k == nil {
				if apart.MatchString(plainKey(s.Key)) {
					continue
				}
				k = &seen{value: s.Value}
				keys[s.Key] = k
				order = append(order, s.Key)
			}
			k.in++
			k.other = k.other || s.Value != k.value
		}
	}
	return slices.DeleteFunc(order, func(key string) bool { return !keys[key].other && keys[key].in == len(runs) })
}
