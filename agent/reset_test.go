package agent

import (
	"testing"
	"time"
)

func TestReset(t *testing.T) {
	at := time.Date(2026, 12, 30, 21, 0, 0, 0, time.UTC)
	for _, c := range []struct{ text, want string }{
		// Claude Code.
		{"You've hit your 5-hour limit · resets 11:54pm (UTC)", "2026-12-30T23:54:00Z"},
		{"You've hit your limit · resets 3am (America/New_York)", "2026-12-31T08:00:00Z"},
		{"You've hit your session limit · resets 3pm (America/Bogota)", "2026-12-31T20:00:00Z"},
		{"You've hit your limit · resets 3pm (Europe/Berlin)", "2026-12-31T14:00:00Z"},
		{"You've hit your weekly limit · resets Jan 2, 1:01pm (UTC)", "2027-01-02T13:01:00Z"},
		{"5-hour limit reached ∙ resets 3am", "2026-12-30T21:30:00Z"},
		{"Weekly limit reached ∙ resets Oct 7 at 9am (America/New_York)", "2027-10-07T13:00:00Z"},
		{"Opus weekly limit reached ∙ resets Jan 9, 5pm", "2027-01-09T11:30:00Z"},
		{"Claude usage limit reached. Your limit will reset at 1pm (Etc/GMT+5).", "2026-12-31T18:00:00Z"},
		{"Claude AI usage limit reached|1798668000", "2026-12-30T22:00:00Z"},
		{"Claude AI usage limit reached|1798668000000", "2026-12-30T22:00:00Z"},
		{"You have reached your limits. You will regain access on 2026-08-01 at 00:00 UTC.", "2026-08-01T00:00:00Z"},
		{"⚠ Usage limit reached · limit resets 11:54pm\nContinuing automatically at 11:54pm", "2026-12-31T18:24:00Z"},
		{"You've hit your Opus limit · resets 12am (UTC)", "2026-12-31T00:00:00Z"},
		{"You've hit your Sonnet limit · resets 12:15pm (UTC)", "2026-12-31T12:15:00Z"},
		{"You're out of extra usage · resets Thursday 9:00 AM (UTC)", "2026-12-31T09:00:00Z"},
		{"resets Wed 9pm (UTC)", "2026-12-30T21:00:00Z"},
		{"resets Wed 8pm (UTC)", "2027-01-06T20:00:00Z"},
		{"resets tomorrow at 9am (UTC)", "2026-12-31T09:00:00Z"},
		{"resets today at 11pm (UTC)", "2026-12-30T23:00:00Z"},
		// Codex.
		{"You’ve hit your usage limit. Upgrade or try again at 5:05 PM.", "2026-12-31T11:35:00Z"},
		{"You've hit your usage limit. Try again in 2 days 3 hours and 5 minutes.", "2027-01-02T00:05:00Z"},
		{"or try again in 2 days 3 hours 4 minutes.", "2027-01-02T00:04:00Z"},
		{"try again in 37 minutes", "2026-12-30T21:37:00Z"},
		{"try again in less than a minute", "2026-12-30T21:01:00Z"},
		{"try again at Jan 5th, 2027 1:30 PM (UTC)", "2027-01-05T13:30:00Z"},
		{"try again at Jan 5th, 2027 1:30 PM.", "2027-01-05T08:00:00Z"},
		{"Try again Jan 18.", "2027-01-17T18:30:00Z"},
		{"5h limit: 0% left (resets 23:11 on 2 Jan)", "2027-01-02T17:41:00Z"},
		// Gemini.
		{"You have exhausted your capacity on this model. Your quota will reset after 3h2m1s.", "2026-12-31T00:02:01Z"},
		{"Usage limit reached for all Pro models.\nAccess resets at 11:00 AM GMT+2.", "2026-12-31T09:00:00Z"},
		{"Access resets at 10:00 PM PST.", "2026-12-31T06:00:00Z"},
		{"Please retry in 22.186s.", "2026-12-30T21:00:22Z"},
		// The services.
		{"Rate limit reached for requests. Please try again in 6m0s.", "2026-12-30T21:06:00Z"},
		{"retry-after: 60", "2026-12-30T21:01:00Z"},
		{"Retry-After: Wed, 06 Jan 2027 07:28:00 GMT", "2027-01-06T07:28:00Z"},
		{`{"type":"usage_limit_reached","resets_at":1798668000,"resets_in_seconds":60}`, "2026-12-30T22:00:00Z"},
		{`{"resets_in_seconds":90}`, "2026-12-30T21:01:30Z"},
		{`{"resetsAt":"2027-08-01T00:00:00Z"}`, "2027-08-01T00:00:00Z"},
		{`{"resetsAt":"2027-08-01T02:00:00+02:00"}`, "2027-08-01T00:00:00Z"},
		{"Usage will reset when your monthly cycle ends on 1/23/2027.", "2027-01-22T18:30:00Z"},
		{"You can resume using this model at 2027-01-01 09:30 UTC", "2027-01-01T09:30:00Z"},
		{"available again at 14:05", "2026-12-31T08:35:00Z"},
		{"limited until 2027-02-03", "2027-02-02T18:30:00Z"},
		// Nothing.
		{"resets 27pm (UTC)", ""},
		{"resets 3pm (Nowhere/Atall)", ""},
		{"resets Feb 31, 1pm", ""},
		{"Overloaded. Try again in a moment.", ""},
		{"try again later", ""},
		{"resets when it resets", ""},
		{"the loss falls to 3.28 at 11:54pm", ""},
		{"try again in 99999999999 days", ""},
		{"", ""},
	} {
		text, want := c.text, c.want
		got := Reset(text, at, time.FixedZone("IST", 19800)).UTC().Truncate(time.Second).Format(time.RFC3339)
		if want == "" {
			want = "0001-01-01T00:00:00Z"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// A clock time is the next such moment, whatever is done to the clocks.
func TestResetOverAChangeOfClocks(t *testing.T) {
	for _, c := range []struct{ at, text, want string }{
		{"2026-11-01T04:00:00Z", "resets 3am", "2026-11-01T08:00:00Z"},    // set back at 2am EDT = 06:00Z
		{"2026-11-01T05:45:00Z", "resets 1:50am", "2026-11-01T05:50:00Z"}, // 1:45 EDT
		{"2026-11-01T05:55:00Z", "resets 1:50am", "2026-11-01T06:50:00Z"}, // 1:55 EDT: the second 1:50
		{"2026-11-01T06:55:00Z", "resets 1:50am", "2026-11-02T06:50:00Z"}, // 1:55 EST
		{"2026-10-31T12:00:00Z", "resets 7am", "2026-11-01T12:00:00Z"},    // 8:00 EDT; tomorrow is EST
		{"2027-03-14T06:00:00Z", "resets 2:30am", "2027-03-14T07:30:00Z"}, // left out: 3:30 EDT
		{"2027-03-14T06:00:00Z", "resets 9am", "2027-03-14T13:00:00Z"},
	} {
		at, _ := time.Parse(time.RFC3339, c.at)
		for _, zone := range []string{" (America/New_York)", ""} {
			loc, err := time.LoadLocation("America/New_York")
			if err != nil {
				t.Skip(err)
			}
			if got := Reset(c.text+zone, at, loc).Format(time.RFC3339); got != c.want {
				t.Errorf("%s at %s: %s, want %s", c.text+zone, c.at, got, c.want)
			}
		}
	}
}

func TestResetWithoutATime(t *testing.T) {
	for text, want := range map[string]bool{"resets 3pm": false, "again in 2 hours": false, "limit reached|1798668000": true, "access on 2027-01-02 at 03:04 UTC": true} {
		if got := Reset(text, time.Time{}, nil); got.IsZero() == want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Whatever the text, the answer is a time that can be waited for, and none of
// the past but where a date is printed.
func FuzzReset(f *testing.F) {
	for _, s := range []string{
		"resets 11:54pm (UTC)", "resets Oct 7 at 9am (America/New_York)", "limit reached|1798668000", "regain access on 2026-08-01 at 00:00 UTC",
		"try again in 2 days 3 hours 4 minutes", "quota will reset after 3h2m1s", "retry-after: 60", "resets 23:11 on 2 Jan", "resets Thursday 9:00 AM",
		"Access resets at 11:00 AM GMT+2", "resets 2:30am (Europe/Lisbon)", `{"resetsAt":"2027-08-01T00:00:00+02:00"}`, "ends on 9/23/2026",
	} {
		f.Add(s, int64(1798664400))
	}
	f.Fuzz(func(t *testing.T, text string, at int64) {
		now := time.Unix(at%4e9, 0)
		got := Reset(text, now, time.UTC)
		if got.IsZero() {
			return
		}
		if y := got.Year(); y < 1970 || y > 2290 {
			t.Errorf("%q: %v", text, got)
		}
		if !got.Equal(Reset(text, now, time.UTC)) {
			t.Error("not the same twice")
		}
	})
}
