package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"vigil/agent"
	"vigil/themes"
	"vigil/tui"
)

func newTheme(e env, given *overrides) *cobra.Command {
	var check, asJSON bool
	cmd := &cobra.Command{
		Use:   "theme [NAME|FILE]",
		Short: "List the colour themes, show one, or check whether it can be read",
		Long: "Without a name it lists the built-in themes and your own, which are the files NAME.toml in the\n" +
			"folder themes beside the configuration. With one it shows a piece of the screen in it, in as many\n" +
			"colours as the terminal has. --check checks one theme, or all: roles that are missing or unknown,\n" +
			"contrast by WCAG 2.2 (4.5:1 for what is read, 3:1 for what is seen) and colours that look alike;\n" +
			"it prints a line for each failure and exits with 1 if there is one.\n\n" +
			"--json prints one object a theme: name, file (empty for a built-in one), dark, background, in_use;\n" +
			"with a name also roles and series; with --check also ok, faults, unknown (roles in the terminal's\n" +
			"own colours, whose contrast cannot be checked) and contrast, a list of role, on, ratio and need.",
		Example: "vigil theme gruvbox-dark\nvigil theme --check ~/.config/vigil/themes/mine.toml",
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := loadConfig(e, *given)
			if err != nil {
				return err
			}
			name := ""
			if len(args) > 0 {
				name = e.expand(args[0])
			}
			switch {
			case check:
				return checkThemes(e, c, name, asJSON)
			case name != "":
				return showTheme(e, c, name, asJSON)
			}
			return listThemes(e, c, asJSON)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "check one theme, or all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a theme")
	return cmd
}

// themeJSON is a theme for programs.
type themeJSON struct {
	Name       string                  `json:"name"`
	File       string                  `json:"file"` // empty: built in
	Dark       bool                    `json:"dark"`
	Background string                  `json:"background"`
	InUse      bool                    `json:"in_use"`
	Roles      map[string]themes.Color `json:"roles,omitempty"`
	Series     []themes.Color          `json:"series,omitempty"`
}

func (t themeFile) json(c Config) themeJSON {
	return themeJSON{
		Name: clean(t.Name), File: t.path, Dark: t.Dark, Background: t.Ground().String(), InUse: t.inUse(c),
	}
}

// clean makes a name from a file fit for a line.
func clean(s string) string { return agent.CleanLine(s, 60) }

func listThemes(e env, c Config, asJSON bool) error {
	all := allThemes(c)
	if asJSON {
		enc := json.NewEncoder(e.Stdout)
		for _, t := range all {
			if err := enc.Encode(t.json(c)); err != nil {
				return err
			}
		}
		return nil
	}
	var b strings.Builder
	for _, t := range all {
		mark, where := " ", "built in"
		if t.inUse(c) {
			mark = "*"
		}
		if t.path != "" {
			where = agent.CleanLine(t.path, 200)
		}
		if len(t.faults) > 0 {
			fmt.Fprintf(&b, "%s %-20s cannot be used: vigil theme --check %[2]s\n", mark, clean(t.Name))
			continue
		}
		kind := "light"
		if t.Dark {
			kind = "dark"
		}
		fmt.Fprintf(&b, "%s %-20s %-5s  %s  %s\n", mark, clean(t.Name), kind, tui.Swatch(t.Theme), where)
	}
	if c.Theme == defaultTheme {
		b.WriteString("\nIn use: auto, which is dark, light or ansi16, by what the terminal is like.\n")
	}
	return inColours(e, b.String())
}

// inColours prints text in as many colours as the terminal has: none where the
// output is no terminal or the person wants none (NO_COLOR).
func inColours(e env, text string) error {
	_, err := io.WriteString(colorprofile.NewWriter(e.Stdout, e.drawing()), text)
	return err
}

func showTheme(e env, c Config, name string, asJSON bool) error {
	t, err := readTheme(c, name)
	if err != nil {
		return err
	}
	if len(t.faults) > 0 {
		return fmt.Errorf("theme %s: %s", t.path, t.faults[0])
	}
	if asJSON {
		j := t.json(c)
		j.Series, j.Roles = t.Series, map[string]themes.Color{}
		for i, role := range themes.RoleNames() {
			j.Roles[role] = t.Colors()[i]
		}
		return json.NewEncoder(e.Stdout).Encode(j)
	}
	r := t.Check()
	end := fmt.Sprintf("%s is made for the background %s.", clean(t.Name), t.Ground())
	if len(r.Unknown) > 0 {
		end = fmt.Sprintf("%s uses the terminal's own colours, whose contrast cannot be checked.", clean(t.Name))
	}
	if len(r.Faults) > 0 {
		end += fmt.Sprintf("\nThe check fails (%d): vigil theme --check %s", len(r.Faults), clean(name))
	}
	return inColours(e, tui.Sample(t.Theme)+"\n\n"+ansi.Wrap(end, tui.SampleWidth, "")+"\n")
}
