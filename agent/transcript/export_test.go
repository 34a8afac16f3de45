package transcript

import "vigil/agent"

// OpencodeRows reads one message with one part, twice.
func OpencodeRows(message, part string) (events []agent.Event) {
	o := newOpencode("ses_1")
	for range 2 {
		o.take([]opencodeRow{{id: "msg_1", message: "msg_1", at: 1, changed: 1, data: raw(message)}},
			[]opencodeRow{{id: "prt_1", message: "msg_1", at: 1, changed: 1, data: raw(part)}},
			func(e agent.Event) { events = append(events, e) })
	}
	return events
}
