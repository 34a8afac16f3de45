// Package ending says why a turn of an agent ended. Start with [Default] and
// [Rules.Judge]; [Rules.Explain] shows how a verdict came about, and
// [ParseLine] with [AnswerOf] is the JSON of the classify command.
//
// A verdict is made in three steps, and an earlier step wins over a later one.
//
// 1. Structure that needs no words (structure.go): a person's interrupt, a
// dialog on the screen, an error the CLI reported, a turn that breaks off in a
// tool call or right after its result (the process died), a turn that showed
// nothing. A call that declares the goal complete is the one tool call that is
// an end of its own.
//
// 2. The CLI's own lines. A limit, an overflowing context or a transport error
// that is written as the final message is recognised by patterns anchored at
// its start and only in short texts, so that an agent that writes about rate
// limits is not taken for one that hit them. The rules are never run over the
// output of tools.
//
// 3. Liveness and words. Something alive that will wake the agent means
// waiting, whatever the words say. With nothing alive, words of waiting mean
// stalled and all others terminal or question. One kind of words outlives a
// "nothing alive": a wait on what a sub-agent started by itself, since such
// work is in nobody's list; the verdict then is waiting with low confidence,
// and what is known to be dead or overdue ends that grace. Where liveness is not
// known, the words decide alone.
//
// Words are judged by rules, which are data (rules/*.toml): each has a name, an
// ending, a weight and phrases in a small language over words (phrase.go), so
// that the cost is linear in the text. Of the rules that match, the strongest
// of an ending counts in full and the others a little: ten remarks that a record
// stands don't outweigh one that a probe is running. The text itself is cut to
// its head and tail. Confidence grows with the distance between the two best
// endings; its scale was set on labelled turn ends, and the tests report how
// often each step of it is right.
package ending
