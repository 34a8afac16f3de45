package journal

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"
)

// OpenToRead opens a journal that is there for reading alone: nothing is made,
// mended or brought up to date, and calls that write fail. It is quick, for
// commands that only want to know how things stand.
func OpenToRead(ctx context.Context, path string) (*Journal, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &Journal{path: path, now: time.Now}
	u := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"mode": {"ro"}, "_pragma": {"query_only(1)", fmt.Sprintf("busy_timeout(%d)", readWait.Milliseconds())},
	}.Encode()}
	if j.loose, err = pool(u.String(), 1); err == nil {
		j.sure = j.loose
		err = j.readable(ctx)
	}
	if err != nil {
		_ = j.Close()
		return nil, j.explain("open", err)
	}
	return j, nil
}

// readWait is how long a reader waits for a lock: in WAL mode there is none to
// wait for.
const readWait = 2 * time.Second

// readable checks that the file is a journal of this version's.
func (j *Journal) readable(ctx context.Context) error {
	have, app, err := version(ctx, j.loose)
	switch want := len(migrations()); {
	case err != nil:
		return err
	case app != appID:
		return errors.New("the file is another program's database; choose another state folder")
	case have > want:
		return fmt.Errorf("its schema is version %d and this vigil knows %d; update vigil", have, want)
	case have < want:
		return fmt.Errorf("its schema is version %d, and this vigil's %d; start vigil once, which brings it up to date", have, want)
	}
	return nil
}
