package runlog

import (
	"fmt"
	"regexp"
	"slices"

	"vigil/remote"
)

// Pattern is a format of a user's own: a regular expression whose named groups
// are what a line tells.
type Pattern struct {
	re *regexp.Regexp
}

const (
	maxPattern = 1000 // bytes of an expression
	maxGroups  = 32
)

// ParsePattern reads a pattern, a regular expression in the syntax of package
// regexp. Its named groups are the metrics of a line, each a number with its
// unit or without. Three names have a meaning: "step" is the step (without it,
// the values belong to the step told last), "plan" how many steps are planned,
// and "wall" the time since the run's start, in seconds if no unit follows. It
// is matched against lines without their escape sequences.
//
//	^it (?P<step>\d+) of (?P<plan>\d+): L=(?P<val_loss>\S+) after (?P<wall>\S+)$
func ParsePattern(expr string) (*Pattern, error) {
	if len(expr) > maxPattern {
		return nil, fmt.Errorf("pattern of %d bytes: at most %d are allowed", len(expr), maxPattern)
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", expr, err)
	}
	names := slices.DeleteFunc(slices.Clone(re.SubexpNames()), func(n string) bool { return n == "" })
	if len(names) > maxGroups {
		return nil, fmt.Errorf("pattern %q: %d named groups: at most %d are allowed", expr, len(names), maxGroups)
	}
	if !slices.ContainsFunc(names, func(n string) bool { return n != "step" && n != "plan" && n != "wall" }) {
		return nil, fmt.Errorf("pattern %q has no metric: name a group after one, as in (?P<val_loss>[0-9.]+)", expr)
	}
	return &Pattern{re}, nil
}

// custom reads a line by the user's patterns.
func (p *Parser) custom(b []byte) bool {
	for _, c := range p.patterns {
		if at := c.re.FindSubmatchIndex(b); at != nil && p.matched(b, c.re.SubexpNames(), at) {
			p.Source.On, p.Trace = false, false
			return true
		}
	}
	return false
}

// matched emits what the groups of a match hold. It reports false if there is
// no value among them.
func (p *Parser) matched(b []byte, names []string, at []int) bool {
	p.release()
	p.line.rank = -1
	p.reset()
	wall := remote.NoWall()
	for i, name := range names {
		if name == "" || at[2*i] < 0 {
			continue
		}
		q := measure(b[at[2*i]:at[2*i+1]])
		if q.digits == 0 {
			continue
		}
		switch name {
		case "step":
			p.takeStep(stepItself, q.v)
		case "plan":
			p.takePlan(q.v)
		case "wall":
			wall = q.v / q.div
		default:
			if n := p.name([]byte(name)); n != nil {
				p.add(n, q.v/q.div)
			}
		}
	}
	if len(p.mets) == 0 {
		return false
	}
	step := p.line.step
	if p.line.by == stepNone {
		step = p.lately()
	}
	if wall != wall {
		wall = p.wall()
	}
	p.measured(step, p.line.plan, wall)
	return true
}
