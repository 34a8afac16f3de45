package hook

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var wanted = []Wanted{{Event: Stop, Command: Command("/opt/vigil", "/var/state")}}

const ownHook = `'/opt/vigil' hook stop --state '/var/state' 2>/dev/null || true`

func TestInstall(t *testing.T) {
	for _, c := range []struct{ name, before, after string }{
		{"no file", "", `{
  "hooks": {
    "Stop": [
      {
        "hooks": [
          {
            "type": "command",
            "command": "` + ownHook + `",
            "timeout": 5
          }
        ]
      }
    ]
  }
}
`},
		{"other settings, tabs and a string with braces", "{\n\t\"model\": \"a{b\\\"]\",\n\t\"list\": [1, 2 ,3]\n}", `{
	"model": "a{b\"]",
	"list": [1, 2 ,3],
	"hooks": {
		"Stop": [
			{
				"hooks": [
					{
						"type": "command",
						"command": "` + ownHook + `",
						"timeout": 5
					}
				]
			}
		]
	}
}`},
		{"hooks of another event", "{\r\n    \"hooks\": {\r\n        \"PreToolUse\": []\r\n    }\r\n}\r\n", strings.ReplaceAll(`{
    "hooks": {
        "PreToolUse": [],
        "Stop": [
            {
                "hooks": [
                    {
                        "type": "command",
                        "command": "`+ownHook+`",
                        "timeout": 5
                    }
                ]
            }
        ]
    }
}
`, "\n", "\r\n")},
		{
			"another Stop hook, on one line", `{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"x > y"}]}]}}`,
			`{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"x > y"}]}, {"hooks":[{"type":"command","command":"` + ownHook + `","timeout":5}]}]}}`,
		},
		{
			"an older one of ours", `{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "'/old/v' hook stop --state '/s' 2>/dev/null || true"}]}, {"hooks": []}]}}`,
			`{"hooks": {"Stop": [{"hooks": []}, {"hooks":[{"type":"command","command":"` + ownHook + `","timeout":5}]}]}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Install([]byte(c.before), wanted)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.after, string(got)); d != "" {
				t.Fatalf("(-want +got)\n%s", d)
			}
			if !Installed(got, wanted) {
				t.Error("it does not count as installed")
			}
			again, err := Install(got, wanted)
			if err != nil || string(again) != string(got) {
				t.Errorf("a second time changes it: %v\n%s", err, again)
			}
		})
	}
}

func TestRemove(t *testing.T) {
	ours := `{"type": "command", "command": "` + ownHook + `"}`
	for _, c := range []struct{ name, before, after string }{
		{"nothing there", `{ "a" : 1 }`, `{ "a" : 1 }`},
		{"no file", "", ""},
		{"ours alone", `{"a": 1, "hooks": {"Stop": [{"hooks": [` + ours + `]}]}}`, `{"a": 1}`},
		{"with a matcher", `{"hooks": {"Stop": [{"matcher": "", "hooks": [` + ours + `]}]}}`, `{}`},
		{"beside another in its group", `{"hooks": {"Stop": [{"hooks": [{"command": "x"}, ` + ours + `]}]}}`, `{"hooks": {"Stop": [{"hooks": [{"command": "x"}]}]}}`},
		{"before another", `{"hooks": {"Stop": [{"hooks": [` + ours + `, {"command": "x"}]}], "Z": []}}`, `{"hooks": {"Stop": [{"hooks": [{"command": "x"}]}], "Z": []}}`},
		{"twice", `{"hooks": {"Stop": [{"hooks": [` + ours + `]}, {"hooks": [` + ours + `]}], "Z": [0]}}`, `{"hooks": {"Z": [0]}}`},
		{"shapes of other programs", `{"hooks": {"Stop": [1, {"hooks": 2}, {"hooks": [3, {"command": 4}]}]}}`, `{"hooks": {"Stop": [1, {"hooks": 2}, {"hooks": [3, {"command": 4}]}]}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Remove([]byte(c.before))
			if err != nil || string(got) != c.after {
				t.Errorf("got %s, %v\nwant %s", got, err, c.after)
			}
		})
	}
}

