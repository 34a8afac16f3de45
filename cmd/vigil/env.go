package main

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// env is everything that the command takes from the process it runs in. It is
// made once, in main; nothing else reads the process's own.
type env struct {
	Args           []string // without the program's name
	Getenv         func(string) string
	Environ        []string // for child processes
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Terminal       bool   // a person sits at both stdin and stdout
	Seat           string // socket of the tmux server in which that is; empty outside tmux
	Home           string // empty when the system does not tell
	Exe            string // path of this binary, for children of itself
	Now            func() time.Time
}

// errNoHome says that no folder for files can be found.
var errNoHome = errors.New("home folder: not known; set HOME")

// folder returns an XDG base folder's subfolder for vigil: the value of the
// variable if it is an absolute path (the XDG specification says to ignore
// others), else rel under the home folder.
func (e env) folder(variable, rel string) (string, error) {
	if dir := e.Getenv(variable); filepath.IsAbs(dir) {
		return filepath.Join(dir, "vigil"), nil
	}
	if e.Home == "" {
		return "", errNoHome
	}
	return filepath.Join(e.Home, rel, "vigil"), nil
}

// stateDir is where the journal and the log are kept.
func (e env) stateDir() (string, error) { return e.folder("XDG_STATE_HOME", ".local/state") }

// configPath is the configuration file's place; it need not exist.
func (e env) configPath() (string, error) {
	if path := e.Getenv("VIGIL_CONFIG"); path != "" {
		return e.expand(path), nil
	}
	dir, err := e.folder("XDG_CONFIG_HOME", ".config")
	return filepath.Join(dir, "config.toml"), err
}

// drawing is the environment for what draws on the terminal. NO_COLOR set to
// anything asks for no colour (https://no-color.org), but the libraries want a
// truth value.
func (e env) drawing() []string {
	out := slices.Clone(e.Environ)
	for i, kv := range out {
		if v, ok := strings.CutPrefix(kv, "NO_COLOR="); ok && v != "" {
			out[i] = "NO_COLOR=1"
		}
	}
	return out
}

// expand replaces a leading "~/" by the home folder.
func (e env) expand(path string) string {
	if path == "~" {
		return e.Home
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(e.Home, rest)
	}
	return path
}
