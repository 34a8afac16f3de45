package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/agent"
)

var update = flag.Bool("update", false, "write the generated documents anew")

func identity(s string) string { return s }

func file(doc string) layer { return layer{"c.toml", []byte(doc)} }

func mustResolve(t *testing.T, layers ...layer) Config {
	t.Helper()
	c, err := resolve(layers, identity)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func named(t *testing.T, name, source, value string) layer {
	t.Helper()
	k, ok := keyNamed(name)
	if !ok {
		t.Fatalf("no key %s", name)
	}
	return k.layer(source, value)
}

func TestPrecedence(t *testing.T) {
	in := file("[policy]\ndelay = \"5s\"\n")
	inEnv := named(t, "policy.delay", "VIGIL_POLICY_DELAY", "6s")
	flag := named(t, "policy.delay", "--set policy.delay", "7s")
	for _, c := range []struct {
		name   string
		layers []layer
		want   time.Duration
		origin string
	}{
		{"default", nil, time.Second, ""},
		{"file", []layer{in}, 5 * time.Second, "c.toml:2"},
		{"environment over file", []layer{in, inEnv}, 6 * time.Second, "VIGIL_POLICY_DELAY"},
		{"flag over all", []layer{in, inEnv, flag}, 7 * time.Second, "--set policy.delay"},
		{"flag over default", []layer{flag}, 7 * time.Second, "--set policy.delay"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := mustResolve(t, c.layers...)
			if got.Policy.Delay != c.want || got.Origins["policy.delay"] != c.origin {
				t.Errorf("delay %s from %q, want %s from %q", got.Policy.Delay, got.Origins["policy.delay"], c.want, c.origin)
			}
			rest := got.Policy
			rest.Delay = agent.DefaultPolicy().Delay
			if !reflect.DeepEqual(rest, agent.DefaultPolicy()) {
				t.Errorf("other keys changed: %+v", rest)
			}
		})
	}
}

func TestWholeFile(t *testing.T) {
	c := mustResolve(t, file(`
theme = "dark"
[policy]
auto = false
delay = "2s"
backoff = ["1s", "1m30s"]
max_per_hour = 3
max_wasted = 0
quiet = "23:00-07:00, 12:00-13:00"
until = "2026-11-30T08:00:00Z"
question = false
max_restarts = 5
native = false
restart_within = "2m"
restart = true
typed = "0s"
[goal]
metric = "val_bpb"
target = 0.9
record = 5
minimize = "time"
[tmux]
sockets = ["/tmp/a", "/tmp/b"]
[messages]
plain = "Go on."
[[host]]
name = "head"
slurm = true
logs = ["~/runs/*.log"]
ssh_config = "/c"
transport = "ssh"
[logs]
paths = ["out/*.txt"]
lines = ['^it (?P<step>\d+) l=(?P<train_loss>[\d.]+)']
[[kind]]
name = "aider"
command = 'aider( |$)'
prompt = ['^> $']
resume = ["aider", "--message", "{text}"]
restart = ["aider", "{session}"]
compact = "/squeeze"
[[agent]]
name = "a"
workspace = "/w/a"
kind = "claude"
policy = {auto = true, delay = "9s"}
[[agent]]
name = "b"
host = "head"
kind = "aider"
[agent.goal]
target = 0.8
`))
	want := agent.Policy{
		Delay: 2 * time.Second, BackOff: []time.Duration{time.Second, 90 * time.Second}, MaxPerHour: 3,
		Quiet: []agent.DaySpan{{From: 23 * time.Hour, To: 7 * time.Hour}, {From: 12 * time.Hour, To: 13 * time.Hour}},
		Until: time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC), Restart: agent.RestartOnFailure,
		Compact: true, MaxRestarts: 5, RestartWithin: 2 * time.Minute,
	}
	if !reflect.DeepEqual(c.Policy, want) {
		t.Errorf("policy = %+v\nwant     %+v", c.Policy, want)
	}
	if c.Goal != (agent.GoalLine{Metric: "val_bpb", Target: 0.9, Minimize: "time", Record: 5}) {
		t.Errorf("goal = %+v", c.Goal)
	}
	a, b := c.Agents[0], c.Agents[1]
	if a.Host != local || !a.Policy.Auto || a.Policy.Delay != 9*time.Second || a.Policy.MaxPerHour != 3 || a.Goal != c.Goal {
		t.Errorf("agent a = %+v", a)
	}
	if b.Host != "head" || b.Goal.Target != 0.8 || b.Goal.Metric != "val_bpb" || b.Policy.Auto {
		t.Errorf("agent b = %+v", b)
	}
	if len(c.Kinds) != 1 || !c.Kinds[0].Command.MatchString("/usr/bin/aider --x") || len(c.Kinds[0].Prompt) != 1 {
		t.Errorf("kinds = %+v", c.Kinds)
	}
	if want := (HostConfig{Name: "head", Slurm: true, GPUs: true, Agents: true, Logs: []string{"~/runs/*.log"}, SSHConfig: "/c", Transport: "ssh"}); !reflect.DeepEqual(c.Hosts, []HostConfig{want}) {
		t.Errorf("hosts = %+v", c.Hosts)
	}
	if !slices.Equal(c.Logs.Paths, []string{"out/*.txt"}) || len(c.Logs.Lines) != 1 {
		t.Errorf("logs = %+v", c.Logs)
	}
	if c.Origins["agent[0].policy.delay"] != "c.toml:46" || c.Origins["agent[1].goal.target"] != "c.toml:52" {
		t.Errorf("origins = %v", c.Origins)
	}
	if !slices.Equal(c.Sockets, []string{"/tmp/a", "/tmp/b"}) || c.Messages["plain"] != "Go on." || c.Theme != "dark" {
		t.Errorf("config = %+v", c)
	}
}

