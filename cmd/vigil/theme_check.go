package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"vigil/agent"
	"vigil/themes"
)

// checkedJSON is a theme and what a check found, for programs.
type checkedJSON struct {
	themeJSON
	OK       bool             `json:"ok"`
	Faults   []string         `json:"faults"`
	Unknown  []string         `json:"unknown"`
	Contrast []themes.Measure `json:"contrast"`
}

// checkThemes checks the theme with the name, or all.
func checkThemes(e env, c Config, name string, asJSON bool) error {
	all := allThemes(c)
	if name != "" {
		t, err := readTheme(c, name)
		if err != nil {
			return err
		}
		all = []themeFile{t}
	}
	var errs []error
	failed := 0
	for _, t := range all {
		r := themes.Report{Faults: t.faults}
		if len(t.faults) == 0 {
			r = t.Check()
		}
		if len(r.Faults) > 0 {
			failed++
		}
		if asJSON {
			errs = append(errs, json.NewEncoder(e.Stdout).Encode(checkedJSON{
				t.json(c), len(r.Faults) == 0,
				append([]string{}, r.Faults...), append([]string{}, r.Unknown...), append([]themes.Measure{}, r.Contrast...),
			}))
			continue
		}
		_, err := io.WriteString(e.Stdout, t.verdict(r))
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if failed > 0 {
		return exitStatus(1)
	}
	return nil
}

// verdict says in lines what a check found.
func (t themeFile) verdict(r themes.Report) string {
	where := clean(t.Name)
	if t.path != "" {
		where = agent.CleanLine(t.path, 200)
	}
	var b strings.Builder
	for _, f := range r.Faults {
		fmt.Fprintf(&b, "%s: %s\n", where, agent.CleanLine(f, 300))
	}
	if len(r.Faults) > 0 {
		return b.String()
	}
	fmt.Fprintf(&b, "%s: ok", where)
	least, tightest := 0.0, themes.Measure{}
	for _, m := range r.Contrast {
		if m.On == "background" && m.Need >= 4 && (least == 0 || m.Ratio < least) {
			least, tightest = m.Ratio, m
		}
	}
	if least > 0 {
		fmt.Fprintf(&b, ", text from %.2f:1 (%s)", least, tightest.Role)
	}
	if len(r.Unknown) > 0 {
		fmt.Fprintf(&b, "; %d of %d colours are the terminal's own: their contrast cannot be checked", len(r.Unknown), len(t.Colors())+len(t.Series))
	}
	return b.String() + "\n"
}
