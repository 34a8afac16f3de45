//go:build !unix

package appserver

import "io/fs"

// ours reports false: there is no owner to see.
func ours(fs.FileInfo) bool { return false }
