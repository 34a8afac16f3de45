package report

import (
	"bytes"
	"context"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A real browser shows the page, light and dark, and runs nothing of what an
// agent wrote into it.
func TestBrowser(t *testing.T) {
	if os.Getenv("CI") != "" || testing.Short() {
		t.Skip("a browser takes many seconds to start on a busy machine")
	}
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("there is no chromium or google-chrome here to open the page in")
	}
	dir := t.TempDir()
	page := filepath.Join(dir, "report.html")
	var out bytes.Buffer
	if err := HTML(&out, Build(hostile(script), h(12), dawn)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(page, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(args ...string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, browser, append([]string{
			"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync", "--user-data-dir=" + filepath.Join(dir, "profile"),
		}, append(args, "file://"+page)...)...)
		cmd.Env = append(os.Environ(), "HOME="+dir)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		got, err := cmd.Output()
		if err != nil {
			t.Skipf("%s does not run here: %v: %s", browser, err, errs.String())
		}
		return string(got)
	}
	dom := open("--dump-dom")
	if !strings.Contains(dom, "<title>vigil: while you were away</title>") || strings.Contains(dom, "<script") || strings.Contains(dom, "<img") {
		t.Errorf("an agent's text has become part of the page")
	}
	light, dark := filepath.Join(dir, "light.png"), filepath.Join(dir, "dark.png")
	open("--screenshot="+light, "--window-size=1200,1600")
	open("--screenshot="+dark, "--window-size=1200,1600", "--force-dark-mode", "--blink-settings=preferredColorScheme=0")
	brightness := func(path string) uint32 {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		img, err := png.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		r, g, b, _ := img.At(3, 3).RGBA()
		return (r + g + b) / 3 >> 8
	}
	if l, d := brightness(light), brightness(dark); l < 200 || d > 60 {
		t.Errorf("the page's background is %d light and %d dark, of 255", l, d)
	}
}
