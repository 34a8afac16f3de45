package syntax

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// shown writes the spans of a text as people read them: c(comment) s(string)
// k(keyword) n(number) d(name), and what is plain as it is.
func shown(path, text string) string {
	var out []string
	lines := strings.Split(text, "\n")
	for i, spans := range Lines(path, text) {
		var b strings.Builder
		from := 0
		for _, s := range spans {
			part := lines[i][from:s.End]
			if s.Class != Plain {
				part = fmt.Sprintf("%c<%s>", " csknd"[s.Class], part)
			}
			b.WriteString(part)
			from = s.End
		}
		out = append(out, b.String())
	}
	return strings.Join(out, "\n")
}

func TestLines(t *testing.T) {
	for _, c := range []struct{ path, text, want string }{
		{
			"a/x.py", "def f(x): # why\n    return x + 1e-3 if 'a\\'b' else None",
			"k<def> d<f>(x): c<# why>\n    k<return> x + n<1e-3> k<if> s<'a\\'b'> k<else> k<None>",
		},
		{"x.py", "\"\"\"doc\nmore\n\"\"\" + x\nlr = .5", "s<\"\"\"doc>\ns<more>\ns<\"\"\"> + x\nlr = n<.5>"},
		{"x.py", "s = \"open\nfor x in y2:", "s = s<\"open>\nk<for> x k<in> y2:"},
		{"run.sbatch", "#SBATCH -N 2\nfor s in 1 2; do\n  sbatch --export=SEED=${s} $x#no", "c<#SBATCH -N 2>\nk<for> s k<in> n<1> n<2>; k<do>\n  k<sbatch> --export=SEED=d<${s}> d<$x>#no"},
		{"runs.jsonl", `{"run": "a:b", "loss": -3.28e0, "ok": true}`, `{d<"run">: s<"a:b">, d<"loss">: -n<3.28e0>, d<"ok">: k<true>}`},
		{"c.toml", "lr = 0.1 # x\n[a.b]\nname = 'y'", "d<lr> = n<0.1> c<# x>\n[a.b]\nd<name> = s<'y'>"},
		{"c.yaml", "- lr: 0.1\n  name: a#b # c", "- d<lr>: n<0.1>\n  d<name>: a#b c<# c>"},
		{"x.go", "func f() { /* a\nb */ return nil }", "k<func> d<f>() { c</* a>\nc<b */> k<return> k<nil> }"},
		{"t.md", "# Head\n- **big** `code`, 3 of\n```\nx\n```\n", "k<# Head>\n- d<**big**> s<`code`>, n<3> of\ns<```>\ns<x>\ns<```>\n"},
		{"x.py", "größe = 学习", "größe = 学习"},
		{"x.py", "\"a\\", "s<\"a\\>"},
	} {
		if got := shown(c.path, c.text); got != c.want {
			t.Errorf("%s %q\n got %q\nwant %q", c.path, c.text, got, c.want)
		}
	}
	if Lines("x.unknown", "a") != nil || Known("x") || !Known("d/X.PY") || !Known("Makefile") {
		t.Error("what is known is by the ending of a name")
	}
}

// Whatever the text, the spans of each line cover it and do not cut characters.
func FuzzLines(f *testing.F) {
	for _, s := range []string{"def f(): '''a\nb'''", "\"\\", "a`b", "/*\n*/", "- k: v", "${", "$", "**", "1e", "学#x", "\xff\\\xff"} {
		for _, p := range []string{"x.py", "x.sh", "x.md", "x.json", "x.yaml", "x.rs", "x.cu", "x.ts"} {
			f.Add(p, s)
		}
	}
	f.Fuzz(func(t *testing.T, path, text string) {
		spans := Lines(path, text)
		if spans == nil {
			return
		}
		lines := strings.Split(text, "\n")
		if len(spans) != len(lines) {
			t.Fatalf("%d lines, %d of spans", len(lines), len(spans))
		}
		for i, l := range lines {
			from := 0
			for _, s := range spans[i] {
				if s.End <= from || s.End > len(l) || utf8.ValidString(l) && !utf8.ValidString(l[from:s.End]) {
					t.Fatalf("%q has the spans %v", l, spans[i])
				}
				from = s.End
			}
			if from != len(l) {
				t.Fatalf("%q is covered up to %d", l, from)
			}
		}
	})
}

func BenchmarkLines(b *testing.B) {
	text := strings.Repeat("def f(x, y):  # a comment\n    return x + 1e-3 if 'a' else None\n", 3000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Lines("x.py", text)
	}
}
