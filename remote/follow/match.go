package follow

import (
	"path"
	"strings"
)

// pattern is a pattern cut at its slashes.
type pattern []string

func compile(ps []string) []pattern {
	out := make([]pattern, len(ps))
	for i, p := range ps {
		out[i] = strings.Split(strings.Trim(p, "/"), "/")
	}
	return out
}

// fits reports whether the path, cut at its slashes, is one that p stands for.
func (p pattern) fits(parts []string) bool {
	for len(p) > 0 && p[0] != "**" {
		if len(parts) == 0 {
			return false
		}
		if ok, err := path.Match(p[0], parts[0]); err != nil || !ok {
			return false
		}
		p, parts = p[1:], parts[1:]
	}
	if len(p) == 0 {
		return len(parts) == 0
	}
	for i := range len(parts) + 1 {
		if p[1:].fits(parts[i:]) {
			return true
		}
	}
	return false
}

// leads reports whether a folder may hold, at any depth, what p stands for.
func (p pattern) leads(parts []string) bool {
	for i, part := range parts {
		switch {
		case i >= len(p)-1:
			return i < len(p) && p[i] == "**"
		case p[i] == "**":
			return true
		}
		if ok, err := path.Match(p[i], part); err != nil || !ok {
			return false
		}
	}
	return len(parts) < len(p)
}

// ignored are folders that hold no logs and many files, and hidden ones.
func ignored(name string) bool {
	switch name {
	case "node_modules", "__pycache__", "venv", "site-packages":
		return true
	}
	return strings.HasPrefix(name, ".")
}
