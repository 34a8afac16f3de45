package runlog_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil/remote/runlog"
)

// Messages in the wire format of protocol buffers, by hand.

func varint(field int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(field)<<3), v)
}

func double(field int, v float64) []byte {
	return binary.LittleEndian.AppendUint64(binary.AppendUvarint(nil, uint64(field)<<3|1), math.Float64bits(v))
}

func float(field int, v float32) []byte {
	return binary.LittleEndian.AppendUint32(binary.AppendUvarint(nil, uint64(field)<<3|5), math.Float32bits(v))
}

func message(field int, parts ...[]byte) []byte {
	in := bytes.Join(parts, nil)
	b := binary.AppendUvarint(nil, uint64(field)<<3|2)
	return append(binary.AppendUvarint(b, uint64(len(in))), in...)
}

func str(field int, s string) []byte { return message(field, []byte(s)) }

// tfRecord frames an event as TensorFlow does.
func tfRecord(event ...[]byte) []byte {
	data := bytes.Join(event, nil)
	sum := func(b []byte) uint32 {
		c := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
		return (c>>15 | c<<17) + 0xa282ead8
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, sum(b))
	b = append(b, data...)
	return binary.LittleEndian.AppendUint32(b, sum(data))
}

func tfVersion() []byte { return tfRecord(double(1, 1.7e9), str(3, "brain.Event:2")) }

// scalarTensor is a tensor as tf.summary.scalar writes it.
func scalarTensor(v float32) []byte {
	return message(8, varint(1, 1), message(2), float(5, v))
}

func TestEvents(t *testing.T) {
	content := binary.LittleEndian.AppendUint64(nil, math.Float64bits(0.25))
	damaged := tfRecord(double(1, 1.7e9+9), varint(2, 99), message(5, message(1, str(1, "loss"), float(2, 9))))
	damaged[20] ^= 1
	file := bytes.Join([][]byte{
		tfVersion(),
		tfRecord(double(1, 1.7e9+1), message(5, message(1, str(1, "train/loss"), float(2, 2.5)), message(1, str(1, "lr"), float(2, 0.5)))),
		tfRecord(double(1, 1.7e9+2), varint(2, 10), message(5, message(1, str(1, "val/loss"), scalarTensor(2.25)))),
		tfRecord(double(1, 1.7e9+3), varint(2, 11), message(5, message(1, str(1, "acc"), message(8, varint(1, 2), message(4, content))))),
		tfRecord(double(1, 1.7e9+3), varint(2, 11), message(5, message(1, str(1, "hist"), message(8, varint(1, 1), message(2, message(2, varint(1, 3))), message(4, make([]byte, 12)))))),
		tfRecord(str(4, strings.Repeat("graph", 300_000))),
		damaged,
		tfRecord(double(1, 1.7e9+4), varint(2, 3), message(5, message(1, str(1, "train/loss"), float(2, float32(math.NaN()))))),
	}, nil)
	want := `run 0
0/0 0s train_loss=2.5(train/loss) lr=0.5
10/0 1s val_loss=2.25(val/loss)
11/0 2s accuracy=0.25(acc)
3/0 3s train_loss=NaN(train/loss)
note 0 at 3: train_loss is nan`
	for _, r := range []*rand.Rand{nil, rand.New(rand.NewPCG(1, 1))} {
		if got := strings.Join(parse(runlog.New(), file, r), "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	rest := append(bytes.Clone(file), make([]byte, 100)...)
	got := parse(runlog.New(), append(rest, tfVersion()...), nil)
	if last := got[len(got)-1]; !strings.Contains(last, "damaged") {
		t.Errorf("after damage: %q", last)
	}
}

// wandbFile writes records as wandb does: a LevelDB log.
func wandbFile(records ...[]byte) []byte {
	const block = 32 << 10
	b := []byte(":W&B\xe1\xbe\x00")
	fragment := func(kind byte, data []byte) {
		sum := crc32.ChecksumIEEE(append([]byte{kind}, data...))
		b = binary.LittleEndian.AppendUint32(b, sum)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(data)))
		b = append(append(b, kind), data...)
	}
	for _, rec := range records {
		for first := true; ; first = false {
			left := block - len(b)%block
			if left < 7 {
				b = append(b, make([]byte, left)...)
				continue
			}
			n := min(len(rec), left-7)
			kind := byte(3)
			switch last := n == len(rec); {
			case first && last:
				kind = 1
			case first:
				kind = 2
			case last:
				kind = 4
			}
			fragment(kind, rec[:n])
			if rec = rec[n:]; len(rec) == 0 {
				break
			}
		}
	}
	return b
}

// history is a record of one step's values.
func history(step uint64, items ...string) []byte {
	var parts [][]byte
	for i := 0; i < len(items); i += 2 {
		parts = append(parts, message(1, str(1, items[i]), str(16, items[i+1])))
	}
	return message(2, append(parts, message(2, varint(1, step)))...)
}

