package main

// The zones that CLIs print beside the reset of a limit must be known on
// machines without the system's own data base as well.
import _ "time/tzdata"
