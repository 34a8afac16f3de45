package ssh

import "time"

// KeepAlive shortens the time between two signs of life.
func (h *Host) KeepAlive(d time.Duration) { h.every = d }
