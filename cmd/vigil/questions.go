package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/term"

	"vigil/remote"
)

// errRefused is a person's no, or that nobody is there to ask.
var errRefused = errors.New("no answer was given")

// questions are what hosts ask of the person at the screen.
type questions struct {
	changed func()

	mu      sync.Mutex
	last    int
	waiting []waiting
}

type waiting struct {
	remote.Question
	answer chan string // closed without a word: refused
}

func newQuestions(changed func()) *questions { return &questions{changed: changed} }

// ask puts a question on the screen and waits for its answer.
func (q *questions) ask(ctx context.Context, what remote.Question) (string, error) {
	answer := make(chan string, 1)
	q.mu.Lock()
	q.last++
	what.ID = strconv.Itoa(q.last)
	q.waiting = append(q.waiting, waiting{what, answer})
	q.mu.Unlock()
	q.changed()
	select {
	case text, ok := <-answer:
		if !ok {
			return "", errRefused
		}
		return text, nil
	case <-ctx.Done():
		q.take(what.ID)
		q.changed()
		return "", ctx.Err()
	}
}

// open lists the questions that wait, the oldest first.
func (q *questions) open() []remote.Question {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []remote.Question
	for _, w := range q.waiting {
		out = append(out, w.Question)
	}
	return out
}

// take removes a question and returns where its answer goes; nil if it is gone.
func (q *questions) take(id string) chan string {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.IndexFunc(q.waiting, func(w waiting) bool { return w.ID == id })
	if i < 0 {
		return nil
	}
	answer := q.waiting[i].answer
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return answer
}

// answer answers a question, or refuses to.
func (q *questions) answer(id, text string, refused bool) {
	answer := q.take(id)
	if answer == nil {
		return
	}
	if !refused {
		answer <- text
	}
	close(answer)
	q.changed()
}

// ask asks the person at the terminal of a command.
func (e env) ask(ctx context.Context, q remote.Question) (string, error) {
	in, ok := e.Stdin.(*os.File)
	if !e.Terminal || !ok {
		return "", fmt.Errorf("%w: %s asks %q, and there is no terminal: add the key to ssh-agent, or log in once with ssh", errRefused, q.Host, q.Prompt)
	}
	fmt.Fprintf(e.Stderr, "%s: %s ", q.Host, q.Prompt)
	type reply struct {
		text string
		err  error
	}
	got := make(chan reply, 1)
	go func() { // ends with the next line that is typed
		text, err := readAnswer(in, q.Secret)
		got <- reply{text, err}
	}()
	select {
	case r := <-got:
		return r.text, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// readAnswer reads a line from a terminal, without showing a secret one.
func readAnswer(in *os.File, secret bool) (string, error) {
	if secret {
		b, err := term.ReadPassword(int(in.Fd()))
		return string(b), err
	}
	s := bufio.NewScanner(in)
	s.Scan()
	return s.Text(), s.Err()
}
