package main

import (
	"context"
	"testing"

	"vigil/agent"
)

// Where a person cannot be taken to a pane, they are told what to type: never
// to a pane of this machine that is called as another host's is.
func TestVisitOutside(t *testing.T) {
	pane := agent.Pane{Socket: "/tmp/tmux-1000/default", ID: "%3", Target: "v3:1.0"}
	c := Config{Hosts: []HostConfig{{Name: "head"}, {Name: "other", SSHConfig: "/my files/ssh"}}}
	for _, tc := range []struct {
		name, seat, host string
		popup            bool
		want             string
	}{
		{"outside", "", local, false, "vigil runs outside tmux; type: tmux -S /tmp/tmux-1000/default attach -t %3"},
		{"outside, popup", "", "", true, "vigil runs outside tmux; type: tmux -S /tmp/tmux-1000/default attach -t %3"},
		{"another server", "/tmp/tmux-1000/mine", local, false, "its pane is in another tmux server; type: tmux -S /tmp/tmux-1000/default attach -t %3"},
		{"another host, same socket", "/tmp/tmux-1000/default", "head", false, "its pane is in another tmux server; type: ssh -t -- head 'tmux -S /tmp/tmux-1000/default attach -t %3'"},
		{"another host, own ssh_config", "", "other", true, "vigil runs outside tmux; type: ssh -t -F '/my files/ssh' -- other 'tmux -S /tmp/tmux-1000/default attach -t %3'"},
	} {
		err := visit(context.Background(), env{Seat: tc.seat}, c, agent.Agent{Host: tc.host, Pane: pane}, tc.popup)
		if err == nil || err.Error() != tc.want {
			t.Errorf("%s: %v\nwant %s", tc.name, err, tc.want)
		}
	}
}
