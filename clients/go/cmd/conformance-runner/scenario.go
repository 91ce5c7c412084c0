package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"thespian.dev/gateway"
)

const (
	stepPatience = 10 * time.Second
	retryPause   = 20 * time.Millisecond
)

type scenario struct {
	Name  string `json:"name"`
	Steps []step `json:"steps"`
}

type step struct {
	Do              string           `json:"do"`
	As              string           `json:"as"`
	On              string           `json:"on"`
	Name            any              `json:"name"`
	To              any              `json:"to"`
	From            any              `json:"from"`
	Payload         any              `json:"payload"`
	Endpoint        string           `json:"endpoint"`
	Incarnation     any              `json:"incarnation"`
	RemoteID        any              `json:"remote_id"`
	DeadlineMS      int              `json:"deadline_ms"`
	AfterSequence   any              `json:"after_sequence"`
	Epoch           uint64           `json:"epoch"`
	SkipSnapshot    bool             `json:"skip_snapshot"`
	IncludePayloads bool             `json:"include_payloads"`
	Kinds           []string         `json:"kinds"`
	Events          []map[string]any `json:"events"`
	SkipEvents      bool             `json:"skip_events"`
	Action          string           `json:"action"`
	Confirm         bool             `json:"confirm"`
	Times           int              `json:"times"`
	Eventually      bool             `json:"eventually"`
	Expect          any              `json:"expect"`
	Error           map[string]any   `json:"error"`
}

// player does one scenario.
type player struct {
	client  *gateway.Client
	driver  driver
	ctx     context.Context // the scenario's
	streams map[string]*stream
	values  values
}

func run(next order, d driver) error {
	client, err := gateway.Connect(next.Address,
		gateway.ConnectOptions{Deadline: stepPatience, TLS: next.TLS})
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p := &player{
		client:  client,
		driver:  d,
		ctx:     ctx,
		streams: map[string]*stream{},
		values:  values{saved: map[string]any{}},
	}
	for i, s := range next.Scenario.Steps {
		if err := p.play(s); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, s.Do, err)
		}
	}
	return nil
}

// play does a step, again and again if the outcome may come late.
func (p *player) play(s step) error {
	deadline := time.Now().Add(stepPatience)
	for {
		err := p.playTimes(s)
		if err == nil || !s.Eventually || time.Now().After(deadline) {
			return err
		}
		time.Sleep(retryPause)
	}
}

func (p *player) playTimes(s step) error {
	ctx, cancel := context.WithTimeout(p.ctx, stepPatience)
	defer cancel()
	for i := 0; i == 0 || i < s.Times; i++ {
		p.values.index = i
		if err := p.playOnce(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) playOnce(ctx context.Context, s step) error {
	do, ok := actions[s.Do]
	if !ok {
		return errors.New("the runner does not know this step")
	}
	result, err := do(p, ctx, s)
	if s.Error != nil {
		return p.matchError(s.Error, err)
	}
	if err != nil || s.Expect == nil {
		return err
	}
	return p.values.match(s.Expect, result)
}

// matchError fails if err is not as the scenario wants it.
func (p *player) matchError(want map[string]any, err error) error {
	if err == nil {
		return fmt.Errorf("it succeeded; expected the error %v", want)
	}
	var status *gateway.Error
	if !errors.As(err, &status) {
		return fmt.Errorf("it failed with %q; expected the error %v", err, want)
	}
	seen := map[string]any{
		"code":      codeName(status.Code),
		"reason":    status.Reason,
		"message":   status.Message,
		"retryable": status.Retryable,
	}
	return p.values.match(want, seen)
}

func codeName(code codes.Code) string {
	for name, number := range codeNumbers {
		if number == code {
			return name
		}
	}
	return code.String()
}

// The canonical names; the Go library writes others.
var codeNumbers = map[string]codes.Code{
	"CANCELLED":           codes.Canceled,
	"UNKNOWN":             codes.Unknown,
	"INVALID_ARGUMENT":    codes.InvalidArgument,
	"DEADLINE_EXCEEDED":   codes.DeadlineExceeded,
	"NOT_FOUND":           codes.NotFound,
	"ALREADY_EXISTS":      codes.AlreadyExists,
	"PERMISSION_DENIED":   codes.PermissionDenied,
	"RESOURCE_EXHAUSTED":  codes.ResourceExhausted,
	"FAILED_PRECONDITION": codes.FailedPrecondition,
	"ABORTED":             codes.Aborted,
	"OUT_OF_RANGE":        codes.OutOfRange,
	"UNIMPLEMENTED":       codes.Unimplemented,
	"INTERNAL":            codes.Internal,
	"UNAVAILABLE":         codes.Unavailable,
	"DATA_LOSS":           codes.DataLoss,
	"UNAUTHENTICATED":     codes.Unauthenticated,
}