func TestConfigErrors(t *testing.T) {
	for _, c := range []struct{ name, doc, want string }{
		{"unknown key", "[policy]\nauto = true\ndelai = \"1s\"\n", "c.toml:3:1: unknown key policy.delai: did you mean policy.delay?"},
		{"unknown table", "[polcy]\nauto = true\n", "c.toml:1:2: unknown key polcy"},
		{"unknown key of an agent", "[[agent]]\nname = \"a\"\nworkspaces = \"/w\"\n", "c.toml:3:1: unknown key agent.workspaces: did you mean agent.workspace?"},
		{"wrong type", "[policy]\nauto = 1\n", "c.toml:2:8: wrong value for policy.auto: write true or false"},
		{"negative count", "[policy]\nmax_wasted = -1\n", "c.toml:2:14: "},
		{"bad duration", "[policy]\n  delay = \"soon\"\n", `c.toml:2:11: policy.delay: "soon" is no duration`},
		{"bad span", "policy.quiet = \"late\"\n", "write \"never\" or"},
		{"bad date", "policy.until = \"tomorrow\"\n", "c.toml:1:16: policy.until: "},
		{"bad pattern", "[[kind]]\nname = \"x\"\ncommand = \"(\"\n", "c.toml:3:11: "},
		{"syntax", "theme = \n", "c.toml:1:"},
		{"two of a name", "[[agent]]\nname = \"a\"\n[[agent]]\nname = \"a\"\n", "c.toml:4: two agents are called a"},
		{"host", "[[agent]]\nname = \"a\"\nhost = \"h\"\n", "c.toml:3: host h is not configured"},
		{"half a judge", "[judge]\nbase_url = \"http://h/v1\"\n", "c.toml:2: [judge] needs both base_url and model"},
		{"judge", "[judge]\nbelow = 2\n", "c.toml:2: 2 is no confidence"},
		{"two hosts", "[[host]]\nname = \"h\"\n[[host]]\nname = \"h\"\n", "c.toml:4: two hosts are called h"},
		{"transport", "[[host]]\nname = \"h\"\ntransport = \"rsh\"\n", "c.toml:3: unknown transport"},
		{"kind", "[[agent]]\nname = \"a\"\nkind = \"k\"\n", "c.toml:3: kind k is not known"},
		{"kind without command", "[[kind]]\nname = \"k\"\n", "c.toml:2: kind 1 needs a name and a command"},
		{"restart", "policy.restart = \"sometimes\"\n", `c.toml:1:18: policy.restart: "sometimes": write "never", "on-failure" or "always"`},
		{"restart by number", "policy.restart = 1\n", `"1": write "never", "on-failure" or "always"`},
		{"no command", "[[kind]]\nname = \"k\"\ncommand = \"k\"\ncompact = \"/rm -rf\"\n", "c.toml:4: \"/rm -rf\" is no command of a CLI"},
		{"no action", "[keys]\nquitt = \"Q\"\n", "c.toml:2: there is no action \"quitt\": did you mean quit?"},
		{"no key", "[keys]\nzoom = \"ctlr+z\"\n", "c.toml:2: keys.zoom: \"ctlr+z\" is no key: write "},
		{"no key at all", "[keys]\nzoom = 7\n", "c.toml:2: wrong value for keys.zoom: write a key"},
		{"a key twice", "[keys]\n\nzoom = \"Z\"\nquit = [\"q\", \"Z\"]\n", "c.toml:4: \"Z\" is the key of quit and of zoom (c.toml:3): give one of them another"},
		{"another's key", "[keys]\nzoom = \"n\"\n", "c.toml:2: \"n\" is the key of zoom and of nudge-now (its usual key): "},
		{"one of a tab", "[keys]\nzoom = \"x\"\n", "c.toml:2: \"x\" is the key of zoom and of "},
		{"the key that quits", "[keys]\nzoom = \"ctrl+c\"\n", "c.toml:2: keys.zoom: ctrl+c always quits"},
		{"a letter while writing", "[keys]\ninput-accept = \"x\"\n", "c.toml:2: keys.input-accept: \"x\" would be written"},
		{"message", "[messages]\nplain = \"{{.Nothing}}\"\n", "c.toml:2: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := resolve([]layer{file(c.doc)}, identity)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v\nwant  %s", err, c.want)
			}
		})
	}
}

