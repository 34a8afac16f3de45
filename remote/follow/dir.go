package follow

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"vigil/remote"
)

// dir is a folder that is looked at, for one root or for several that overlap.
type dir struct {
	slot
	path    string
	views   []view
	waiting []*root   // for its next listing
	mod     time.Time // when it last changed, if that is listed; else zero
	news    time.Time // the same, as last told
	since   time.Time // when it first told so
	listed  time.Time // when
	took    time.Duration
	active  time.Time // when it last changed, by our clock as far as we saw it
	trouble trouble
}

// view is a folder as a root sees it.
type view struct {
	root  *root
	parts []string // below the root
}

// fits reports whether a file in the folder is one that the root wants.
func (v view) fits(name string) bool {
	at := append(slices.Clip(v.parts), name)
	return slices.ContainsFunc(v.root.patterns, func(p pattern) bool { return p.fits(at) })
}

// leads reports whether a folder in the folder may hold such files.
func (v view) leads(name string) bool {
	at := append(slices.Clip(v.parts), name)
	return len(at) <= maxDepth && !ignored(name) && slices.ContainsFunc(v.root.patterns, func(p pattern) bool { return p.leads(at) })
}

func (d *dir) fits(name string) bool {
	return d != nil && slices.ContainsFunc(d.views, func(v view) bool { return v.fits(name) })
}

// addDir looks at a folder for a root.
func (s *sweep) addDir(name string, v view) {
	d := s.dirs[name]
	if d == nil {
		if len(s.dirs) >= maxDirs {
			s.tooMany(v.root.key, name, fmt.Errorf("more than %d folders: the others are not followed", maxDirs))
			return
		}
		d = &dir{path: name}
		s.dirs[name] = d
		s.watch.add(name) // before it is listed: what comes in between is told
	}
	if slices.ContainsFunc(d.views, func(o view) bool { return o.root == v.root }) {
		return
	}
	d.views = append(d.views, v)
	d.waiting = append(d.waiting, v.root)
	d.listed = time.Time{}
	v.root.pending++
	s.due(d, time.Now())
}

func (s *sweep) removeDir(name string, d *dir) {
	take(d)
	s.watch.remove(name)
	delete(s.dirs, name)
	for _, r := range d.waiting {
		s.came(r)
	}
	d.waiting = nil
}

// listing is what a host tells of a folder.
type listing struct {
	mod     time.Time
	entries []found
	all     bool // entries are there: they may have changed
	err     error
}

// begin is of [task].
func (d *dir) begin(s *sweep) {
	if len(d.views) == 0 {
		return
	}
	views, waiting, mod, start := slices.Clone(d.views), d.waiting, d.mod, time.Now()
	d.waiting = nil
	if start.Sub(d.listed) >= max(s.f.pace.relist, 20*d.took) {
		mod = time.Time{}
	}
	s.lane(&d.slot, poll, func() func() {
		l := list(s.host, d.path, views, mod)
		return func() { s.heard(d, l, start, waiting) }
	})
}

// list lists a folder if it is not as it was at mod.
func list(h remote.Host, name string, views []view, mod time.Time) listing {
	fi, err := h.Stat(name)
	if err != nil {
		return listing{err: err}
	}
	l := listing{mod: fi.ModTime()}
	if l.mod.Equal(mod) {
		return l
	}
	entries, err := h.ReadDir(name)
	if err != nil {
		return listing{err: err}
	}
	l.all = true
	// logs -> /scratch/logs; deeper, links may loop
	top := slices.ContainsFunc(views, func(v view) bool { return len(v.parts) == 0 })
	for _, e := range entries {
		leads := slices.ContainsFunc(views, func(v view) bool { return v.leads(e.Name()) })
		fits := slices.ContainsFunc(views, func(v view) bool { return v.fits(e.Name()) })
		switch typ := e.Type(); {
		case !leads && !fits:
			continue
		case typ.IsDir() || typ.IsRegular():
			if fi, err := e.Info(); err == nil { // the host has told it with the name
				l.entries = append(l.entries, found{e.Name(), fi})
			}
		case typ&fs.ModeSymlink != 0:
			fi, err := h.Stat(path.Join(name, e.Name()))
			if err := offline(err); err != nil {
				return listing{err: err}
			}
			if err == nil && (!fi.IsDir() || top) {
				l.entries = append(l.entries, found{e.Name(), fi})
			}
		}
	}
	return l
}