// Installed and removed again, settings are what they were to the byte, but for
// lists and objects that are empty.
func TestInstallAndRemove(t *testing.T) {
	for _, before := range []string{
		"{\n  \"a\": 1\n}\n",
		"{\"a\":1}",
		"{\n  \"a\": 1,\n  \"hooks\": {\n    \"Stop\": [\n      {\n        \"hooks\": [\n          {\"type\": \"command\", \"command\": \"x\"}\n        ]\n      }\n    ]\n  }\n}",
		"{ \"hooks\" : { \"PreToolUse\" : [ {} ] } }",
	} {
		with, err := Install([]byte(before), wanted)
		if err != nil {
			t.Fatal(err)
		}
		after, err := Remove(with)
		if err != nil || string(after) != before {
			t.Errorf("%q became %q (%v) by way of\n%s", before, after, err, with)
		}
	}
}

func TestDamagedSettings(t *testing.T) {
	for _, bad := range []string{
		"{", "[]", "null", "{} {}", `{"a": 1,}`, "{'a': 1}", "// x\n{}", "\xef\xbb\xbf{}", `{"hooks": [], "x": 1}`, `{"hooks": {"Stop": {}}}`,
		`{"hooks": {}, "hooks": {}}`, strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		`{"a": ` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + "}",
	} {
		if got, err := Install([]byte(bad), wanted); err == nil {
			t.Errorf("%.40q was taken for settings: %.80q", bad, got)
		}
	}
}

// The command must end well, whatever became of the binary and whatever stands
// in its path.
func TestCommand(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh")
	}
	dir := filepath.Join(t.TempDir(), `it's a "dir" $(touch x); `)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	binary := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct{ exe, out string }{
		"gone":           {filepath.Join(dir, "gone"), ""},
		"not executable": {binary("plain", "echo no", 0o600), ""},
		"broken":         {binary("broken", "\x7fELF not one", 0o700), ""},
		"crashes":        {binary("crash", "#!/bin/sh\necho panic: x >&2\nexit 2\n", 0o700), ""},
		"works":          {binary("works", "#!/bin/sh\nprintf '%s,' \"$@\"\n", 0o700), "hook,stop,--state," + dir + ","},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), sh, "-c", Command(c.exe, dir))
			cmd.Dir = t.TempDir()
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil || string(out) != c.out || stderr.Len() > 0 {
				t.Errorf("%v, printed %q and %q", err, out, stderr.String())
			}
			if files, _ := os.ReadDir(cmd.Dir); len(files) > 0 {
				t.Errorf("it made %v", files)
			}
		})
	}
}

func TestRuns(t *testing.T) {
	command := Command("/opt/vigil", "/var/state")
	for _, c := range []struct {
		args []string
		want bool
	}{
		{[]string{"/bin/sh", "-c", command}, true},
		{[]string{"/opt/vigil", "hook", "stop", "--state", "/var/state"}, true},
		{[]string{"/bin/sh", "-c", "python3 train.py"}, false},
		{nil, false},
	} {
		if got := Runs(c.args); got != c.want {
			t.Errorf("%q: %v", c.args, got)
		}
	}
}

func FuzzSettings(f *testing.F) {
	for _, s := range []string{
		"", "{}", `{"hooks":{"Stop":[{"hooks":[{"command":"x"}]}]}}`, "{\n\t\"a\": [1, {\"b\": \"\\\"}\"}]\n}", `{"hooks":{}}`, `{"hooks":{"Stop":[]}}`,
		`{"hooks":{"Stop":[{"matcher":"","hooks":[{"command":"` + ownHook + `"},{"command":"` + ownHook + `"}]}]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		with, err := Install(data, wanted)
		if err != nil {
			return
		}
		if !json.Valid(with) || !Installed(with, wanted) {
			t.Fatalf("%q became %q", data, with)
		}
		after, err := Remove(with)
		if err != nil || len(Own(after)) > 0 {
			t.Fatalf("%q became %q: %v", with, after, err)
		}
		before, err := Remove(data)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := settled(t, after), settled(t, before); !reflect.DeepEqual(a, b) {
			t.Fatalf("%q became %q", before, after)
		}
	})
}

// settled is what settings hold, less lists and objects of hooks that are empty.
func settled(t *testing.T, data []byte) map[string]any {
	var v map[string]any
	if len(data) > 0 && strings.TrimSpace(string(data)) != "" {
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatal(err)
		}
	}
	if v == nil {
		v = map[string]any{}
	}
	if h, ok := v["hooks"].(map[string]any); ok {
		if l, ok := h[Stop].([]any); ok && len(l) == 0 {
			delete(h, Stop)
		}
		if len(h) == 0 {
			delete(v, "hooks")
		}
	}
	return v
}