// true and false, as restart was before, go on to be understood.
func TestRestartWords(t *testing.T) {
	for text, want := range map[string]agent.RestartWhen{
		"true": agent.RestartOnFailure, "false": agent.RestartNever, `"never"`: agent.RestartNever,
		`"on-failure"`: agent.RestartOnFailure, `"always"`: agent.RestartAlways,
	} {
		if c := mustResolve(t, file("policy.restart = "+text+"\n")); c.Policy.Restart != want {
			t.Errorf("restart = %s is %q, want %q", text, c.Policy.Restart, want)
		}
		flag := named(t, "policy.restart", "--set policy.restart", strings.Trim(text, `"`))
		if c := mustResolve(t, flag); c.Policy.Restart != want {
			t.Errorf("--set policy.restart=%s is %q, want %q", text, c.Policy.Restart, want)
		}
	}
}

func TestVariables(t *testing.T) {
	vars := map[string]string{
		"VIGIL_THEME": "light", "VIGIL_POLICY_MAX_PER_HOUR": "7", "VIGIL_POLICY_BACKOFF": "1s, 2s",
		"VIGIL_TMUX": "/tmp/x:/tmp/y", "VIGIL_GOAL_TARGET": "3", "VIGIL_POLICY_QUIET": "01:00-02:00",
	}
	c := mustResolve(t, envLayers(func(k string) string { return vars[k] })...)
	if c.Theme != "light" || c.Policy.MaxPerHour != 7 || len(c.Policy.BackOff) != 2 || c.Goal.Target != 3 || len(c.Policy.Quiet) != 1 {
		t.Errorf("config = %+v", c)
	}
	if !slices.Equal(c.Sockets, []string{"/tmp/x", "/tmp/y"}) {
		t.Errorf("sockets = %q", c.Sockets)
	}
	for _, bad := range []string{"yes", "true\ntheme = \"dark\"", `"true"`} {
		_, err := resolve([]layer{named(t, "policy.auto", "VIGIL_POLICY_AUTO", bad)}, identity)
		if err == nil || !strings.HasPrefix(err.Error(), "VIGIL_POLICY_AUTO: ") {
			t.Errorf("%q: error %v", bad, err)
		}
	}
}

// Every key of the file's shape is described, and nothing else is.
func TestKeysAreWhole(t *testing.T) {
	var have []string
	for _, k := range keys() {
		have = append(have, k.name)
	}
	for _, s := range sections() {
		for _, k := range s.keys {
			have = append(have, s.name+"[]."+k.name)
		}
	}
	have = append(have, "messages", "keys")
	var want []string
	shape(reflect.TypeFor[settings](), "", &want)
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("described %q\nshape     %q", have, want)
	}
}

// shape lists the keys of a type.
func shape(t reflect.Type, prefix string, out *[]string) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		ft := f.Type
		switch {
		case ft.Kind() == reflect.Slice && strings.HasSuffix(ft.Elem().Name(), "Keys"):
			shape(ft.Elem(), prefix+name+"[].", out)
		case strings.HasSuffix(ft.Name(), "Keys"):
			shape(ft, prefix+name+".", out)
		default:
			*out = append(*out, prefix+name)
		}
	}
}

func TestDocsAreFresh(t *testing.T) {
	for name, want := range map[string]string{"configuration.md": configDocs(), "keys.md": keysDocs()} {
		path := filepath.Join("..", "..", "docs", name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("docs/%s is stale (%v): go test ./cmd/vigil -run Docs -update", name, err)
		}
	}
}

// testEnv is an environment with a home folder of its own.
func testEnv(t *testing.T, args ...string) (env, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	var out, errs bytes.Buffer
	return env{
		Args: args, Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""),
		Stdout: &out, Stderr: &errs, Home: t.TempDir(), Now: time.Now,
	}, &out, &errs
}

