package main

import (
	"context"
	"errors"
	"fmt"

	"vigil/agent"
	"vigil/agent/tmux"
)

// visit takes a person to an agent's pane: their own tmux client is switched to
// it, or it is shown in a popup. Where neither can be, the error is the command
// to type.
func visit(ctx context.Context, e env, c Config, a agent.Agent, popup bool) error {
	v := tmux.Visitor{Own: e.Seat}
	here := a.Host == "" || a.Host == local
	way := tmux.Attach(a.Pane)
	var err error
	switch {
	case popup && here:
		err = v.Popup(ctx, v.Look(a.Pane))
	case popup:
		err = v.Popup(ctx, overSSH(c, a.Host, v.Look(a.Pane)))
	case here:
		err = v.Switch(ctx, a.Pane)
	default: // a socket of the same name here is another server
		err = tmux.ErrOutside
	}
	if !errors.Is(err, tmux.ErrOutside) {
		return err
	}
	if !here {
		way = overSSH(c, a.Host, way)
	}
	where := "vigil runs outside tmux"
	if e.Seat != "" {
		where = "its pane is in another tmux server"
	}
	return fmt.Errorf("%s; type: %s", where, tmux.Typed(way))
}

// overSSH is a command on a host's terminal, by the person's own ssh.
func overSSH(c Config, host string, argv []string) []string {
	ssh := []string{"ssh", "-t"}
	for _, hc := range c.Hosts {
		if hc.Name == host && hc.SSHConfig != "" {
			ssh = append(ssh, "-F", hc.SSHConfig)
		}
	}
	return append(ssh, "--", host, tmux.Typed(argv))
}
