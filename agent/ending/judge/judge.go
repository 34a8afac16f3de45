// Package judge asks a language model why a turn ended, where the rules are not
// sure: any endpoint that speaks OpenAI's chat completions with structured
// outputs. Start with [New] and [Judge.Ask].
//
// What the model reads is an agent's text, and that is hostile: it may hold
// instructions. So the answer can only pick an ending of the table, with a
// sentence of the text as its reason, which is shown as a quotation after it
// was found there; nothing of the answer becomes a command or a message.
//
// [Judge.Write] has the model write a line of a message instead. That line is
// as hostile as what the model read, and is for the caller to check.
//
// The judge is asked within a time and budgets of tokens and money, and once
// for the same facts. Where it fails, the rules' verdict stands, and a message
// goes without a line.
package judge

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"

	"vigil/agent"
)

// Options say whom to ask and within what.
type Options struct {
	BaseURL string // of the API, with its version: "http://127.0.0.1:8000/v1"
	Model   string
	Key     string        // empty: none is sent
	Timeout time.Duration // of one question; zero means DefaultTimeout
	PerDay  int           // tokens in any 24 hours; zero means DefaultPerDay
	Prices  Prices        // needed if USDPerDay is set
	// USDPerDay is what may be spent in any 24 hours; zero is no bound.
	USDPerDay float64
	Book      Book // of what was spent; nil remembers it until the process ends
	Now       func() time.Time
	Client    *http.Client // nil is http.DefaultClient
}

// The bounds that hold where Options say nothing.
const (
	DefaultTimeout = 20 * time.Second
	DefaultPerDay  = 200_000 // some 150 questions
)

const (
	maxText   = 6000 // bytes of the final message that are shown: its end, where it says why
	maxTail   = 5    // tool calls that are shown
	maxCall   = 300  // bytes of each
	maxAnswer = 400  // tokens
	maxKept   = 1000 // answers that are remembered
	maxQuote  = 300  // bytes
)

// Judge asks a model. It is safe for concurrent use.
type Judge struct {
	o      Options
	client openai.Client

	mu      sync.Mutex
	kept    map[[sha256.Size]byte]agent.Verdict
	lines   map[[sha256.Size]byte]string
	pending spending // of the questions that are under way
}

