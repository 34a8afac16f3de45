package runlog

import (
	"bytes"
	"strings"
)

// configured reads a line of the header that tells how the run is configured:
//
//	Namespace(lr=0.001, batch_size=32)
//	torchrun --nproc_per_node=8 train.py --depth=26
//	Using muon_lr=0.025
//	learning_rate = 6e-4
//	lr: 0.001
//	  nproc_per_node   : 8
//	  adam_beta1 ...................................... 0.9
//	git commit: 1a2b3c4d5e6f
func (p *Parser) configured(b []byte) {
	if !p.heading() || len(b) > 4096 {
		return
	}
	if p.commit(b) || p.call(b) || p.command(b) || p.running(b) {
		return
	}
	if n := word(b, "using "); n > 0 {
		b = b[n:]
	}
	p.assignment(bytes.TrimLeft(b, " \t"))
}

// assignment reads one key and its value, set apart by "=", ":" or dots.
func (p *Parser) assignment(b []byte) {
	n := key(b)
	if n == 0 {
		return
	}
	rest := bytes.TrimLeft(b[n:], " ")
	switch {
	case len(rest) > 3 && rest[0] == '.' && len(bytes.TrimLeft(rest, ".")) < len(rest)-2:
		rest = bytes.TrimLeft(rest, ".")
	case len(rest) > 1 && (rest[0] == '=' || rest[0] == ':'):
		if rest[0] == ':' && rest[1] != ' ' {
			return // a pair among others, or a path
		}
		rest = rest[1:]
	case bytes.Contains(b, []byte(" = ")): // "Total optimization steps = 1,000"
		p.amount(b)
		return
	default:
		return
	}
	if v := bytes.Trim(rest, " "); valued(v) {
		p.setting(string(b[:n]), string(bytes.Trim(v, `"'`)))
	}
}

// valued reports whether b can be the value of a setting: one word.
func valued(b []byte) bool {
	return len(b) > 0 && len(b) <= maxSetting && !bytes.ContainsAny(b, " {}()|<>")
}

// amount reads a line of the HF Trainer's header: "  Num Epochs = 3". Two of
// them tell how many steps an epoch has.
func (p *Parser) amount(b []byte) {
	name, value, _ := bytes.Cut(b, []byte(" = "))
	q := measure(value)
	if q.digits == 0 || q.end != len(value) || len(bytes.Fields(name)) > 6 || !named(name) {
		return
	}
	switch string(name) {
	case "Num Epochs":
		p.Dicts.Epochs = q.v
	case "Total optimization steps":
		p.Dicts.Steps = q.v
	}
	p.setting(string(name), string(value))
}

// call reads the text of a Python object: "Namespace(lr=0.001, depth=12)".
func (p *Parser) call(b []byte) bool {
	open := bytes.IndexByte(b, '(')
	if open < 0 || b[len(b)-1] != ')' {
		return false
	}
	head := b[:open]
	if i := bytes.LastIndexByte(head, ' '); i >= 0 { // "args: Namespace("
		head = head[i+1:]
	}
	if key(head) != len(head) || len(head) == 0 {
		return false
	}
	in := b[open+1 : len(b)-1]
	n := key(in)
	if n == 0 || n >= len(in) || in[n] != '=' {
		return false
	}
	for len(in) > 0 {
		end := topComma(in)
		k, v, ok := bytes.Cut(bytes.TrimLeft(in[:end], " "), []byte("="))
		if ok && key(k) == len(k) {
			p.setting(string(k), string(bytes.Trim(v, `"'`)))
		}
		in = in[min(end+1, len(in)):]
	}
	return true
}

// topComma returns the index of the first comma that is not within brackets or
// quotes, or the length.
func topComma(b []byte) int {
	depth := 0
	quote := byte(0)
	for i, c := range b {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		case c == ',' && depth <= 0:
			return i
		}
	}
	return len(b)
}

// commands are the words with which command lines of trainings begin, as the
// shell's "set -x" and scripts print them.
var commands = []string{"torchrun ", "python ", "python3 ", "srun ", "accelerate ", "deepspeed ", "uv ", "bash "}

// command reads the flags of a command line: "--lr=0.1", "--lr 0.1".
func (p *Parser) command(b []byte) bool {
	b = bytes.TrimLeft(b, "+ ")
	if n := max(word(b, "command="), word(b, "command: ")); n > 0 {
		b = b[n:]
	}
	found := false
	for _, c := range commands {
		found = found || word(b, c) > 0
	}
	if !found {
		return false
	}
	words := bytes.Fields(b)
	for i, w := range words {
		flag, ok := bytes.CutPrefix(w, []byte("--"))
		if !ok || len(flag) == 0 {
			continue
		}
		k, v, ok := bytes.Cut(flag, []byte("="))
		switch {
		case key(k) != len(k):
			continue
		case ok:
		case i+1 < len(words) && words[i+1][0] != '-':
			v = words[i+1]
		default:
			v = []byte("true")
		}
		p.setting(string(k), string(bytes.Trim(v, `"'`)))
	}
	return true
}

// running reads the speedruns' lines of this kind: "Running PyTorch
// 2.11.0+cu130 on NVIDIA H200 seed:1 lr:0.0015".
func (p *Parser) running(b []byte) bool {
	n := word(b, "running ")
	if n == 0 {
		return false
	}
	words := bytes.Fields(b[n:])
	for i, w := range words {
		k := key(w)
		switch {
		case i == 1 && w[0]-'0' <= 9:
			p.setting(string(words[0]), string(w))
		case k > 0 && k+1 < len(w) && (w[k] == ':' || w[k] == '=') && w[k+1]-'0' <= 9:
			p.setting(string(w[:k]), string(w[k+1:]))
		}
	}
	return true
}

// commit reads a line that names the commit of the code.
func (p *Parser) commit(b []byte) bool {
	n := max(word(b, "commit"), word(b, "git commit"), word(b, "git hash"), word(b, "git sha"), word(b, "git_commit"),
		word(b, "git_hash"), word(b, "git_sha"), word(b, "git rev"))
	if n == 0 {
		return false
	}
	w := bytes.Trim(b[n:], " :=\"'")
	if len(w) < 7 || len(w) > 40 || strings.Trim(string(w), "0123456789abcdef") != "" {
		return false
	}
	p.setting("commit", string(w))
	return true
}
