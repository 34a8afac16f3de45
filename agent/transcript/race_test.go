//go:build race

package transcript_test

// raced says that the race detector runs, which makes everything slow.
const raced = true
