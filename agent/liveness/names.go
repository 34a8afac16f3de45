package liveness

import (
	"path"
	"slices"
	"strings"
)

// Names of programs, as the kernel has them: without folders.
var (
	shells = []string{"sh", "bash", "dash", "zsh", "ksh", "ash", "fish"}

	// before are programs that run the command that follows them.
	before = []string{"nohup", "setsid", "timeout", "nice", "ionice", "stdbuf", "env", "exec", "command", "builtin", "sudo", "time"}

	// seesEnd are programs that tell whether a process or a job still lives.
	seesEnd = []string{"kill", "pgrep", "pidof", "ps", "wait", "squeue", "sacct", "scontrol", "sstat"}

	// patterns are programs whose first argument is no file.
	patterns = []string{"grep", "egrep", "fgrep", "rg", "awk", "gawk", "mawk", "sed", "jq"}

	// readers are programs whose arguments are files.
	readers = []string{"tail", "cat", "head", "wc", "stat", "ls", "md5sum", "du", "inotifywait", "less"}

	// remotes are programs that stand for work on another machine.
	remotes = []string{"ssh", "srun", "salloc", "mpirun", "mpiexec", "kubectl", "docker", "podman", "apptainer", "singularity"}

	// kindsOfFile are the extensions by which a word is known for a file.
	kindsOfFile = []string{
		"log", "txt", "out", "err", "json", "jsonl", "csv", "tsv", "done", "flag", "ok", "pid", "pt", "ckpt", "npz", "pkl", "md", "status", "result",
	}

	// idle are programs that only wait and look. Shells are, too, by themselves.
	idle = append([]string{
		"sleep", "tail", "grep", "egrep", "fgrep", "rg", "cat", "head", "wc", "ls", "stat", "find", "test", "[", "date", "echo", "printf",
		"awk", "gawk", "mawk", "sed", "cut", "tr", "sort", "uniq", "tee", "inotifywait", "watch", "timeout", "nohup", "setsid", "env", "nice",
		"stdbuf", "squeue", "sacct", "scontrol", "sinfo", "sstat", "nvidia-smi", "ps", "pgrep", "pidof", "kill", "true", "false", "jq", "seq",
		"xargs", "basename", "dirname", "readlink", "less", "du", "df", "free", "uptime", "entr", "journalctl",
	}, shells...)

	// servers are programs that run for the sake of others.
	servers = []string{
		"tensorboard", "jupyter", "jupyter-lab", "jupyter-notebo", "jupyter-notebook", "ipykernel_launcher", "mlflow", "nginx", "redis-server", "postgres",
		"ssh-agent", "gpg-agent", "dbus-daemon", "tmux", "tmux: server", "tmux: client", "screen", "code-server", "wandb-core", "wandb-service",
		"gopls", "pyright-langserver", "rust-analyzer", "clangd", "pylsp", "vigil", "sshd", "sftp-server", "vllm", "ollama",
	}

	// serverParts stand in the command lines of servers that an interpreter runs.
	serverParts = []string{"http.server", "tensorboard", "jupyter", "mlflow", "mcp", "langserver", "language-server", "uvicorn", "gunicorn", "wandb-core"}
)

// Idle reports whether all of the programs only wait and look.
func Idle(programs []string) bool {
	return !slices.ContainsFunc(programs, func(p string) bool { return !slices.Contains(idle, strings.TrimPrefix(p, "-")) })
}

// serves reports whether a program is a server or a helper.
func serves(name string, args []word) bool {
	if slices.Contains(servers, name) {
		return true
	}
	if !strings.HasPrefix(name, "python") && name != "node" && name != "npx" && name != "npm" && name != "uv" && name != "uvx" && name != "bun" {
		return false
	}
	for _, w := range args {
		if strings.Contains(w.text, "\n") { // a program, not a name
			continue
		}
		base := path.Base(w.text)
		if slices.ContainsFunc(serverParts, func(p string) bool { return strings.Contains(base, p) }) {
			return true
		}
	}
	return false
}