func TestInitConfig(t *testing.T) {
	e, _, _ := testEnv(t, "config", "--init")
	if err := run(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	path, err := e.configPath()
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", st, err)
	}
	c, err := loadConfig(e, overrides{})
	if err != nil || len(c.Origins) != 0 {
		t.Fatalf("the commented file sets %v, %v", c.Origins, err)
	}
	if err := run(t.Context(), e); exitCode(err) != 1 || !strings.Contains(err.Error(), "is left as it is") {
		t.Fatalf("second --init: %v", err)
	}
	// Each line that is commented out is valid once the mark is taken away.
	var doc strings.Builder
	for _, l := range strings.Split(commentedConfig(), "\n") {
		if rest, ok := strings.CutPrefix(l, "# "); ok && (strings.Contains(rest, " = ") || strings.HasPrefix(rest, "[[")) && !strings.HasSuffix(rest, ".") {
			l = rest
		}
		doc.WriteString(l + "\n")
	}
	if _, err := resolve([]layer{file(doc.String())}, identity); err != nil {
		t.Fatalf("%v\n%s", err, doc.String())
	}
}

func TestConfigCommand(t *testing.T) {
	e, out, errs := testEnv(t, "--set", "policy.delay=3s", "config", "--json")
	path, _ := e.configPath()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("[policy]\nmax_per_hour = 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), e); err != nil {
		t.Fatal(err, errs)
	}
	var got struct {
		Path   string
		Values []valueLine
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	find := func(key string) string {
		for _, v := range got.Values {
			if v.Key == key {
				return fmt.Sprint(v.Value, " ", v.Origin)
			}
		}
		return ""
	}
	for key, want := range map[string]string{
		"policy.delay": "3s --set policy.delay", "policy.max_per_hour": "5 " + path + ":2", "theme": "auto default",
		"policy.quiet": "never default", "goal.target": "3.28 default",
	} {
		if find(key) != want {
			t.Errorf("%s = %q, want %q", key, find(key), want)
		}
	}
	e.Args = []string{"config"}
	out.Reset()
	if err := run(t.Context(), e); err != nil || !strings.Contains(out.String(), "policy.max_per_hour = 5") {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestWatchConfig(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	write := func(doc string) {
		if err := os.WriteFile(path, []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	type change struct {
		c   Config
		err error
	}
	changes := make(chan change, 8)
	done := make(chan error, 1)
	write("theme = \"light\"\n")
	go func() {
		done <- Watch(ctx, path, func() (Config, error) {
			doc, err := os.ReadFile(path)
			if err != nil {
				return Config{}, err
			}
			return resolve([]layer{{path, doc}}, identity)
		}, func(c Config, err error) { changes <- change{c, err} })
	}()
	if got := <-changes; got.err != nil || got.c.Theme != "light" {
		t.Fatalf("at the start: %+v", got)
	}
	write("theme = \"dark\"\n")
	if got := <-changes; got.err != nil || got.c.Theme != "dark" {
		t.Fatalf("%+v", got)
	}
	write("theme = 1\n")
	if got := <-changes; got.err == nil {
		t.Fatalf("%+v", got)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "no terminal"},
		{[]string{"demo"}, 2, "--headless"},
		{[]string{"repley"}, 2, "did you mean replay?"},
		{[]string{"config", "x"}, 2, "vigil config"},
		{[]string{"config", "--nope"}, 2, "--nope"},
		{[]string{"--set", "policy.dely=1s", "config"}, 2, "--set"},
		{[]string{"--theme", "pink", "config"}, 1, `--theme: theme "pink": not found; use one of ansi16`},
		{[]string{"replay"}, 2, "vigil replay"},
		{[]string{"replay", "/nowhere/x.jsonl"}, 1, "/nowhere/x.jsonl"},
		{[]string{"curves", "/nowhere"}, 1, "no such file"},
		{[]string{"demo", "--speed", "0", "--headless"}, 2, "--speed"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			e, _, errs := testEnv(t, c.args...)
			err := run(t.Context(), e)
			if exitCode(err) != c.code || !strings.Contains(errs.String(), c.want) || strings.Count(errs.String(), "\n") != 1 {
				t.Errorf("code %d, want %d: %q, want %q on one line", exitCode(err), c.code, errs, c.want)
			}
		})
	}
}

func TestLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	log, file, err := openLog(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	log.Info("started", "agents", 3)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "vigil.log"))
	var line map[string]any
	if err != nil || json.Unmarshal(b, &line) != nil || line["msg"] != "started" || line["agents"] != 3.0 {
		t.Fatalf("%v: %s", err, b)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "vigil.log"): 0o600} {
		if st, err := os.Stat(path); err != nil || st.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, st.Mode(), err)
		}
	}
}

func FuzzKeysOf(f *testing.F) {
	f.Add([]byte("[[agent]]\nname = \"a\"\npolicy = {auto = true}\n[agent.goal]\ntarget = 1\n"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		for _, k := range keysOf(doc) {
			if k.name == "" || k.row < 1 || k.col < 1 {
				t.Fatalf("%+v", k)
			}
		}
		_, _ = resolve([]layer{{"f", doc}}, identity)
	})
}
