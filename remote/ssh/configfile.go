package ssh

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/kevinburke/ssh_config"
)

// Bounds of ssh_config: OpenSSH allows 16 levels, nobody needs the rest.
const (
	maxIncludes    = 16 // levels
	maxConfigFiles = 256
	maxConfigBytes = 1 << 20 // of one file
)

// configFile reads ssh_config where there is no ssh program to ask. The library
// knows Host blocks but only some Match blocks; of those it applies
// "Match host ... exec" whatever the command would say. So the files go to it
// in pieces, without the Match blocks that it does not understand, and Include
// is followed here.
type configFile struct {
	alias  string
	home   string
	open   func(name string) (io.ReadCloser, error)
	glob   func(pattern string) ([]string, error)
	pieces []*ssh_config.Config // in the order of the files
	files  int
	ignore []string // Match lines that were left out, with their files
}

// readConfigFiles returns the settings of an alias from the named files, and
// what of them could not be followed, in plain words.
func readConfigFiles(alias string, me local, names ...string) (values, string, error) {
	c := &configFile{alias: alias, home: me.home, open: openFile, glob: filepath.Glob}
	for _, name := range names {
		if err := c.read(name, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, "", err
		}
	}
	return c.values(), c.problem(), nil
}

func openFile(name string) (io.ReadCloser, error) { return os.Open(name) }

func (c *configFile) problem() string {
	if len(c.ignore) == 0 {
		return ""
	}
	return fmt.Sprintf("%d Match blocks of ssh_config are not followed without the ssh program, the first is %s: install OpenSSH's client",
		len(c.ignore), c.ignore[0])
}

func (c *configFile) read(name string, level int) error {
	if c.files++; level > maxIncludes || c.files > maxConfigFiles {
		return fmt.Errorf("%s: too many Include lines", name)
	}
	f, err := c.open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxConfigBytes))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return c.parse(name, string(b), level)
}

// parse cuts a file into pieces at its Include lines and its blocks. What goes
// to the library is written anew, so that it can't see lines or keywords where
// this reader saw none.
func (c *configFile) parse(name, text string, level int) error {
	block, piece, dropped := "Host *\n", "", false
	flush := func() error {
		cfg, err := decode(block + piece)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c.pieces = append(c.pieces, cfg)
		piece = ""
		return nil
	}
	for line := range strings.Lines(text) {
		key, value := keyword(line)
		switch key {
		case "":
		case "host", "match":
			if err := flush(); err != nil {
				return err
			}
			block = key + " " + strings.ReplaceAll(value, `"`, "") + "\n"
			if dropped = key == "match" && !understood(value); dropped {
				c.ignore = append(c.ignore, fmt.Sprintf("\"Match %s\" in %s", value, name))
			}
			if dropped || value == "" {
				block = "Host !*\n" // of nobody
			}
		case "include":
			if err := flush(); err != nil {
				return err
			}
			if err := c.include(name, block, value, level); err != nil {
				return err
			}
		default:
			if !dropped && value != "" {
				piece += key + " " + value + "\n"
			}
		}
	}
	return flush()
}

// include follows an Include line if the block in which it stands is of the
// alias.
func (c *configFile) include(name, block, value string, level int) error {
	cfg, err := decode(block)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if !cfg.Hosts[len(cfg.Hosts)-1].Matches(c.alias) {
		return nil
	}
	for _, pattern := range strings.Fields(value) {
		pattern = strings.Trim(pattern, `"`)
		switch {
		case strings.HasPrefix(pattern, "~/"):
			pattern = filepath.Join(c.home, pattern[2:])
		case !filepath.IsAbs(pattern):
			pattern = filepath.Join(c.home, ".ssh", pattern)
		}
		found, err := c.glob(pattern)
		if err != nil {
			return fmt.Errorf("%s: Include %s: %w", name, pattern, err)
		}
		slices.Sort(found)
		for _, f := range found {
			if err := c.read(f, level+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// values takes, for each keyword, the first piece that has it; IdentityFile and
// CertificateFile add up.
func (c *configFile) values() values {
	v := values{}
	for _, piece := range c.pieces {
		for _, h := range piece.Hosts {
			if !h.Matches(c.alias) {
				continue
			}
			for _, n := range h.Nodes {
				kv, ok := n.(*ssh_config.KV)
				if !ok {
					continue
				}
				key := strings.ToLower(kv.Key)
				if len(v[key]) == 0 || key == "identityfile" || key == "certificatefile" {
					v[key] = append(v[key], strings.Trim(kv.Value, `"`))
				}
			}
		}
	}
	return v
}

// decode keeps a fault of the library from becoming ours.
func decode(text string) (cfg *ssh_config.Config, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("ssh_config: %v", r)
		}
	}()
	return ssh_config.DecodeBytes([]byte(text))
}

// keyword splits a line into its keyword, in lower case, and its value, without
// control characters. A comment has neither, nor what is no keyword.
func keyword(line string) (key, value string) {
	line = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, line))
	i := strings.IndexFunc(line, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
	if i <= 0 {
		return "", ""
	}
	value = strings.TrimLeft(line[i:], " ")
	value = strings.TrimLeft(strings.TrimPrefix(value, "="), " ")
	if line[i] != ' ' && line[i] != '=' || strings.HasPrefix(value, "#") {
		return "", ""
	}
	return strings.ToLower(line[:i]), value
}

// understood reports whether the library applies a Match block as OpenSSH
// does: one criterion that needs no command and no second reading.
func understood(criteria string) bool {
	f := strings.Fields(criteria)
	return len(f) == 1 && strings.EqualFold(f[0], "all") ||
		len(f) == 2 && strings.EqualFold(f[0], "host") && !strings.ContainsAny(f[1], ",!\"")
}
