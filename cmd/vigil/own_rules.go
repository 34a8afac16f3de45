package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"vigil/agent/ending"
)

// rulesPath is where a person's own rules stand: beside the configuration.
func rulesPath(config string) string { return filepath.Join(filepath.Dir(config), "rules.toml") }

// endingRules returns the embedded rules, with those of the person's own file
// over them if there is one. An error names the file, line and column.
func endingRules(config string) (*ending.Rules, error) {
	path := rulesPath(config)
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ending.Default(), nil
	case err != nil:
		return nil, fmt.Errorf("read own rules: %w: make the file readable, or move it away", err)
	}
	return ending.Default().Extend(path, b)
}

// rulesFor returns the rules for a command that needs no configuration. Where no
// home folder is known there can be none of one's own.
func rulesFor(e env) (*ending.Rules, error) {
	config, err := e.configPath()
	if err != nil {
		return ending.Default(), nil
	}
	return endingRules(config)
}
