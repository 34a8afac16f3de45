package workspace

import (
	"cmp"
	"strings"
)

// sentence is how many words a heading has, at least, that says something by
// itself.
const sentence = 4

// Aim says what a goal file is about: its first paragraph, since the heading
// over that is often just "Goal", or a heading that is a sentence. A file of
// short headings alone gives the first of them. The text is as foreign as the
// file.
func Aim(text string) string {
	title, said := "", []string{}
	for l := range strings.Lines(text) {
		l = strings.TrimSpace(l)
		rule := l != "" && strings.Trim(l, "-=*_ ") == ""
		heading := ""
		if m := headingRE.FindStringSubmatch(l); m != nil {
			heading = m[2]
		} else if rule && len(said) == 1 { // underlined
			heading, said = said[0], nil
		}
		switch {
		case len(said) > 0 && (heading != "" || l == ""):
			return strings.Join(said, " ")
		case len(strings.Fields(heading)) >= sentence:
			return heading
		case heading != "":
			title = cmp.Or(title, heading)
		case l != "" && !rule:
			said = append(said, l)
		}
	}
	return cmp.Or(strings.Join(said, " "), title)
}
