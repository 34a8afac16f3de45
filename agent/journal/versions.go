package journal

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"vigil/agent"
)

const (
	// MaxFile is the size of the largest content that is kept, in bytes.
	MaxFile = 1 << 20
	// maxStored caps what all contents take together once packed, in bytes.
	maxStored = 256 << 20
)

// ErrTooBig says that a content is larger than MaxFile.
var ErrTooBig = errors.New("larger than 1 MiB")

// PutVersion keeps content as the version of a watched file at a time; turn is
// the agent's turn, 0 if not known. A content that the file had just before is
// not kept twice: the earlier version is returned. When all versions together
// grow past the cap, the oldest go, but never the newest of a file. A content
// larger than MaxFile gives ErrTooBig.
func (j *Journal) PutVersion(ctx context.Context, workspace, path string, at time.Time, turn int, content []byte) (agent.Version, error) {
	if len(content) > MaxFile {
		return agent.Version{}, fmt.Errorf("keep a version of %s: %w", path, ErrTooBig)
	}
	sum := sha256.Sum256(content)
	v := agent.Version{At: fromNanos(nanos(at)), Turn: turn, Hash: hex.EncodeToString(sum[:]), Size: int64(len(content))}
	// Most calls tell what is known; they need no write lock and no packing.
	if old, err := versionAt(ctx, j.loose, workspace, path, at); err == nil && old.Hash == v.Hash {
		return old, nil
	}
	data, err := j.pack.pack(content)
	if err != nil {
		return agent.Version{}, j.explain("pack a version", err)
	}
	err = within(ctx, j.loose, func(tx *sql.Tx) error {
		old, err := versionAt(ctx, tx, workspace, path, at)
		if err == nil && old.Hash == v.Hash {
			v = old // another process was faster
			return nil
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO contents (hash, size, packed, data) VALUES (?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, v.Hash, v.Size, len(data), data); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO versions (workspace, path, at, hash, turn, size)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			workspace, path, nanos(at), v.Hash, turn, v.Size); err != nil {
			return err
		}
		return j.prune(ctx, tx)
	})
	if err != nil {
		return agent.Version{}, j.explain("keep a version", err)
	}
	return v, nil
}

// versionAt returns the version that the file had at the time.
func versionAt(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row
}, workspace, path string, at time.Time,
) (agent.Version, error) {
	return scanVersion(db.QueryRowContext(ctx, `SELECT at, turn, hash, size FROM versions
		WHERE workspace=? AND path=? AND at<=? ORDER BY at DESC LIMIT 1`, workspace, path, nanos(at)))
}

func scanVersion(s scanner) (v agent.Version, err error) {
	var at int64
	err = s.Scan(&at, &v.Turn, &v.Hash, &v.Size)
	v.At = fromNanos(at)
	return v, err
}

// prune takes the oldest versions away while the contents are over the cap,
// and then some more, so that not every call has to.
func (j *Journal) prune(ctx context.Context, tx *sql.Tx) error {
	for goal := j.room; ; goal = j.room / 10 * 9 {
		var bytes int64
		if err := tx.QueryRowContext(ctx, "SELECT bytes FROM stored").Scan(&bytes); err != nil || bytes <= goal {
			return err
		}
		r, err := tx.ExecContext(ctx, `DELETE FROM versions WHERE (workspace, path, at, hash) IN (
			SELECT workspace, path, at, hash FROM versions v WHERE EXISTS (
				SELECT 1 FROM versions n WHERE n.workspace=v.workspace AND n.path=v.path AND n.at>v.at)
			ORDER BY at LIMIT 32)`)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return err // only the newest of each file are left
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM contents WHERE NOT EXISTS (
			SELECT 1 FROM versions v WHERE v.hash=contents.hash)`); err != nil {
			return err
		}
	}
}

// Versions returns the kept versions of a file, oldest first.
func (j *Journal) Versions(ctx context.Context, workspace, path string) ([]agent.Version, error) {
	return query(ctx, j, "read versions", scanVersion, `SELECT at, turn, hash, size FROM versions
		WHERE workspace=? AND path=? ORDER BY at`, workspace, path)
}

// Files returns the paths in the workspace that have versions, sorted.
func (j *Journal) Files(ctx context.Context, workspace string) ([]string, error) {
	return query(ctx, j, "read files", func(s scanner) (p string, err error) { return p, s.Scan(&p) },
		`SELECT DISTINCT path FROM versions WHERE workspace=? ORDER BY path`, workspace)
}

// Content returns the content with the hash. It is ErrNotFound once it was
// pruned, and an error where the bytes do not have that hash.
func (j *Journal) Content(ctx context.Context, hash string) ([]byte, error) {
	var data []byte
	err := j.loose.QueryRowContext(ctx, "SELECT data FROM contents WHERE hash=?", hash).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("content %.12s: %w", hash, ErrNotFound)
	}
	if err != nil {
		return nil, j.explain("read a version", err)
	}
	content, err := j.pack.unpack(data)
	if err != nil {
		return nil, j.explain("unpack a version", err)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != hash {
		return nil, fmt.Errorf("journal %s: content %.12s is damaged; the other versions are not", j.path, hash)
	}
	return content, nil
}

// packer compresses contents. Its coders are made when first needed: most
// commands never need them, and they are large.
type packer struct {
	mu  sync.Mutex
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func (p *packer) pack(b []byte) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.enc == nil {
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(MaxFile))
		if err != nil {
			return nil, err
		}
		p.enc = enc
	}
	return p.enc.EncodeAll(b, make([]byte, 0, len(b)/2+64)), nil
}

func (p *packer) unpack(b []byte) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dec == nil {
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(2*MaxFile))
		if err != nil {
			return nil, err
		}
		p.dec = dec
	}
	return p.dec.DecodeAll(b, nil)
}

func (p *packer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dec != nil {
		p.dec.Close()
		p.dec = nil
	}
}
