package runlog

import "bytes"

// bar is where the progress bar of the training stands. Other bars (of a data
// set that is read, of an evaluation) are told from it by their totals.
type bar struct {
	N     int64 `json:",omitempty"`
	Total int64 `json:",omitempty"`

	// Of a bar that begins anew with each epoch.
	Epoch int64 `json:",omitempty"` // 1 for the first one; 0 before it
	From  int64 `json:",omitempty"` // what the program calls the first one: 0 or 1
	Base  int64 `json:",omitempty"` // steps before this epoch
	Count int64 `json:",omitempty"` // steps in this epoch
}

// shown is a progress bar as tqdm draws it:
//
//	 10%|████▎      | 5/50 [00:27<03:58, 5.30s/it, loss=2.31]
//	Epoch 1:  12%|███▌      | 120/1000 [00:45<05:32, 2.65it/s, v_num=0]
type shown struct {
	label   []byte
	n       int64
	total   int64   // 0 if not known
	elapsed float64 // seconds
	each    float64 // seconds per step; 0 if not known
	rest    []byte  // named values behind
}

// barOf reads a progress bar.
func barOf(b []byte) (shown, bool) {
	var s shown
	i := bytes.IndexByte(b, '|')
	if i < 0 {
		return s, false
	}
	j := bytes.IndexByte(b[i+1:], '|')
	if j < 0 {
		return s, false
	}
	s.label = barLabel(b[:i])
	c := blanks(b, i+1+j+1)
	n, k := integer(b[c:])
	if c += k; k == 0 || c >= len(b) || b[c] != '/' {
		return s, false
	}
	s.n = n
	if c++; c < len(b) && b[c] == '?' {
		c++
	} else if s.total, k = integer(b[c:]); k == 0 {
		return s, false
	} else {
		c += k
	}
	if !bytes.HasPrefix(b[c:], []byte(" [")) {
		return s, false
	}
	return s, s.times(b[c+2:])
}

// barLabel returns what stands before a bar, without the percentage.
func barLabel(b []byte) []byte {
	if b = bytes.TrimRight(b, " "); bytes.HasSuffix(b, []byte("%")) {
		b = bytes.TrimRight(b[:len(b)-1], "0123456789")
	}
	return bytes.Trim(b, " :")
}

// times reads what stands in the brackets: "00:27<03:58, 5.30s/it, a=1]".
func (s *shown) times(b []byte) bool {
	i := bytes.IndexByte(b, '<')
	end := bytes.LastIndexByte(b, ']')
	if i < 0 || end < i {
		return false
	}
	var ok bool
	if s.elapsed, ok = clock(b[:i]); !ok {
		return false
	}
	b = b[i+1 : end]
	i = bytes.IndexByte(b, ',')
	if i < 0 {
		return true
	}
	b = bytes.TrimLeft(b[i+1:], " ")
	rate, n := number(b)
	unit := b[n:]
	if i = bytes.IndexByte(unit, ','); i >= 0 {
		unit, s.rest = unit[:i], unit[i+1:]
	}
	switch string(unit) {
	case "s/it", "s/step", "s/batch":
		s.each = rate
	case "it/s", "step/s", "steps/s", "batch/s":
		if rate > 0 {
			s.each = 1 / rate
		}
	case "?it/s", "?step/s", "?batch/s":
	default:
		return false // bytes, files, examples: no steps of a training
	}
	return true
}

// clock reads "27", "01:27" or "1:02:27" as seconds.
func clock(b []byte) (float64, bool) {
	t := int64(0)
	for i := 0; ; {
		v, n := integer(b[i:])
		if n == 0 || n > 6 {
			return 0, false
		}
		t = t*60 + v
		if i += n; i == len(b) {
			return float64(t), true
		}
		if b[i] != ':' || i > 8 {
			return 0, false
		}
		i++
	}
}

// bar reads a line that is a progress bar.
func (p *Parser) bar(b []byte) bool {
	s, ok := barOf(b)
	if !ok || p.Source.On {
		return false
	}
	epoch, epochs := epochOf(s.label)
	switch {
	case epochs:
		p.epochBar(epoch, &s)
	case !training(s.label) || !p.mainBar(&s):
		return true // of data, of a download, of an evaluation
	}
	p.release()
	p.reset()
	p.postfix(s.rest)
	told := len(p.mets) > 0
	if s.each > 0 {
		p.add(p.name([]byte(tqdmRate)), s.each)
	}
	if len(p.mets) == 0 || !p.mine() {
		return true
	}
	wall, plan := s.elapsed, p.Bar.Total
	if epochs {
		wall, plan = p.wall(), 0 // what the bar says is of this epoch
	}
	run, was := p.Run.Index, p.Run.Measured
	p.measured(p.Bar.N, plan, wall)
	p.Run.Measured = told || was && p.Run.Index == run
	return true
}

// training reports whether a bar with this label can be that of the training.
func training(label []byte) bool {
	return len(label) == 0 || word(label, "train") > 0 || word(label, "step") > 0 || word(label, "iter") > 0
}

// mainBar takes the state of a bar for the training's, and reports whether it
// is: one with another total is so only once the bar before it is complete, and
// no values came with that.
func (p *Parser) mainBar(s *shown) bool {
	m := &p.Bar
	other := m.Total > 0 && s.total != m.Total
	if s.total == 0 || other && (m.N < m.Total || p.Run.Measured || len(p.Dicts.Held) > 0) {
		return false
	}
	m.N, m.Total = s.n, s.total
	return true
}

// epochBar takes the state of a bar that counts within an epoch.
func (p *Parser) epochBar(epoch int64, s *shown) {
	m := &p.Bar
	if m.Epoch == 0 && epoch == 1 {
		m.From = 1 // Lightning counts from 0, who writes a loop often from 1
	}
	if epoch = min(max(epoch-m.From, 0), 1<<31) + 1; epoch != m.Epoch {
		switch {
		case s.total > 0:
			m.Base = (epoch - 1) * s.total
		case epoch > m.Epoch:
			m.Base += m.Count
		default:
			m.Base = 0
		}
		m.Epoch = epoch
	}
	m.Count = max(s.n, s.total)
	m.N = m.Base + s.n
}

// epochOf reads the number of an epoch from a bar's label: "Epoch 1",
// "Epoch: 1/10".
func epochOf(label []byte) (int64, bool) {
	k := word(label, "epoch")
	if k == 0 {
		return 0, false
	}
	i := k
	for i < len(label) && (label[i] == ' ' || label[i] == ':') {
		i++
	}
	v, n := integer(label[i:])
	return v, n > 0
}

// postfix reads the values behind a bar: ", v_num=0, train_loss=2.34".
func (p *Parser) postfix(b []byte) {
	for item := range bytes.SplitSeq(b, []byte(",")) {
		item = bytes.Trim(item, " ")
		i := bytes.IndexAny(item, "=:")
		if i <= 0 || !named(item[:i]) {
			continue
		}
		raw := item[:i]
		q := measure(bytes.TrimLeft(item[i+1:], " "))
		switch string(raw) {
		case "v_num", "epoch":
			continue
		}
		if n := p.name(raw); n != nil && q.digits > 0 {
			p.add(n, q.v/q.div)
		}
	}
}
