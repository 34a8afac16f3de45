package ending

// Phrases returns how many phrases the rules hold.
func (r *Rules) Phrases() int { return len(r.cands) }
