package ssh

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"
)

// tokens replaces what ssh_config(5), TOKENS, says may stand in its values.
type tokens struct {
	home string
	env  func(string) string
	by   map[byte]string
}

func (me local) tokens(s *settings) tokens {
	short, _, _ := strings.Cut(me.name, ".")
	keyAlias := s.alias
	if s.keyName != s.addr() {
		keyAlias = strings.TrimSuffix(s.keyName, ":22")
	}
	return tokens{home: me.home, env: me.env, by: map[byte]string{
		'%': "%",
		'd': me.home,
		'h': s.host,
		'i': me.uid,
		'j': s.jump,
		'k': keyAlias,
		'L': short,
		'l': me.name,
		'n': s.alias,
		'p': s.port,
		'r': s.user,
		'u': me.user,
	}}
}

// command expands the tokens of a command.
func (t tokens) command(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+1 < len(s) {
			if with, ok := t.by[s[i+1]]; ok {
				b.WriteString(with)
				i++
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// path expands "~", ${VARIABLES} and the tokens of a file's name. The empty
// name stays empty.
func (t tokens) path(s string) string {
	if s == "" {
		return ""
	}
	switch {
	case s == "~":
		s = t.home
	case strings.HasPrefix(s, "~/"):
		s = filepath.Join(t.home, s[2:])
	case strings.HasPrefix(s, "~"):
		name, rest, _ := strings.Cut(s[1:], "/")
		if u, err := user.Lookup(name); err == nil {
			s = filepath.Join(u.HomeDir, rest)
		}
	}
	return t.command(t.variables(s))
}

func (t tokens) variables(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			return b.String() + s
		}
		b.WriteString(before)
		b.WriteString(t.env(name))
		s = after
	}
}

func currentUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}
