package follow

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"vigil/remote"
)

// maxAside bounds how many files are tried.
const maxAside = 4

// replaced takes another file under the same name. If the one that was read was
// moved or copied aside, what it had more is read before the new one.
func (s *sweep) replaced(f *file) {
	if f.vague { // nobody saw what happened to it
		s.anew(f)
		return
	}
	if f.sought.IsZero() {
		f.sought = f.looked
	}
	var views []view
	if d := s.dirs[path.Dir(f.path)]; d != nil {
		views = slices.Clone(d.views)
	}
	buf := s.buffer(0)
	s.lane(&f.slot, poll, func() func() {
		name, err := f.moved(s.host, f.path, buf, views)
		return func() {
			s.release(buf)
			switch {
			case !s.reached(err):
				s.due(f, f.looked) // to find again that it is another
			case err != nil && f.looked.Sub(f.sought) < patience:
				s.due(f, f.looked.Add(s.f.pace.running))
			case name != "":
				f.aside = name
				s.due(f, f.looked)
			default:
				s.restart(f)
			}
		}
	})
}

// moved looks for the file that was read under a name: beside it, under a
// longer name (a.log.1, a.log-20261122, a.log.old), with the bytes that were
// read, no older than them. Files that are followed themselves (views) are not
// meant. It fails where the folder or what may be the file was not read to its
// end: a connection that breaks need not look like one.
func (p *position) moved(h remote.Host, name string, buf []byte, views []view) (string, error) {
	entries, err := h.ReadDir(path.Dir(name))
	if err != nil {
		return "", err
	}
	var near []found
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), path.Base(name)) || e.Name() == path.Base(name) || !e.Type().IsRegular() {
			continue
		}
		if slices.ContainsFunc(views, func(v view) bool { return v.fits(e.Name()) }) {
			continue
		}
		if fi, err := e.Info(); err == nil && fi.Size() >= p.off && !fi.ModTime().Before(p.mod) {
			near = append(near, found{path.Join(path.Dir(name), e.Name()), fi})
		}
	}
	newest(near)
	for _, n := range near[:min(len(near), maxAside)] {
		a := p.fetch(h, n.path, buf, true)
		if unsure(a.err) {
			return "", a.err
		}
		if a.err == nil && a.is == same {
			return n.path, nil
		}
	}
	return "", nil
}

// unsure reports whether an error leaves open what a file is. A connection that
// breaks can look like anything but these.
func unsure(err error) bool {
	told := errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, errKind)
	return err != nil && !told
}

// drained takes the end of a file that was moved aside; then follows the one
// that has its name now.
func (s *sweep) drained(f *file, a answer) {
	switch {
	case unsure(a.err) && f.looked.Sub(f.sought) < patience:
		s.due(f, f.looked.Add(s.f.pace.running))
	case a.err == nil && a.is == same && (len(a.data) == 0 || s.feed(f, a)) && f.off < a.size && f.hole.IsZero():
		s.due(f, f.looked)
	default:
		s.restart(f)
	}
}
