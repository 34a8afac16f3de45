package runlog_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"vigil/remote/runlog"
)

// TestTrainers reads what the trainers print, besides the speedruns: each text
// in one piece and in many.
func TestTrainers(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"build-nanogpt", `validation loss: 10.9533
HellaSwag accuracy: 2463/10042=0.2453
step     0 | loss: 10.955101 | lr: 8.4000e-07 | norm: 15.2310 | dt: 2741.50ms | tok/sec: 191242.10
step     1 | loss: 10.901200 | lr: 1.6800e-06 | norm: 14.1100 | dt: 331.25ms | tok/sec: 1582767.12
validation loss: 9.5012
`, `run 0
0/0 val_loss=10.9533(validation loss)
0/0 hellaswag_accuracy=0.2453(HellaSwag accuracy)
0/0 train_loss=10.955101(loss) lr=8.4e-07 grad_norm=15.231(norm) step_time=2.7415(dt) tokens/s=191242.1(tok/sec)
1/0 train_loss=10.9012(loss) lr=1.68e-06 grad_norm=14.11(norm) step_time=0.33125(dt) tokens/s=1.58276712e+06(tok/sec)
1/0 val_loss=9.5012(validation loss)`},
		{"build-nanogpt's file", "0 val 10.9533\n0 hella 0.2463\n0 train 10.955101\n1 train 10.901200\n", `run 0
0/0 val_loss=10.9533(val)
0/0 hellaswag_accuracy=0.2463(hella)
0/0 train_loss=10.955101(train)
1/0 train_loss=10.9012(train)`},
		{"nanochat", `Step 00000 | Validation bpb: 3.3012
step 00000/21400 (0.00%) | loss: 11.090355 | lrm: 1.00 | dt: 9012.11ms | tok/sec: 58,175 | mfu: 2.57 | total time: 0.00m
step 00001/21400 (0.01%) | loss: 10.744301 | lrm: 1.00 | dt: 487.47ms | tok/sec: 1,075,523 | bf16_mfu: 47.47 | epoch: 1 pq: 0 rg: 1 | total time: 1.50m | eta: 12.0m
Step 00250 | CORE metric: 0.1021
Minimum validation bpb: 0.812345
`, `run 0
0/0 val_bpb=3.3012(Validation bpb)
0/21400 0s train_loss=11.090355(loss) lrm=1 step_time=9.01211(dt) tokens/s=58175(tok/sec) mfu=2.57 total_time=0(total time)
1/21400 90s train_loss=10.744301(loss) lrm=1 step_time=0.48747(dt) tokens/s=1.075523e+06(tok/sec) mfu=47.47(bf16_mfu) epoch=1 pq=0 rg=1 total_time=90(total time) eta=720
250/21400 core=0.1021(CORE metric)
250/21400 min_val_bpb=0.812345(Minimum validation bpb)
end 0`},
		{"autoresearch", "step 00000 (0.0%) | loss: 9.01 | dt: 312ms | tok/sec: 1,677,721 | remaining: 300s    \rstep 00001 (0.1%) | loss: 8.90 | dt: 310ms | tok/sec: 1,677,721 | remaining: 299s    \r\n---\nval_bpb:          0.997900\npeak_vram_mb:     45060.2\n", `run 0
0/0 train_loss=9.01(loss) step_time=0.312(dt) tokens/s=1.677721e+06(tok/sec) remaining=300
1/0 train_loss=8.9(loss) step_time=0.31(dt) tokens/s=1.677721e+06(tok/sec) remaining=299
1/0 val_bpb=0.9979
end 0`},
		{"HF Trainer, epochs only", `{'loss': 2.5, 'grad_norm': 1.25, 'learning_rate': 0.0005, 'epoch': 0.2}
{'loss': 2.25, 'grad_norm': 1.5, 'learning_rate': 0.0004, 'epoch': 0.4}
{'eval_loss': 2.0, 'eval_runtime': 3.5, 'eval_samples_per_second': 28.3, 'epoch': 0.4}
{'train_runtime': 28.5, 'train_samples_per_second': 9.25, 'train_loss': 1.985, 'epoch': 0.4}
`, `run 0
set 0 step: thousandths of an epoch
200/0 train_loss=2.5(loss) grad_norm=1.25 lr=0.0005(learning_rate) epoch=0.2
400/0 train_loss=2.25(loss) grad_norm=1.5 lr=0.0004(learning_rate) epoch=0.4
400/0 val_loss=2(eval_loss) eval_runtime=3.5 eval_samples_per_second=28.3 epoch=0.4
400/0 train_runtime=28.5 samples/s=9.25(train_samples_per_second) mean_train_loss=1.985(train_loss) epoch=0.4
end 0`},
		{"HF Trainer, its plan", `***** Running training *****
  Num examples = 5,000
  Num Epochs = 4
  Total optimization steps = 2,000
{'loss': '2.5', 'learning_rate': '7.26e-05', 'epoch': '0.5'}
`, `run 0
set 0 Num examples: 5,000
set 0 Num Epochs: 4
set 0 Total optimization steps: 2,000
250/2000 train_loss=2.5(loss) lr=7.26e-05(learning_rate) epoch=0.5`},
		{
			"HF Trainer, its bar", "\r  0%|          | 0/50 [00:00<?, ?it/s]\r  8%|\u258a         | 4/50 [00:04<00:46, 1.00it/s]" +
				"\r                    \r{'loss': '0.75', 'entropy': '0.7235', 'num_tokens': '5.225e+04', 'epoch': '0.25'}\n" +
				" 10%|\u2588         | 5/50 [00:05<00:45, 1.00s/it]\r  0%|          | 0/10 [00:00<?, ?it/s]\r 50%|\u2588\u2588   | 5/10 [00:01<00:01, 5.00it/s]\r" +
				"{'eval_loss': '0.5', 'epoch': '0.25'}\n 12%|\u2588\u258f        | 6/50 [00:07<00:44, 1.00it/s]\r",
			`run 0
4/50 4s step_time=1(it/s)
5/50 train_loss=0.75(loss) entropy=0.7235 tokens=52250(num_tokens) epoch=0.25
5/50 5s step_time=1(it/s)
6/50 val_loss=0.5(eval_loss) epoch=0.25
6/50 7s step_time=1(it/s)`,
		},
		{
			"tqdm", "Map: 100%|\u2588\u2588| 1000/1000 [00:01<00:00, 812.11 examples/s]\rmodel.safetensors:  5%|\u2588 | 5/50 [00:02<00:09, 5.2MB/s]\r" +
				" 10%|\u2588\u258e   | 5/50 [00:27<03:58, 5.30s/it]\r 12%|\u2588\u258e   | 6/50 [1:00:32<03:58, 2.00it/s, loss=2.5, lr=1e-4]\r",
			"run 0\n5/50 27s step_time=5.3(it/s)\n6/50 3632s train_loss=2.5(loss) lr=0.0001 step_time=0.5(it/s)",
		},
		{
			"tqdm of the data first", "100%|\u2588\u2588| 9/9 [00:01<00:00, 9.00it/s]\r 50%|\u2588| 1/2 [00:01<00:00, 1.00it/s, loss=3]\r",
			"run 0\n9/9 1s step_time=0.1111111111111111(it/s)\n1/2 1s train_loss=3(loss) step_time=1(it/s)",
		},
		{
			"Lightning's bar", "Sanity Checking DataLoader 0: 100%|\u2588| 2/2 [00:00<00:00, 9.00it/s]\r" +
				"Epoch 0:  50%|\u2588| 500/1000 [00:45<05:32, 2.50it/s, v_num=0, train_loss=2.34]\rEpoch 1:  12%|\u2588| 120/1000 [00:45<05:32, 2.50it/s, v_num=0, train_loss=2.25]\r" +
				"`Trainer.fit` stopped: `max_epochs=2` reached.\n",
			"run 0\n500/0 train_loss=2.34 step_time=0.4(it/s)\n1120/0 train_loss=2.25 step_time=0.4(it/s)\nend 0",
		},
		{
			"a loop's own bar", "Epoch 1/3:  50%|\u2588| 1/2 [00:01<00:01, 1.00it/s, loss=3]\rEpoch 2/3:  50%|\u2588| 1/2 [00:01<00:01, 1.00it/s, loss=2]\r",
			"run 0\n1/0 train_loss=3(loss) step_time=1(it/s)\n3/0 train_loss=2(loss) step_time=1(it/s)",
		},
		{
			"Lightning's bar without a total", "Epoch 0: |          | 2/? [00:36<00:00,  0.50it/s, v_num=0, train_loss=13.90]\rEpoch 1: |          | 1/? [00:36<00:00,  0.50it/s, v_num=0, train_loss=12]\r",
			"run 0\n2/0 train_loss=13.9 step_time=2(it/s)\n3/0 train_loss=12 step_time=2(it/s)",
		},
		{"Lightning's CSVLogger", "epoch,step,train_loss,val_loss\n0,49,4.8,\n0,99,,4.5\n1,149,4.25,\n,,,\n", `run 0
49/0 epoch=0 train_loss=4.8
99/0 epoch=0 val_loss=4.5
149/0 epoch=1 train_loss=4.25`},
		{"Keras's CSVLogger", "epoch,accuracy,loss,val_loss\n0,0.5,2.5,2.25\n1,0.75,2,nan\n", `run 0
0/0 accuracy=0.5 train_loss=2.5(loss) val_loss=2.25
1/0 accuracy=0.75 train_loss=2(loss) val_loss=NaN
note 0 at 1: val_loss is nan`},
		{"TSV", "Wall time\tStep\tValue\n1700000000.5\t10\t2.5\n1700000002.5\t20\t2.25\n", `run 0
10/0 0s wall_time=1.7000000005e+09(Wall time) value=2.5(Value)
20/0 2s wall_time=1.7000000025e+09(Wall time) value=2.25(Value)`},
		{"a table without a step", "\xef\xbb\xbf\"loss\", \"lr\"\n2.5, 1e-3\n2.25, 1e-3\n", "run 0\n0/0 train_loss=2.5(loss) lr=0.001\n1/0 train_loss=2.25(loss) lr=0.001"},
		{"torchtitan", "[rank0]:[titan] 2025-06-04 08:51:58,557 - root - INFO - \x1b[31mstep: 10  \x1b[32mloss: 10.7069  \x1b[33mmemory: 30.50GiB(32.62%)  \x1b[34mtps: 7,034  \x1b[36mtflops: 407.35  \x1b[35mmfu: 41.19%\x1b[39m\n" +
			"[titan] 2025-06-04 08:52:58,557 - root - INFO - step: 20  loss: 9.83506  grad_norm:  1.6669  memory: 2048.00MiB(51.44%)  tps: 4,376  mfu: N/A\n" +
			"[titan] 2025-06-04 08:52:59,557 - root - INFO - validate step: 20  loss:  9.1234  memory: 30.00GiB(32.00%)  tps: 900\n" +
			"[titan] 2025-06-04 08:53:00,000 - root - INFO - Training completed\n", `run 0
10/0 train_loss=10.7069(loss) memory=30.5 tokens/s=7034(tps) tflops=407.35 mfu=41.19
20/0 train_loss=9.83506(loss) grad_norm=1.6669 memory=2 tokens/s=4376(tps)
20/0 val_loss=9.1234(loss) memory=30 tokens/s=900(tps)
end 0`},
		{"Megatron-LM", `[default7]: [2024-09-03 15:54:54] iteration       10/  500000 | consumed samples:        10240 | elapsed time per iteration (ms): 13035.3 | throughput per GPU (TFLOP/s/GPU): 812.5 | learning rate: 0.000000E+00 | global batch size:  1024 | loss scale: 8388608.0 | number of nan iterations:   0 |
[default7]: [2024-09-03 15:55:54] iteration       20/  500000 | consumed samples:        20480 | elapsed time per iteration (ms): 500.0 | learning rate: 1.500000E-04 | lm loss: 1.192634E+01 | grad norm: 2.500 |
[default7]:------------------------------------------------------------------
[default7]: validation loss at iteration 20 | lm loss value: 7.174200E+00 | lm loss PPL: 1.305330E+03 |
`, `run 0
10/500000 consumed_samples=10240(consumed samples) step_time=13.0353(elapsed time per iteration _ms_) throughput_per_gpu=812.5(throughput per GPU _TFLOP/s/GPU_) lr=0(learning rate) batch_size=1024(global batch size) loss_scale=8.388608e+06(loss scale) number_of_nan_iterations=0(number of nan iterations)
20/500000 consumed_samples=20480(consumed samples) step_time=0.5(elapsed time per iteration _ms_) lr=0.00015(learning rate) train_loss=11.92634(lm loss) grad_norm=2.5(grad norm)
20/500000 val_loss=7.1742(lm loss value) val_perplexity=1305.33(lm loss PPL)`},
		{"OLMo", `[2024-04-17 09:42:26] INFO     [olmo.train:816, rank=0] [step=1/739328]
    train/CrossEntropyLoss=11.25
    train/Perplexity=76,631
    System/Peak GPU Memory (MB)=38,123
[2024-04-17 09:42:26] INFO     [olmo.train:816, rank=1] [step=1/739328]
    train/CrossEntropyLoss=11.25
[2024-04-17 09:42:40] INFO     [olmo.train:816, rank=0] [step=2/739328]
    train/CrossEntropyLoss=11.00
    note of no number
2024-04-17 something else
    train/CrossEntropyLoss=99
`, `run 0
1/739328 train_loss=11.25(train/CrossEntropyLoss)
1/739328 perplexity=76631(train/Perplexity)
1/739328 system/peak_gpu_memory=35.50481051206589(System/Peak GPU Memory _MB_)
2/739328 train_loss=11(train/CrossEntropyLoss)`},
		{"Composer", `[batch=1/100]:
         Train time/batch: 0
         Train loss/train/total: 10.9736
0: [batch=2/100]:
0:       Train loss/train/total: 10.5
0: [Eval batch=5/5] Eval on eval data:
0:       Eval metrics/eval/LanguageCrossEntropy: 9.5
`, `run 0
1/100 train_time/batch=0(Train time/batch)
1/100 train_loss=10.9736(Train loss/train/total)
2/100 train_loss=10.5(Train loss/train/total)
2/100 val_loss=9.5(Eval metrics/eval/LanguageCrossEntropy)`},
		{"other prefixes", "INFO:__main__:step:5/9 loss:3\nWARNING  step:6/9 loss:2\n[INFO|trainer.py:2243] 2024-01-02 03:04:05,678 >> step:7/9 loss:1\n", `run 0
5/9 train_loss=3(loss)
6/9 train_loss=2(loss)
7/9 train_loss=1(loss)`},
		{"an epoch, then the step", "Epoch 3/10 | loss: 2.5 | step: 120\n", "run 0\n120/0 train_loss=2.5(loss)"},
		{"a time of each step", "step 1 | loss: 3 | time: 350ms\nstep 2 | loss: 2 | time: 340ms\nstep 3 | loss: 1 | time: 400ms\n", `run 0
1/0 0.35s train_loss=3(loss) time=0.35
2/0 train_loss=2(loss) time=0.34
3/0 train_loss=1(loss) time=0.4`},
		{"names and values with a blank between", "Step 10 | train loss 2.5 | Val Loss 2.25 | saved 3 files | lr 1.5e-4\nstep 11, loss 2.25, took 3\nstep 12: saved 7\n", `run 0
10/0 train_loss=2.5(train loss) val_loss=2.25(Val Loss) lr=0.00015
11/0 train_loss=2.25(loss)`},
		{"by epochs", "Epoch 3/10, loss=2.5\nepoch 4: loss=2.25, lr=1e-3\n", "run 0\n3/10 train_loss=2.5(loss)\n4/10 train_loss=2.25(loss) lr=0.001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(parse(runlog.New(), []byte(c.in), nil), "\n")
			if got != c.want {
				t.Fatalf("got\n%s\nwant\n%s", got, c.want)
			}
			r := rand.New(rand.NewPCG(3, 4))
			for range 20 {
				if cut := strings.Join(parse(runlog.New(), []byte(c.in), r), "\n"); cut != got {
					t.Fatalf("in pieces\n%s\nwant\n%s", cut, got)
				}
			}
			if slow := strings.Join(parse(runlog.Slow(runlog.New()), []byte(c.in), r), "\n"); slow != got {
				t.Fatalf("in the general way\n%s\nwant\n%s", slow, got)
			}
		})
	}
}

// TestRewrittenTable: Lightning's CSVLogger writes its whole file anew when a
// metric is added. It is the same run.
func TestRewrittenTable(t *testing.T) {
	p := runlog.New()
	parse(p, []byte("epoch,step,train_loss\n0,9,4\n0,19,3\n0,29,2\n"), nil) // ends with a Restart
	got := strings.Join(parse(p, []byte("epoch,step,train_loss,val_loss\n0,9,4,\n0,19,3,\n0,29,2,\n0,29,,2.5\n"), nil), "\n")
	want := "9/0 epoch=0 train_loss=4\n19/0 epoch=0 train_loss=3\n29/0 epoch=0 train_loss=2\n29/0 epoch=0 val_loss=2.5"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
