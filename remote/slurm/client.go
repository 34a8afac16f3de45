package slurm

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"vigil/remote"
)

// client runs the Slurm programs of a host, and counts what they cost.
type client struct {
	host     remote.Host
	deadline time.Duration // of a command
	budget   *budget
	jobs     table
	nodes    table

	// What find found.
	dir     string // of the programs; empty where they are in PATH
	conf    string // SLURM_CONF that only a login shell has
	version string // "22.05.8"
	me      string // the user's name there
}

// Requests that a command makes of the controller, as sdiag counts them.
const (
	costJobs   = 2 // squeue: jobs and partitions
	costNodes  = 2 // sinfo: nodes and partitions
	costDetail = 2 // scontrol show job ID
	costCancel = 2 // scancel ID; 1 in newer versions
	costAcct   = 1 // sacct asks the database, which has enough to do as well
)

// errNoSlurm says that a host has no Slurm that we can find.
var errNoSlurm = errors.New("no Slurm found: squeue is not in PATH, nor in a login shell's, nor in the usual folders; put it in PATH there")

// elsewhere lists where Slurm is kept on clusters that have it in no PATH of a
// non-interactive shell.
var elsewhere = []string{"/opt/slurm/bin", "/usr/local/bin", "/cm/shared/apps/slurm/current/bin", "/usr/local/slurm/bin", "/opt/slurm/current/bin"}

// find looks for the programs, and for who we are. It asks the controller
// nothing.
func (c *client) find(ctx context.Context) error {
	if c.version != "" {
		return nil
	}
	out, err := c.exec(ctx, "id", "-un")
	if _, ran := errors.AsType[*remote.ExitError](err); err != nil && !ran {
		return err
	}
	me := firstLine(out) // empty without a name; squeue knows us by number then
	version, dir, conf, err := c.locate(ctx)
	if err != nil {
		return err
	}
	c.me, c.version, c.dir, c.conf = me, version, dir, conf
	c.jobs.fixed = older(version, "20.11")
	c.nodes.fixed = c.jobs.fixed
	return nil
}

func (c *client) locate(ctx context.Context) (version, dir, conf string, err error) {
	if version, err = c.squeueVersion(ctx, ""); !missing(err) {
		return version, "", "", err
	}
	// A login shell may greet before it answers, so each line says what it is.
	out, err := c.exec(ctx, "bash", "-lc", `echo "squeue=$(command -v squeue)"; echo "conf=$SLURM_CONF"`)
	if err == nil {
		for line := range strings.Lines(string(out)) {
			if v, ok := strings.CutPrefix(line, "squeue=/"); ok {
				dir = path.Dir("/" + strings.TrimSpace(v))
			}
			if v, ok := strings.CutPrefix(line, "conf=/"); ok {
				conf = "/" + strings.TrimSpace(v)
			}
		}
	} else if errors.Is(err, remote.ErrOffline) || ctx.Err() != nil {
		return "", "", "", err
	}
	for _, dir := range append([]string{dir}, elsewhere...) {
		if dir == "" {
			continue
		}
		if version, err = c.squeueVersion(ctx, dir); !missing(err) {
			return version, dir, conf, err
		}
	}
	return "", "", "", errNoSlurm
}

func (c *client) squeueVersion(ctx context.Context, dir string) (string, error) {
	out, err := c.exec(ctx, "env", path.Join(dir, "squeue"), "--version")
	if err != nil {
		return "", fmt.Errorf("squeue: %w", err)
	}
	_, v, ok := strings.Cut(firstLine(out), " ") // "slurm-wlm 22.05.8", "slurm 23.02.7"
	if !ok || v == "" {
		return "", fmt.Errorf("squeue --version: it says %q: is that Slurm's squeue?", firstLine(out))
	}
	return v, nil
}

// missing reports whether there is no such program.
func missing(err error) bool {
	ee, ok := errors.AsType[*remote.ExitError](err)
	return ok && (ee.Code == 127 || ee.Code == 126)
}

func firstLine(out []byte) string {
	line, _, _ := strings.Cut(string(out[:min(len(out), maxField)]), "\n")
	return remote.Line(line, maxWord)
}

// older reports whether a version comes before another, which is of the form
// "20.11".
func older(version, than string) bool {
	return len(version) >= len(than) && version[:len(than)] < than
}

// run runs a Slurm program. The caller has accounted for what it costs.
func (c *client) run(ctx context.Context, program string, args ...string) ([]byte, error) {
	argv := []string{"env", "TZ=UTC0", "SLURM_TIME_FORMAT=standard"}
	if c.conf != "" {
		argv = append(argv, "SLURM_CONF="+c.conf)
	}
	argv = append(argv, path.Join(c.dir, program))
	return c.exec(ctx, append(argv, args...)...)
}

func (c *client) exec(ctx context.Context, argv ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.deadline, errLate)
	defer cancel()
	out, err := c.host.Run(ctx, remote.Cmd{Args: argv})
	if err != nil && errors.Is(context.Cause(ctx), errLate) {
		err = fmt.Errorf("no answer in %v: %w", c.deadline, errLate)
	}
	return out, err
}

// errLate says that a command was not done in time.
var errLate = errors.New("deadline exceeded")

// queue asks for the jobs of a user, of all for "*", or for those with the IDs.
func (c *client) queue(ctx context.Context, user string, ids ...string) ([]told, error) {
	args := []string{"-h", "-t", "all"}
	switch {
	case len(ids) > 0:
		args = append(args, "-j", strings.Join(ids, ","))
	case user == "":
		args = append(args, "--me")
	case user != everyone:
		args = append(args, "-u", user)
	}
	at := time.Now()
	out, err := c.run(ctx, "squeue", append(args, "-O", c.jobs.format())...)
	if err != nil {
		return nil, fmt.Errorf("squeue: %w", err)
	}
	jobs, err := readJobs(c.jobs, out, c.host.Name(), at)
	if err != nil {
		return nil, fmt.Errorf("squeue: %w", err)
	}
	return jobs, nil
}

// sinfo asks for the nodes.
func (c *client) sinfo(ctx context.Context) ([]remote.Node, error) {
	out, err := c.run(ctx, "sinfo", "-N", "-h", "-O", c.nodes.format())
	if err != nil {
		return nil, fmt.Errorf("sinfo: %w", err)
	}
	nodes, err := readNodes(c.nodes, out)
	if err != nil {
		return nil, fmt.Errorf("sinfo: %w", err)
	}
	return nodes, nil
}

// detail asks for what only scontrol tells of a job.
func (c *client) detail(ctx context.Context, number string) (detail, error) {
	out, err := c.run(ctx, "scontrol", "show", "job", "-d", "-o", number)
	if err != nil {
		return detail{}, fmt.Errorf("scontrol: %w", err)
	}
	d, ok := readDetail(out)
	if !ok {
		return d, fmt.Errorf("scontrol show job: its answer is not as expected of Slurm %s", c.version)
	}
	return d, nil
}

// ends asks the accounting how jobs ended.
func (c *client) ends(ctx context.Context, ids []string) (map[string]remote.Job, error) {
	out, err := c.run(ctx, "sacct", "-X", "-n", "-P", "--delimiter="+sep, "-o", acctFields, "-j", strings.Join(ids, ","))
	if err != nil {
		return nil, fmt.Errorf("sacct: %w", err)
	}
	return readAcct(out), nil
}
