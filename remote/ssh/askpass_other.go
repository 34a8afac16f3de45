//go:build !unix

package ssh

import "context"

// askpass can not ask here: the ssh program has neither masters nor named pipes.
func (*master) askpass(context.Context, string) ([]string, func(), error) {
	return nil, func() {}, nil
}
