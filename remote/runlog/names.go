package runlog

import (
	"strings"
	"unicode/utf8"
)

const (
	maxKey  = 256 // bytes of what is kept to know a name again
	maxName = 64  // bytes of a name
)

// name is a metric as the log calls it and as we do.
type name struct {
	raw, canon string
	wall       bool    // seconds of training since the start
	doubt      bool    // or, as some log it, of this step
	div        float64 // of a value without a unit, by the unit that the name tells
}

// canonical gives the known metrics one name each, whoever wrote the log. Keys
// are in lower case, with "_" for blanks and without a unit in parentheses.
var canonical = invert(map[string][]string{
	"val_loss": {
		"tel", "eval_loss", "valid_loss", "validation_loss", "val/loss", "eval/loss", "valid/loss", "validation/loss",
		"loss/val", "loss/valid", "loss/validation", "loss/eval", "val.loss", "eval.loss", "lm_loss_value", "validate_loss",
		"epoch_val_loss", "val_loss_epoch", "metrics/eval/languagecrossentropy", "eval_metrics/eval/languagecrossentropy",
		"loss_metrics/global_avg_val_loss", "validation_metrics/global_avg_loss",
	},
	"train_loss": {
		"trl", "loss", "lm_loss", "training_loss", "train/loss", "loss/train", "train.loss", "train_loss_step",
		"train_loss/train/total", "loss/train/total", "train/crossentropyloss", "train/ce_loss",
		"loss_metrics/global_avg_loss", "global_avg_loss",
	},
	"lr":                 {"learning_rate", "train/learning_rate", "train/lr", "optim/lr", "learning-rate", "lr-adamw", "lr-adam", "lr-sgd"},
	"grad_norm":          {"norm", "gnorm", "train/grad_norm", "gradient_norm", "total_norm", "optim/total_grad_norm", "optim/grad_norm"},
	"step_time":          {"dt", "iter_time", "elapsed_time_per_iteration", "time_per_step", "step_time_s", "sec_per_step"},
	"tokens/s":           {"tok/sec", "tok/s", "tps", "tokens/sec", "tokens_per_second", "tokens_per_sec", "toks/s", "throughput(tps)"},
	"samples/s":          {"samples/sec", "samples_per_second", "samples_per_sec", "train_samples_per_second"},
	"steps/s":            {"steps/sec", "it/s", "steps_per_second", "train_steps_per_second"},
	"tokens":             {"num_tokens", "total_tokens", "tokens_seen", "num_input_tokens_seen", "consumed_tokens", "train/tokens", "n_tokens", "throughput/total_tokens", "time/token"},
	"mfu":                {"bf16_mfu", "train/mfu", "throughput/mfu"},
	"memory":             {"mem", "peak_memory", "cuda_memory", "gpu_memory", "max_memory", "memory_allocated"},
	"bpb":                {"train_bpb", "train/bpb"},
	"val_bpb":            {"validation_bpb", "val/bpb", "eval/bpb", "eval_bpb"},
	"min_val_bpb":        {"minimum_validation_bpb"},
	"perplexity":         {"ppl", "train/perplexity", "train_perplexity"},
	"val_perplexity":     {"lm_loss_ppl", "eval_perplexity", "eval/perplexity", "val/perplexity", "val_ppl", "validation_perplexity"},
	"accuracy":           {"acc", "train/accuracy"},
	"val_accuracy":       {"val_acc", "val/accuracy", "eval_accuracy", "eval/accuracy", "epoch_val_accuracy"},
	"hellaswag_accuracy": {"hella"},
	"core":               {"core_metric"},
	"batch_size":         {"global_batch_size"},
})

func invert(m map[string][]string) map[string]string {
	out := map[string]string{}
	for canon, raws := range m {
		out[canon] = canon
		for _, r := range raws {
			out[r] = canon
		}
	}
	return out
}

// Some names mean something else in certain lines; these stand for them there.
const (
	iterTime     = "iter time"          // nanoGPT's "time" is that of one iteration
	validateLoss = "validate loss"      // torchtitan's "loss" of a "validate step"
	ledgerTrain  = "ledger train"       // in build-nanogpt's log file
	ledgerVal    = "ledger val"         //
	ledgerHella  = "ledger hella"       //
	tqdmRate     = "seconds per update" // of a progress bar
)

// inContext tells what these names are in the log, and for us.
var inContext = map[string]name{
	iterTime:     {raw: "time", canon: "step_time", div: 1},
	validateLoss: {raw: "loss", canon: "val_loss", div: 1},
	ledgerTrain:  {raw: "train", canon: "train_loss", div: 1},
	ledgerVal:    {raw: "val", canon: "val_loss", div: 1},
	ledgerHella:  {raw: "hella", canon: "hellaswag_accuracy", div: 1},
	tqdmRate:     {raw: "it/s", canon: "step_time", div: 1},
}

// name returns the metric that the log calls raw, or nil where the file has
// too many of them. It allocates on a new name only.
func (p *Parser) name(raw []byte) *name {
	if n, ok := p.names[string(raw)]; ok {
		return n
	}
	if len(p.names) >= maxNames || len(raw) > maxKey {
		return nil
	}
	n, ok := inContext[string(raw)]
	if !ok {
		n = newName(string(raw))
	}
	p.names[string(raw)] = &n
	p.Names = append(p.Names, []byte(string(raw)))
	return &n
}

func newName(raw string) name {
	n := name{raw: plain(raw), div: 1}
	base := raw
	if i := strings.IndexByte(raw, '('); i > 0 && strings.HasSuffix(raw, ")") { // "elapsed time (ms)"
		n.div = divisor([]byte(raw[i+1 : len(raw)-1]))
		base = strings.TrimRight(raw[:i], " ")
	}
	key := strings.ToLower(strings.ReplaceAll(plain(base), " ", "_"))
	if ms, ok := strings.CutSuffix(key, "_ms"); ok && timed[known(ms)] {
		key, n.div = ms, 1e3
	}
	n.canon = known(key)
	n.wall, n.doubt = elapsed[key], key == "time"
	return n
}

// known returns the canonical name of a metric.
func known(key string) string {
	if c := canonical[key]; c != "" {
		return c
	}
	return key
}

// familiar reports whether raw is the name of a metric that is known, or that
// the log has used.
func (p *Parser) familiar(raw []byte) bool {
	if p.names[string(raw)] != nil {
		return true
	}
	return len(raw) <= maxName && canonical[strings.ToLower(strings.ReplaceAll(string(raw), " ", "_"))] != ""
}

// timed are the metrics, by their canonical name, that are times.
var timed = map[string]bool{"step_time": true, "step_avg": true, "train_time": true, "time": true, "elapsed": true}

// elapsed are the names of the time since the start of the run.
var elapsed = map[string]bool{
	"train_time": true, "elapsed": true, "_runtime": true, "wall": true, "wall_time": true, "walltime": true,
	"time": true, "total_time": true, "elapsed_time": true,
}

// plain keeps of a metric's name what is fit for a screen and a command line.
func plain(s string) string {
	if len(s) > maxName {
		s = s[:maxName]
		for len(s) > 0 && !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("_-./@+ ", r):
			return r
		}
		return '_'
	}, s)
}
