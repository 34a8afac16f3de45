package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"vigil/agent"
	"vigil/remote"
	"vigil/remote/slurm"
	"vigil/remote/ssh"
)

// checkHost connects to a host and tries what vigil needs of it. Nobody is asked
// for a passphrase or a code: that it would be is a finding.
func checkHost(ctx context.Context, _ env, c Config, hc HostConfig) []finding {
	if hc.Name == local {
		if hc.Slurm {
			return []finding{checkSlurm(ctx, remote.Local{})}
		}
		return found(fine, "this machine", "")
	}
	asked := ""
	refuse := func(_ context.Context, q remote.Question) (string, error) {
		asked = q.Prompt
		return "", errRefused
	}
	h := connect(hc, refuse, slog.New(slog.DiscardHandler))
	defer h.Close()
	if _, err := h.Run(ctx, remote.Cmd{Args: []string{"true"}}); err != nil {
		return []finding{linkFinding(h.Link(), asked, err)}
	}
	l := h.Link()
	out := []finding{{Level: fine, What: "connected, by " + cmp.Or(l.Transport, "ssh")}, checkFiles(h)}
	if hc.Agents {
		out = append(out, checkFarTmux(ctx, h))
	}
	if hc.Slurm {
		out = append(out, checkSlurm(ctx, h))
	}
	return out
}

// linkFinding says why there is no connection.
func linkFinding(l remote.Link, asked string, err error) finding {
	f := finding{Level: bad, What: cmp.Or(l.What, err.Error()), Do: l.Do}
	if asked != "" {
		f.Level, f.What = note, fmt.Sprintf("it asks %q, which the doctor does not answer", asked)
		f.Do = "add the key to ssh-agent, or answer it in `vigil`'s screen"
	}
	return f
}

func checkFiles(h *ssh.Host) finding {
	if _, err := h.Stat("/"); err != nil {
		return finding{Level: bad, What: "SFTP does not work: " + err.Error(), Do: "have sshd there offer it: Subsystem sftp in sshd_config"}
	}
	return finding{Level: fine, What: "SFTP works"}
}

func checkFarTmux(ctx context.Context, h remote.Host) finding {
	out, err := h.Run(ctx, remote.Cmd{Args: []string{"tmux", "-V"}})
	if _, ran := errors.AsType[*remote.ExitError](err); ran {
		return finding{Level: note, What: "no tmux there: agents can be watched, not nudged", Do: "install tmux 3.0 or newer there, or set agents = false for the host"}
	}
	if err != nil {
		return finding{Level: bad, What: "tmux -V: " + err.Error(), Do: "see whether the machine is overloaded"}
	}
	return versionFinding(strings.TrimSpace(string(out)))
}

func checkSlurm(ctx context.Context, h remote.Host) finding {
	p := slurm.New(h, slurm.Options{})
	err := p.Poll(ctx)
	c := p.Cluster()
	if err != nil {
		return finding{Level: bad, What: "Slurm does not answer: " + cmp.Or(c.Problem, agent.CleanLine(err.Error(), 200)), Do: "try squeue there; or set slurm = false for the host"}
	}
	return finding{Level: fine, What: fmt.Sprintf("%s answers: %s of yours, %s", agent.CleanLine(c.Version, 40), counted(len(c.Jobs), "job"), counted(len(c.Nodes), "node"))}
}
