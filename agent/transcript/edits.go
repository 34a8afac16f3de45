package transcript

import (
	"bytes"
	"hash/fnv"
	"path"
	"slices"
	"strings"

	"vigil/agent"
)

// Bounds on what is taken of edits, beside those of agent.Signs.
const (
	maxEdits     = 32
	maxEditText  = 64 << 10 // bytes of an edit that are looked at
	maxEditLines = 64
	maxKnobs     = 8
)

// editSigns returns what a call changes in files: by a tool for edits, by a
// patch, or by a shell's sed. It returns nil if it changes none.
func editSigns(name string, input raw) *agent.Signs {
	var out []agent.Edit
	switch name {
	case "Edit", "MultiEdit", "Write", "NotebookEdit":
		out = toolEdits(input)
	case "apply_patch":
		out = patchEdits(programText(input))
	case "update_goal", "UpdateGoal":
		if input.get("status").text(64) == "complete" {
			return &agent.Signs{Done: true}
		}
	default:
		if !bytes.Contains(input, []byte("Begin Patch")) && !bytes.Contains(input, []byte("sed -i")) && !bytes.Contains(input, []byte("update_goal")) {
			return nil
		}
		text := programText(input)
		switch {
		case strings.Contains(text, "*** Begin Patch"):
			if !strings.Contains(text, "*** Begin Patch\n") { // within a string of a program
				text = strings.NewReplacer(`\n`, "\n", `\"`, `"`, `\t`, "\t", `\\`, `\`).Replace(text)
			}
			out = patchEdits(text)
		case strings.Contains(text, "sed -i"):
			out = sedEdits(text)
		}
		if strings.Contains(text, "update_goal(") && strings.Contains(text, "complete") {
			return &agent.Signs{Edits: out, Done: true}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return &agent.Signs{Edits: out}
}

// programText is the text of a call that is a program: a patch, a script or a
// shell's command.
func programText(input raw) string {
	if s := input.text(maxEditText); s != "" {
		return s
	}
	for _, key := range []string{"command", "cmd", "input", "patch"} {
		v := input.get(key)
		if v.isArray() {
			each(v, func(_ int, e raw) bool { v = e; return true })
		}
		if s := v.text(maxEditText); s != "" {
			return s
		}
	}
	return ""
}

// toolEdits reads the tools for edits of Claude Code. A file that is written
// whole tells no lines: what it was before is not in the call.
func toolEdits(input raw) []agent.Edit {
	name := input.get("file_path").text(4096)
	if name == "" {
		name = input.get("notebook_path").text(4096)
	}
	if name == "" {
		return nil
	}
	pair := func(v raw) agent.Edit {
		return newEdit(name, v.get("old_string").text(maxEditText), v.get("new_string").text(maxEditText))
	}
	if edits := input.get("edits"); edits.isArray() {
		var out []agent.Edit
		each(edits, func(_ int, v raw) bool { out = append(out, pair(v)); return len(out) < maxEdits })
		return out
	}
	return []agent.Edit{pair(input)}
}

// patchEdits reads a patch as Codex writes it: one edit for each file.
func patchEdits(patch string) []agent.Edit {
	var out []agent.Edit
	var name string
	var was, is strings.Builder
	flush := func() {
		if name != "" && len(out) < maxEdits {
			out = append(out, newEdit(name, was.String(), is.String()))
		}
		name = ""
		was.Reset()
		is.Reset()
	}
	for line := range strings.Lines(patch) {
		switch {
		case strings.HasPrefix(line, "*** Update File: "), strings.HasPrefix(line, "*** Add File: "):
			flush()
			_, name, _ = strings.Cut(strings.TrimSpace(line), "File: ")
		case strings.HasPrefix(line, "*** "):
			flush()
		case strings.HasPrefix(line, "-"):
			was.WriteString(line[1:])
		case strings.HasPrefix(line, "+"):
			is.WriteString(line[1:])
		}
	}
	flush()
	return out
}

// sedEdits reads the s commands of "sed -i 's/OLD/NEW/' FILE".
func sedEdits(command string) []agent.Edit {
	var out []agent.Edit
	for len(out) < maxEdits {
		_, rest, ok := strings.Cut(command, "sed -i")
		if !ok {
			return out
		}
		command = rest
		var was, is strings.Builder
		name := ""
		for i := 0; i < len(rest); {
			switch c := rest[i]; {
			case c == '\'' || c == '"':
				end := strings.IndexByte(rest[i+1:], c)
				if end < 0 {
					return out
				}
				substitutes(rest[i+1:i+1+end], &was, &is)
				i += end + 2
			case c == ';' || c == '&' || c == '|' || c == '\n':
				rest = rest[:i]
			case c == ' ':
				i++
			default:
				end := strings.IndexAny(rest[i:], " ;&|\n'\"")
				if end < 0 {
					end = len(rest) - i
				}
				if word := rest[i : i+end]; path.Ext(word) != "" {
					name = word
				}
				i += end
			}
		}
		if name != "" && was.Len() > 0 {
			out = append(out, newEdit(name, was.String(), is.String()))
		}
	}
	return out
}

// substitutes reads "s/OLD/NEW/g; s/.../.../".
func substitutes(script string, was, is *strings.Builder) {
	for script != "" {
		script = strings.TrimLeft(script, " ;\n0123456789,$")
		if len(script) < 4 || script[0] != 's' {
			return
		}
		parts := strings.SplitN(script[2:], string(script[1]), 3)
		if len(parts) < 3 {
			return
		}
		was.WriteString(strings.ReplaceAll(parts[0], `\`, "") + "\n")
		is.WriteString(strings.ReplaceAll(parts[1], `\`, "") + "\n")
		script = strings.TrimLeft(parts[2], "gIpM0123456789")
	}
}

// newEdit makes an edit of a text that was replaced by another. Lines that
// stand in both are context, not a change.
func newEdit(name, was, is string) agent.Edit {
	e := agent.Edit{Path: agent.CleanLine(name, 4*maxSummary)}
	if was == "" {
		return e // written whole, or not told
	}
	e.Out, e.In = hash(was), hash(is)
	stays, stayed := lineSet(is), lineSet(was)
	before := map[uint64][]literal{}
	for line := range strings.Lines(was) {
		h, numbers, ok := mask(line)
		if ok && !stays[strings.TrimSpace(line)] && len(e.Lines) < maxEditLines {
			before[h] = numbers
			e.Lines = append(e.Lines, h)
		}
	}
	for line := range strings.Lines(is) {
		h, numbers, ok := mask(line)
		if !ok || stayed[strings.TrimSpace(line)] {
			continue
		}
		old, same := before[h]
		if !same && len(e.Lines) < 2*maxEditLines {
			e.Lines = append(e.Lines, h)
		}
		for i := range min(len(numbers), len(old)) {
			n := numbers[i]
			if n.value != old[i].value && n.name != "" && len(e.Knobs) < maxKnobs && !slices.Contains(e.Knobs, n.name) {
				e.Knobs = append(e.Knobs, agent.CleanLine(n.name, 40))
			}
		}
	}
	return e
}

func lineSet(text string) map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(text) {
		out[strings.TrimSpace(line)] = true
	}
	return out
}

// literal is a number in a line, and the name before it.
type literal struct{ name, value string }

// mask returns the hash of a line without its numbers and white space, and the
// numbers. It is not ok for a line that tells nothing: brackets, an else.
func mask(line string) (h uint64, lits []literal, ok bool) {
	var b strings.Builder
	name, letters := "", 0
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case letter(c):
			from := i
			for i < len(line) && (letter(line[i]) || digit(line[i])) {
				i++
			}
			name = line[from:i]
			letters += i - from
			b.WriteString(name)
		case digit(c):
			from := i
			for i < len(line) && (digit(line[i]) || line[i] == '.' || line[i] == '_' ||
				(line[i] == 'e' || line[i] == 'E') || (line[i] == '-' || line[i] == '+') && (line[i-1] == 'e' || line[i-1] == 'E')) {
				i++
			}
			lits = append(lits, literal{name, line[from:i]})
			b.WriteByte('#')
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			i++
		default:
			b.WriteByte(c)
			i++
		}
	}
	return hash(b.String()), lits, letters >= 4 || letters > 0 && len(lits) > 0
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}