func TestWandb(t *testing.T) {
	file := wandbFile(
		message(21),
		message(17, str(1, "id12"), str(8, "calm-sky-3"), message(4,
			message(1, str(1, "lr"), str(16, "0.001")), message(1, str(1, "_wandb"), str(16, "{}")),
			message(1, str(1, "model"), str(16, `"gpt"`))), message(21, str(2, "1a2b3c4"))),
		history(0, "loss", "2.5", "_runtime", "1.5", "_timestamp", "1.7e9", "img", `{"_type":"image-file","size":3}`),
		message(4, []byte(strings.Repeat("console output ", 9000))),
		history(1, "loss", `"NaN"`, "eval", `{"loss":2.25,"n":[1,2]}`, "note", `"12"`),
		message(2, message(1, str(2, "val"), str(2, "bpb"), str(16, "0.9")), message(2, varint(1, 2))),
		history(3, "trainer/global_step", "300", "loss", "2"),
		history(4, "system", "7"),
		message(18, varint(1, 1)),
	)
	want := `run 0: calm-sky-3
set 0 lr: 0.001
set 0 model: gpt
set 0 commit: 1a2b3c4
0/0 1.5s train_loss=2.5(loss) _runtime=1.5
1/0 train_loss=NaN(loss) val_loss=2.25(eval/loss)
note 0 at 1: train_loss is nan
2/0 val_bpb=0.9(val/bpb)
300/0 train_loss=2(loss)
300/0 system=7
failed 0: exit code 1`
	for _, r := range []*rand.Rand{nil, rand.New(rand.NewPCG(1, 1))} {
		if got := strings.Join(parse(runlog.New(), file, r), "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	// A damaged block costs what is in it, and no more.
	long := [][]byte{message(21)}
	for i := range 3000 {
		long = append(long, history(uint64(i), "loss", "2.5"))
	}
	file = wandbFile(long...)
	file[40_000] ^= 1
	if n := len(parse(runlog.New(), file, nil)); n < 1500 || n >= 3000 {
		t.Errorf("%d records of 3000, one of them damaged", n)
	}
}

// TestUndecided: a short text may begin as a binary file does.
func TestUndecided(t *testing.T) {
	for _, in := range []string{"a", ":W&", "x\n", "s\x00\x00\x00\x00\x00\x00\x00 not an event", "\x00\x00\x00"} {
		if got := parse(runlog.New(), []byte(in), nil); len(got) != 0 {
			t.Errorf("%q: %q", in, got)
		}
	}
	p := runlog.New()
	got := parse(p, []byte("s:1 trl:2\n"), rand.New(rand.NewPCG(5, 5)))
	if len(got) != 2 {
		t.Errorf("%q", got)
	}
	if got := parse(p, wandbFile(history(2, "loss", "1")), nil); len(got) != 1 { // another file, the same run
		t.Errorf("after a restart: %q", got)
	}
}

// TestBinarySamples reads files that TensorFlow and wandb themselves wrote.
func TestBinarySamples(t *testing.T) {
	dir := shared(t, "samples", "slurm", "binary")
	files, _ := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*.gz"))
	if len(files) == 0 {
		t.Skip("no event file in ../shared")
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(parse(runlog.New(), data, nil), "\n")
	for _, want := range []string{"batch_loss=", "val_loss=", "(epoch_val_loss)"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%.2000s", want, got)
		}
	}
	files, _ = filepath.Glob(filepath.Join(dir, "*.wandb"))
	for _, name := range files { // no history in it: nothing, and no complaint
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := parse(runlog.New(), data, nil); len(got) != 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// FuzzEvents frames any bytes as events, and gives any bytes to the framing.
func FuzzEvents(f *testing.F) {
	event := bytes.Join([][]byte{double(1, 1.7e9), varint(2, 3), message(5, message(1, str(1, "loss"), scalarTensor(2)))}, nil)
	f.Add(event, []byte{}, uint64(1))
	f.Add([]byte{}, tfRecord(event), uint64(2))
	f.Fuzz(func(t *testing.T, event, rest []byte, seed uint64) {
		same(t, bytes.Join([][]byte{tfVersion(), tfRecord(event), tfRecord(event), rest}, nil), seed)
	})
}

// FuzzWandb does the same with wandb's files.
func FuzzWandb(f *testing.F) {
	f.Add(history(3, "loss", "2.5", "a", `{"b":1}`), []byte{}, uint64(1))
	f.Add(message(17, str(1, "id"), message(4, message(1, str(1, "lr"), str(16, "1")))), wandbFile(history(1, "loss", "1"))[7:], uint64(2))
	f.Fuzz(func(t *testing.T, record, rest []byte, seed uint64) {
		same(t, append(wandbFile(record, record), rest...), seed)
	})
}
