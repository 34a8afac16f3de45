package hook

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Timeout is what the CLIs are told to give vigil's hooks, in seconds. vigil
// takes far less; it is for a machine on which nothing moves.
const Timeout = 5

// Command is the shell command that a CLI runs as a hook. It ends well and
// silently when the binary is gone or broken: an exit status of 2, which a
// crashed Go program has too, would be an answer to the CLI.
func Command(exe, state string) string {
	return quote(exe) + mark + quote(state) + tail
}

// What tells vigil's own commands from others, wherever the binary is and
// whatever its name.
const (
	mark = " hook stop --state "
	tail = " 2>/dev/null || true"
)

// ours reports whether a hook's command is vigil's.
func ours(command string) bool {
	return strings.Contains(command, mark) && strings.HasSuffix(command, tail)
}

// Program returns the path of the program that a command of vigil's runs.
func Program(command string) (path string, ok bool) {
	quoted, _, found := strings.Cut(command, mark)
	if !found || !ours(command) || len(quoted) < 2 || quoted[0] != '\'' || quoted[len(quoted)-1] != '\'' {
		return "", false
	}
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `'\''`, "'"), true
}

// Runs reports whether a process is a hook of vigil's, or the shell that runs
// one.
func Runs(args []string) bool { return strings.Contains(strings.Join(args, " "), mark) }

// quote makes one word of a text for a POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// entry is one hook in the settings of either CLI, with its keys in the order
// in which people write them.
type entry struct {
	Type    string `json:"type"`
	Command string `json:"command"`
	Timeout int    `json:"timeout"`
}

type group struct {
	Hooks []entry `json:"hooks"`
}

// Wanted is a hook that is to be in the settings.
type Wanted struct {
	Event   string // "Stop"
	Command string
}

// Errors of Install and Remove.
var errShape = errors.New("its hooks are not of the known shape")

// Install returns the settings with the wanted hooks in them and no other ones
// of vigil's. Whatever else is in the text stays as it is. An empty text, as of
// a missing file, becomes a new one.
func Install(data []byte, want []Wanted) ([]byte, error) {
	if Installed(data, want) {
		return data, nil
	}
	out, err := Remove(data)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(out)) == 0 {
		out = []byte("{}\n")
	}
	for _, w := range want {
		if out, err = add(out, w); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Installed reports whether just the wanted hooks of vigil's are there.
func Installed(data []byte, want []Wanted) bool {
	have := Own(data)
	if len(have) != len(want) || len(want) == 0 {
		return false
	}
	for _, w := range want {
		if have[w.Event] != w.Command {
			return false
		}
	}
	return true
}

// Own returns the commands of vigil's hooks in the settings, by event.
func Own(data []byte) map[string]string {
	own := map[string]string{}
	root, err := root(data)
	if err != nil {
		return own
	}
	find(root, data, func(p place) bool {
		own[p.event] = p.command
		return true
	})
	return own
}

// Remove returns the settings without vigil's hooks, and without the lists and
// objects that held nothing else.
func Remove(data []byte) ([]byte, error) {
	for {
		root, err := root(data)
		if err != nil {
			return nil, err
		}
		var at *place
		find(root, data, func(p place) bool {
			at = &p
			return false
		})
		if at == nil {
			return data, nil
		}
		data = at.cut(data)
	}
}

// root reads settings: an object, or nothing at all.
func root(data []byte) (*node, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return &node{kind: '{'}, nil
	}
	n, err := parse(data)
	if err != nil {
		return nil, err
	}
	if n.kind != '{' {
		return nil, errors.New("it does not hold a JSON object")
	}
	return n, nil
}

// place is where one of vigil's hooks is.
type place struct {
	event, command string
	path           []step // from the innermost list outwards
}

// step is one child of a value on the way to a place.
type step struct {
	in *node
	i  int
}

// cut takes the hook out, with all around it that held nothing else.
func (p place) cut(data []byte) []byte {
	for i, s := range p.path {
		if len(s.in.children()) > 1 || i == len(p.path)-1 {
			return s.in.without(data, s.i)
		}
	}
	return data
}

// find walks over vigil's hooks until f returns false.
func find(root *node, data []byte, f func(place) bool) {
	for h, m := range root.members {
		if m.key != "hooks" || m.val.kind != '{' {
			continue
		}
		for e, event := range m.val.members {
			for g, group := range event.val.elems {
				for _, gm := range group.members {
					if gm.key != "hooks" {
						continue
					}
					for i, hook := range gm.val.elems {
						command := hook.str(data, "command")
						if !ours(command) {
							continue
						}
						path := []step{{gm.val, i}, {event.val, g}, {m.val, e}, {root, h}}
						if !f(place{event.key, command, path}) {
							return
						}
					}
				}
			}
		}
	}
}

// add puts one hook into settings that do not hold it.
func add(data []byte, w Wanted) ([]byte, error) {
	root, err := root(data)
	if err != nil {
		return nil, err
	}
	g := group{[]entry{{"command", w.Command, Timeout}}}
	hooks := root.get("hooks")
	if hooks == nil {
		return root.with(data, "hooks", map[string][]group{w.Event: {g}}), nil
	}
	if hooks.kind != '{' {
		return nil, fmt.Errorf("%w: \"hooks\" is not an object", errShape)
	}
	event := hooks.get(w.Event)
	if event == nil {
		return hooks.with(data, w.Event, []group{g}), nil
	}
	if event.kind != '[' {
		return nil, fmt.Errorf("%w: \"hooks.%s\" is not a list", errShape, w.Event)
	}
	return event.with(data, "", g), nil
}
