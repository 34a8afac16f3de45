package tmux_test

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"vigil/agent/tmux"
)

func TestControlProtocol(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []tmux.Message
		err      error
	}{
		{"answer", "%begin 10 5 1\na\n\nb\n%end 10 5 1\n", []tmux.Message{{Text: "a\n\nb", Number: 5, Ours: true}}, io.EOF},
		{"empty answer", "%begin 10 5 1\n%end 10 5 1\n", []tmux.Message{{Number: 5, Ours: true}}, io.EOF},
		{"error", "%begin 10 6 1\nno such\n%error 10 6 1\n", []tmux.Message{{Text: "no such", Number: 6, Ours: true, Failed: true}}, io.EOF},
		{"another's", "%begin 10 6 0\n%end 10 6 0\n", []tmux.Message{{Number: 6}}, io.EOF},
		{
			"a screen that shows the protocol", "%begin 10 7 1\n%end 10 6 1\n%end 9 7 1\n%end\n%error 10 7 0\n%begin 10 7 1\n%exit\n%end 10 7 1 1\n%end 10 7 1\n",
			[]tmux.Message{{Text: "%end 10 6 1\n%end 9 7 1\n%end\n%error 10 7 0\n%begin 10 7 1\n%exit\n%end 10 7 1 1", Number: 7, Ours: true}},
			io.EOF,
		},
		{"notifications", "%output %1 a\\033b\n%extended-output %1 5 : x\n%window-add @1\n%exit\n", []tmux.Message{{Name: "window-add", Rest: "@1"}, {Name: "exit"}}, io.EOF},
		{"stray text", "usage: tmux\n% x\n", []tmux.Message{{Name: "?", Rest: "usage: tmux"}}, io.EOF},
		{"cut off", "%begin 10 5 1\na\n%end 10 5", nil, io.ErrUnexpectedEOF},
		{"cut line", "%exi", nil, io.EOF},
		{"raw bytes", "%begin 1 1 1\n\x1b[1m\xff\x00\r\n%end 1 1 1\n", []tmux.Message{{Text: "\x1b[1m\xff\x00\r", Number: 1, Ours: true}}, io.EOF},
		{"long line", "%begin 1 1 1\n" + strings.Repeat("x", 200000) + "\n%end 1 1 1\n", []tmux.Message{{Text: strings.Repeat("x", 200000), Number: 1, Ours: true}}, io.EOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
				got, err := tmux.ReadAll(r)
				if !reflect.DeepEqual(got, c.want) || !errors.Is(err, c.err) {
					t.Errorf("got %.300v, %v", got, err)
				}
			}
		})
	}
	for name, in := range map[string]string{
		"endless line":   strings.Repeat("x", 3<<20),
		"endless answer": "%begin 1 1 1\n" + strings.Repeat(strings.Repeat("x", 1000)+"\n", 20000),
	} {
		if _, err := tmux.ReadAll(strings.NewReader(in)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzControlProtocol(f *testing.F) {
	f.Add("%begin 10 5 1\na\n%end 10 5 1\n%window-add @1\n", "x\n%end 1 2 3")
	f.Add("%begin 1 1 0\n%error 1 1 0\n", "%begin 4 4 4")
	f.Fuzz(func(t *testing.T, in, body string) {
		ms, err := tmux.ReadAll(strings.NewReader(in))
		if err == nil {
			t.Fatal("no end")
		}
		for _, m := range ms {
			if strings.Contains(m.Name+m.Rest, "\n") || m.Name == "output" {
				t.Fatalf("message %v", m)
			}
		}
		// Whatever an answer holds, but its own guard, comes back as it was.
		if strings.Contains(body, " 77 1") {
			return
		}
		ms, err = tmux.ReadAll(strings.NewReader("%begin 5 77 1\n" + body + "\n%end 5 77 1\n%exit\n"))
		if !errors.Is(err, io.EOF) || len(ms) != 2 || ms[0].Text != body || ms[1].Name != "exit" {
			t.Fatalf("%q came back as %v, %v", body, ms, err)
		}
	})
}

// unquote reads a tmux argument as tmux's own parser does (cmd-parse.y), for the
// forms that quote uses.
func unquote(t *testing.T, s string) string {
	t.Helper()
	var b strings.Builder
	for s != "" {
		q := s[0]
		end := strings.IndexByte(s[1:], q) + 1
		if q != '\'' && q != '"' || end < 1 {
			t.Fatalf("open at %q", s)
		}
		part := s[1:end]
		if q == '"' {
			if part != `\n` && part != "'" {
				t.Fatalf("%q in double quotes", part)
			}
			part = strings.ReplaceAll(part, `\n`, "\n")
		}
		b.WriteString(part)
		s = s[end+1:]
	}
	return b.String()
}

func FuzzQuote(f *testing.F) {
	f.Add(hostile)
	f.Add("'\n'")
	f.Fuzz(func(t *testing.T, s string) {
		q := tmux.Quote(s)
		if strings.Contains(q, "\n") || unquote(t, q) != s {
			t.Fatalf("%q was quoted as %s", s, q)
		}
	})
}