// heard takes what the host told of a folder.
func (s *sweep) heard(d *dir, l listing, start time.Time, waiting []*root) {
	if !s.reached(l.err) {
		d.waiting = append(waiting, d.waiting...)
		s.due(d, start)
		return
	}
	if len(d.views) > 0 {
		if l.err != nil {
			s.unlisted(d, l.err)
		} else {
			s.learn(d, l, start)
		}
	}
	for _, r := range waiting { // last: what was found in it counts before
		s.came(r)
	}
}

func (s *sweep) learn(d *dir, l listing, start time.Time) {
	now := time.Now()
	d.trouble = trouble{}
	if !l.mod.Equal(d.news) {
		d.active = now
		if d.news.IsZero() {
			d.active = earlier(now, l.mod)
		}
		d.news, d.since = l.mod, start
	}
	if l.all {
		d.listed, d.took, d.mod = start, now.Sub(start), time.Time{}
		if start.Sub(d.since) >= fresh || now.Sub(l.mod) >= ancient {
			d.mod = l.mod
		}
		s.watch.add(d.path) // a root that was not there at first
		for _, e := range l.entries {
			s.entry(d, e)
		}
	}
	switch {
	case d.again: // for a root that came while it was listed
		d.listed, d.mod = time.Time{}, time.Time{}
		s.due(d, now)
	case d.mod.IsZero():
		s.due(d, now.Add(max(s.f.pace.running, 4*d.took)))
	default:
		s.due(d, now.Add(s.f.pace.dir(now.Sub(d.active), d.took)))
	}
}

// unlisted takes an error that is of the folder, not of the host.
func (s *sweep) unlisted(d *dir, err error) {
	d.mod, d.listed = time.Time{}, time.Time{}
	root := slices.ContainsFunc(d.views, func(v view) bool { return len(v.parts) == 0 })
	if !root && errors.Is(err, fs.ErrNotExist) {
		s.removeDir(d.path, d) // its own folder tells when it is back
		return
	}
	if d.trouble.is(err) {
		s.f.opt.Problem(d.views[0].root.key, d.path, err)
	}
	every := s.f.pace.least
	if d.trouble.times == 1 {
		every = s.f.pace.running
	}
	s.due(d, time.Now().Add(every))
}

// entry takes one entry of a folder.
func (s *sweep) entry(d *dir, e found) {
	p := path.Join(d.path, e.path)
	var f *file
	for _, v := range slices.Clone(d.views) { // a folder may come to hold itself
		switch {
		case e.info.IsDir():
			if v.leads(e.path) {
				s.addDir(p, view{v.root, append(slices.Clip(v.parts), e.path)})
			}
		case e.info.Mode().IsRegular() && v.fits(e.path):
			if f = s.sighted(p, e.info, v.root); f == nil {
				return
			}
		}
	}
}

// sighted takes a file that a folder's listing tells of.
func (s *sweep) sighted(name string, fi fs.FileInfo, r *root) *file {
	is := stamp{fi.Size(), fi.ModTime()}
	f := s.files[name]
	if f == nil {
		if f = s.newFile(r.key, name, is); f == nil {
			return nil
		}
	}
	back := !f.wanted()
	f.listed = true
	if !f.whole && !r.loaded && !slices.Contains(f.waiting, r) {
		f.waiting = append(f.waiting, r)
		r.pending++
	}
	switch known := f.has(fi); {
	case f.busy || f.in != nil && !back:
	case f.done && known: // by an earlier process too
		if f.vague {
			f.vague, f.looked, f.active = false, time.Now(), is.mod
			s.read(f)
			s.publish(f)
		}
	case !f.whole:
		f.seen = is
		s.load(f)
	case back || !known:
		f.seen, f.active = is, time.Now()
		s.soon(f)
	}
	return f
}
