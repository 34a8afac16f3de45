package simagent

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const agentsMD = `# Rules

- Work from plan.md; keep scratchpad/THREAD.md up to date.
- One change a run. Log every run in scratchpad/runs.jsonl.
- You run autonomously: nobody answers at night. Do not stop while the plan has open items.
`

const goalMD = `# Goal

Lower the number of steps that the 124M model needs to reach val_loss 3.28.
The record to beat is 2990 steps.
`

// furnish makes the workspace as the person left it in the evening.
func furnish(a Actor) error {
	for _, dir := range []string{"scratchpad/variants", "scratchpad/runs"} {
		if err := os.MkdirAll(filepath.Join(a.Workspace, dir), 0o700); err != nil {
			return err
		}
	}
	var plan strings.Builder
	plan.WriteString("# Plan\n\n## Levers\n\n")
	switch a.Name {
	case "codex-v3":
		plan.WriteString("- [ ] learning rate and weight decay around the base\n- [ ] anything structural\n")
	case "opus-nov":
		plan.WriteString("- [ ] probes 8 to 20, one at a time in the background\n- [ ] pick the best two and reseed\n")
	default:
		for _, t := range attempts() {
			fmt.Fprintf(&plan, "- [ ] %s\n", t.lever)
		}
	}
	for name, text := range map[string]string{
		"AGENTS.md": agentsMD, "goal.md": goalMD, "plan.md": plan.String(),
		"scratchpad/THREAD.md": "# Thread of " + a.Name + "\n\n" + submitted(a.Name),
		"run.sh":               "#!/bin/sh\n# usage: run.sh VARIANT\n",
	} {
		if err := os.WriteFile(filepath.Join(a.Workspace, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// submitted is what an agent wrote of its jobs on the head node.
func submitted(name string) string {
	switch name {
	case "opus-v3":
		return "- sbatch on head: v12-s3 (4102), v12-s4 (4104), cd70-s1 (4105, afterok:4102), wide-mlp (4103)\n" +
			"- four-nodes (4106) waits for h200-004, which is drained\n"
	case "codex-v3":
		return "- sbatch on head: muoneq-rc-s2 (4101), bad-config (4107, config path to be checked)\n"
	}
	return ""
}

func (a *Actor) in(path string) string { return filepath.Join(a.Workspace, path) }

// appendTo adds text to a file of the workspace.
func (a *Actor) appendTo(path, text string) error {
	f, err := os.OpenFile(a.in(path), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.WriteString(text); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// tick marks an item of the plan as done.
func (a *Actor) tick(item string) error {
	b, err := os.ReadFile(a.in("plan.md"))
	if err != nil {
		return err
	}
	return replaceFile(a.in("plan.md"), []byte(strings.Replace(string(b), "- [ ] "+item, "- [x] "+item, 1)))
}

// ledger records a finished run.
func (a *Actor) ledger(t training) error {
	b, err := json.Marshal(map[string]any{
		"run": t.run, "variant": t.variant, "steps": t.steps, "val_loss": t.final, "at": time.Now().UTC().Format(time.RFC3339),
	})
	if err != nil {
		return err
	}
	return a.appendTo("scratchpad/runs.jsonl", string(b)+"\n")
}