// New returns a judge. It asks nothing yet.
func New(o Options) (*Judge, error) {
	if o.BaseURL == "" || o.Model == "" {
		return nil, errors.New("judge: needs base_url and model: set both in [judge]")
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.PerDay <= 0 {
		o.PerDay = DefaultPerDay
	}
	if o.USDPerDay > 0 && (o.Prices.Input <= 0 || o.Prices.Output <= 0) {
		return nil, errors.New("judge: a budget in money needs prices: set usd_per_million_input and usd_per_million_output in [judge]")
	}
	if o.Book == nil {
		o.Book = &memory{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Client == nil {
		o.Client = http.DefaultClient
	}
	opts := []option.RequestOption{
		option.WithBaseURL(o.BaseURL), option.WithMaxRetries(1), option.WithHTTPClient(o.Client),
		option.WithAPIKey(o.Key), // also where it is empty: the environment's is not meant for this endpoint
	}
	return &Judge{o: o, client: openai.NewClient(opts...), kept: map[[sha256.Size]byte]agent.Verdict{}, lines: map[[sha256.Size]byte]string{}}, nil
}

// Ask returns the model's verdict on the facts. It costs nothing where the
// same facts were judged before. An error leaves the rules' verdict standing.
func (j *Judge) Ask(ctx context.Context, f agent.Facts) (agent.Verdict, error) {
	question := describe(f)
	key := sha256.Sum256([]byte(question))
	if v, ok := j.known(key); ok {
		return v, nil
	}
	text, err := j.complete(ctx, instructions, question, "verdict", schema())
	if err != nil {
		return agent.Verdict{}, err
	}
	v, err := read(text, f)
	if err != nil {
		return agent.Verdict{}, err
	}
	v.Evidence[0].At = f.Now
	j.keep(key, v)
	return v, nil
}

// complete puts one question, within the time and the budgets.
func (j *Judge) complete(ctx context.Context, instructions, question, name string, schema map[string]any) (string, error) {
	// Four bytes a token is a low guess for code and numbers; what was used is
	// booked afterwards.
	most := j.cost((len(instructions)+len(question))/3, maxAnswer)
	if err := j.reserve(ctx, most); err != nil {
		return "", err
	}
	defer j.release(most)
	ask, cancel := context.WithTimeout(ctx, j.o.Timeout)
	defer cancel()
	res, err := j.client.Chat.Completions.New(ask, openai.ChatCompletionNewParams{
		Model:               j.o.Model,
		MaxCompletionTokens: openai.Int(maxAnswer),
		Temperature:         openai.Float(0),
		Messages: []openai.ChatCompletionMessageParamUnion{
			openai.SystemMessage(instructions), openai.UserMessage(question),
		},
		ResponseFormat: openai.ChatCompletionNewParamsResponseFormatUnion{
			OfJSONSchema: &shared.ResponseFormatJSONSchemaParam{JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{
				Name: name, Strict: openai.Bool(true), Schema: schema,
			}},
		},
	})
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) { // it may be charged for all the same
			j.spend(ctx, most)
		}
		return "", fmt.Errorf("ask the judge at %s: %w", j.o.BaseURL, j.plain(err))
	}
	u := res.Usage
	used := j.cost(int(u.PromptTokens), int(max(u.CompletionTokens, u.TotalTokens-u.PromptTokens)))
	if used.tokens <= 0 { // an endpoint that does not tell costs the guess
		used = j.cost((len(instructions)+len(question))/4, maxAnswer/4)
	}
	j.spend(ctx, used)
	if len(res.Choices) == 0 {
		return "", errors.New("the judge gave no answer")
	}
	return res.Choices[0].Message.Content, nil
}

// plain makes an error of the client one that holds no key and fits a line.
func (j *Judge) plain(err error) error {
	text := agent.CleanLine(err.Error(), 200)
	if j.o.Key != "" {
		text = strings.ReplaceAll(text, j.o.Key, "KEY")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		text = fmt.Sprintf("no answer within %v", j.o.Timeout)
	}
	return errors.New(text)
}

func (j *Judge) known(key [sha256.Size]byte) (agent.Verdict, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	v, ok := j.kept[key]
	v.Evidence = slices.Clone(v.Evidence)
	return v, ok
}

func (j *Judge) keep(key [sha256.Size]byte, v agent.Verdict) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.kept) >= maxKept {
		clear(j.kept) // the same end is asked about soon or never
	}
	v.Evidence = slices.Clone(v.Evidence)
	j.kept[key] = v
}

// answer is what the model may say.
type answer struct {
	Ending     agent.Ending `json:"ending"`
	Confidence float64      `json:"confidence"`
	Sentence   string       `json:"sentence"`
}

// read makes a verdict of an answer, or refuses it.
func read(text string, f agent.Facts) (agent.Verdict, error) {
	var a answer
	if err := json.Unmarshal([]byte(strings.TrimSpace(text)), &a); err != nil {
		return agent.Verdict{}, fmt.Errorf("the judge's answer is not what was asked for: %s", agent.CleanLine(text, 80))
	}
	if !slices.Contains(choices(), a.Ending) {
		return agent.Verdict{}, fmt.Errorf("the judge picked %q, which is no ending", agent.CleanLine(string(a.Ending), 40))
	}
	if !(a.Confidence >= 0 && a.Confidence <= 1) { // NaN too
		a.Confidence = 0
	}
	ev := agent.Evidence{Source: "judge", Text: "the model says " + string(a.Ending)}
	if quote := agent.CleanLine(a.Sentence, maxQuote); quote != "" && strings.Contains(oneLine(f.Text), quote) {
		ev.Text += ": " + quote
	}
	return agent.Verdict{Ending: a.Ending, Confidence: a.Confidence, Evidence: []agent.Evidence{ev}}, nil
}

// oneLine is the text as a quotation is looked for in it.
func oneLine(s string) string { return agent.CleanLine(s, len(s)+1) }
