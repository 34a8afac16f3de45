// Package appserver is a client of Codex's app-server: the background process
// that holds the threads of one CODEX_HOME, and of which the screens that
// people see are clients too. It tells what each thread does, and takes
// messages for it. Start with [New] and [Client.Run]; [Client.StartTurn] sends
// a message, [Socket] and [Check] find the server.
//
// The protocol is young, so what it lacks is done without: a server that is
// not there, refuses or speaks otherwise only means that nothing is known.
// It is WebSocket over a Unix socket, one JSON-RPC message (without its
// "jsonrpc") in each text frame. Measured with Codex 0.169:
//
//   - thread/status/changed goes to every connection, with no subscription;
//     turn/*, item/* and account/rateLimits/updated go to subscribers only. A
//     Client never subscribes: a subscriber is asked for approvals, too, and
//     its subscription keeps a thread loaded. How a failed turn failed is read
//     with thread/turns/list.
//   - turn/start needs no thread/resume and does not subscribe. A screen that
//     has the thread open shows the turn live; what stands in its input line
//     stays there. A leading "!" or "/" is plain text. With no screen it works
//     as well, as long as the thread is loaded; else: "thread not found".
//   - turn/start on a thread that works, also one that waits for an approval,
//     is no error: the text steers the turn that runs, which takes it in after
//     its tool call, and the answer names that turn. So the status is read
//     before. A turn that begins just in between takes the text in as if it
//     had been typed.
//   - thread/compact/start on a thread that works ends its turn as if a person
//     had pressed Esc. So the status is read before.
//   - clientUserMessageId stands beside the message as clientId; the server
//     does not use it to tell a repeated request.
//   - A refusal (an error answer) comes before anything is done. Its code is
//     -32600 whatever the reason; its message tells.
//   - A server that was killed leaves its socket, which refuses connections;
//     its screens say "Reconnecting to server…" and do not start another.
package appserver
