//go:build !linux && !darwin

package hook

import (
	"net"
	"os"
)

// peer cannot ask the system here: the folder and the socket are open to their
// owner alone, which is what stands between.
func peer(*net.UnixConn) (uid int, err error) { return os.Getuid(), nil }
