package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"vigil/remote"
)

const (
	defaultConnectTimeout = 15 * time.Second
	configTimeout         = 20 * time.Second // of "ssh -G", which may run the user's Match exec
)

// config finds what ssh_config says of hosts: it asks the ssh program, so that
// everything means what it means to the user, and reads the files itself only
// where there is none.
type config struct {
	program string // the ssh program; empty without one
	file    string // in place of the user's ssh_config; empty for that
	me      local
}

func newConfig(file string) config {
	program, err := exec.LookPath("ssh")
	if err != nil {
		program = ""
	}
	return config{program: program, file: file, me: thisMachine()}
}

// of returns the settings of an alias, which may be "user@host", and what of
// them could not be followed.
func (c config) of(ctx context.Context, alias string) (settings, string, error) {
	if err := checkName(alias); err != nil {
		return settings{}, "", err
	}
	v, problem, err := c.values(ctx, alias)
	if err != nil {
		return settings{}, "", err
	}
	_, host := splitUser(alias)
	s := newSettings(host, v, c.me)
	s.alias = alias
	return s, problem, nil
}

// noUser is why ssh does nothing at all for a user whom the system does not
// know, as in a container that runs under a number of its own.
const noUser = "No user exists for uid"

func (c config) values(ctx context.Context, alias string) (values, string, error) {
	if c.program != "" {
		out, err := c.ask(ctx, append(c.flags(), "-G", "--", alias))
		switch {
		case err == nil:
			return readFlat(out), "", nil
		case !strings.Contains(err.Error(), noUser):
			return nil, "", fmt.Errorf("ask ssh for the settings of %s: %w", alias, err)
		}
	}
	names := []string{c.file}
	if c.file == "" {
		names = []string{filepath.Join(c.me.home, ".ssh", "config"), "/etc/ssh/ssh_config"}
	}
	user, host := splitUser(alias)
	v, problem, err := readConfigFiles(host, c.me, names...)
	if err != nil {
		return nil, "", fmt.Errorf("read ssh_config: %w", err)
	}
	if user != "" {
		v["user"] = []string{user}
	}
	return v, problem, nil
}

// flags are the options that every call of the program needs.
func (c config) flags() []string {
	if c.file == "" {
		return nil
	}
	return []string{"-F", c.file}
}

// ask runs the ssh program where it speaks with nobody.
func (c config) ask(ctx context.Context, args []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, configTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.program, args...)
	cmd.WaitDelay = time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if said := remote.Line(lastLine(errs.String()), 300); said != "" {
			return "", errors.New(said)
		}
		return "", err
	}
	return out.String(), nil
}

// checkName refuses names that ssh, or the shell of a ProxyCommand, could take
// for something else.
func checkName(name string) error {
	if name == "" || name[0] == '-' || strings.ContainsAny(name, "'`\"$\\;&<>|(){} \t\r\n\x00") {
		return fmt.Errorf("%q can not be the name of an SSH host", name)
	}
	return nil
}

func splitUser(alias string) (user, host string) {
	if i := strings.LastIndexByte(alias, '@'); i >= 0 {
		return alias[:i], alias[i+1:]
	}
	return "", alias
}

func lastLine(s string) string {
	s = strings.TrimRight(s, "\r\n ")
	return s[strings.LastIndexByte(s, '\n')+1:]
}
