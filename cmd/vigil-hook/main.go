// Command vigil-hook is what an agent CLI runs at the end of each turn: the
// same as `vigil hook stop`, in a program so small that it starts in a few
// milliseconds. `vigil hook install` uses it where it lies beside vigil.
package main

import (
	"os"

	"vigil/agent/hook"
)

func main() { hook.Run(os.Args[1:], os.Stdin, os.Stdout, os.Exit) }
