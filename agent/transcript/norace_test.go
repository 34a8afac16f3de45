//go:build !race

package transcript_test

const raced = false
