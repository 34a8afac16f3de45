package runlog

import "bytes"

// program reads a line of a Python program that the log embeds, for the run's
// configuration: the numbers of the class that holds it, and those that the
// program gives a name to itself.
//
//	class Hyperparameters:
//	    learning_rate : float = 0.0036 # of the embedding
//	warmup_steps = 30
func (p *Parser) program(b []byte) {
	if !p.heading() || p.Source.Quote != 0 {
		return
	}
	switch c := b[0]; {
	case c == 'c':
		if rest, ok := bytes.CutPrefix(b, []byte("class ")); ok {
			p.Source.Class = configClass(rest[:key(rest)])
			return
		}
	case c == ' ' || c == '\t':
		if !p.Source.Class {
			return
		}
		if b = bytes.TrimLeft(b, " \t"); bytes.HasPrefix(b, []byte("def ")) {
			p.Source.Class = false
			return
		}
		p.given(b)
		return
	}
	if b[0] != '#' {
		p.Source.Class = false
	}
	if !bytes.HasSuffix(b, []byte(" = 0")) { // where a count begins
		p.given(b)
	}
}

// configClass reports whether a class of this name holds a configuration.
func configClass(name []byte) bool {
	for _, w := range []string{"Hyperparameters", "Args", "Arguments", "Config", "TrainConfig", "TrainingConfig"} {
		if string(name) == w {
			return true
		}
	}
	return false
}

// given reads "name = number" and "name : type = number", with a comment
// behind or not.
func (p *Parser) given(b []byte) {
	n := 0
	for n < len(b) && (b[n] == '_' || b[n]|0x20 >= 'a' && b[n]|0x20 <= 'z' || n > 0 && b[n]-'0' <= 9) {
		n++
	}
	if n == 0 || n == len(b) || b[n] != ' ' && b[n] != ':' && b[n] != '=' {
		return
	}
	name, value, ok := bytes.Cut(b, []byte("="))
	if !ok || len(value) == 0 || value[0] == '=' {
		return
	}
	if rest := bytes.TrimLeft(name[n:], " "); len(rest) > 0 && rest[0] != ':' {
		return // "x += 1"
	}
	value, _, _ = bytes.Cut(value, []byte("#"))
	if value = bytes.Trim(value, " \t"); numeric(value) {
		p.setting(string(b[:n]), string(value))
	}
}

// numeric reports whether b is a number, a product of numbers, or a truth.
func numeric(b []byte) bool {
	if s := string(b); s == "True" || s == "False" {
		return true
	}
	digit := false
	for _, c := range b {
		switch {
		case c-'0' <= 9:
			digit = true
		case bytes.IndexByte([]byte("+-*/._eE() "), c) < 0:
			return false
		}
	}
	return digit && len(b) <= maxSetting
}
