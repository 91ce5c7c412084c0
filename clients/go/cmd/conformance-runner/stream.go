package main

import (
	"context"
	"errors"
	"fmt"

	"thespian.dev/gateway"
)

// stream is an Actor, a Listener or a Watch, read only when a step asks: a
// client that does not read is a part of some scenarios.
type stream struct {
	// next returns the next event, or false at the end of the stream.
	next    func(context.Context) (event map[string]any, ok bool, err error)
	err     func() error
	cancel  context.CancelFunc
	speaker gateway.Speaker
	actor   *gateway.Actor // nil: it takes no commands
}

var errSilent = errors.New("nothing more came")

// receive adapts a channel of events.
func receive[Event any](events <-chan Event, see func(Event) map[string]any) func(
	context.Context) (map[string]any, bool, error) {
	return func(ctx context.Context) (map[string]any, bool, error) {
		select {
		case event, ok := <-events:
			if !ok {
				return nil, false, nil
			}
			return see(event), true, nil
		case <-ctx.Done():
			return nil, false, errSilent
		}
	}
}

// seeEvent is nil for what scenarios don't see.
func seeEvent(event gateway.Event) map[string]any {
	switch event := event.(type) {
	case gateway.Delivery:
		return kind("delivery", map[string]any{
			"endpoint":    event.From.Endpoint,
			"incarnation": event.From.Incarnation,
			"from_id":     event.From.ID,
			"payload":     payload(event.Payload),
		})
	case gateway.Exited:
		return kind("exited", map[string]any{
			"endpoint":    event.Actor.Endpoint,
			"incarnation": event.Actor.Incarnation,
			"remote_id":   event.Actor.ID,
			"reason":      event.Reason,
			"details":     payloads(event.Details),
		})
	case gateway.EndpointChanged:
		return kind("endpoint_changed", map[string]any{
			"endpoint":    event.Endpoint,
			"incarnation": event.Incarnation,
			"state":       enumerator(event.State.Descriptor(), event.State.Number()),
			"reason":      event.Reason,
		})
	case gateway.Closing:
		return kind("closing", map[string]any{"reason": event.Reason})
	}
	return nil
}

func kind(name string, fields map[string]any) map[string]any {
	return map[string]any{name: fields}
}

func seeWatchEvent(event gateway.WatchEvent) map[string]any {
	if event.NotResumed {
		return kind("not_resumed", map[string]any{})
	}
	message := event.ProxyEvent.ProtoReflect()
	body := message.WhichOneof(message.Descriptor().Oneofs().ByName("event"))
	if body == nil {
		return nil // of a newer gateway
	}
	fields := seenMessage(message.Get(body).Message())
	fields["sequence"] = event.GetSequence()
	fields["endpoint"] = event.GetEndpoint()
	fields["incarnation"] = event.GetIncarnation()
	return kind(string(body.Name()), fields)
}

// nextOf skips what a step passes over.
func (s *stream) nextOf(ctx context.Context, passOver string) (map[string]any, bool, error) {
	for {
		event, ok, err := s.next(ctx)
		if !ok || err != nil {
			return nil, ok, err
		}
		if _, passed := event[passOver]; event != nil && !passed {
			return event, true, nil
		}
	}
}

// see matches the events that come next.
func (s *stream) see(ctx context.Context, v *values, events []map[string]any) error {
	passOver := "endpoint_changed"
	for _, want := range events {
		if _, named := want[passOver]; named {
			passOver = ""
		}
	}
	for i, want := range events {
		times, err := timesOf(v, want)
		if err != nil {
			return err
		}
		for v.index = 0; v.index < times; v.index++ {
			event, ok, err := s.nextOf(ctx, passOver)
			if err == nil && !ok {
				err = fmt.Errorf("the stream has ended: %v", s.err())
			}
			if err == nil {
				err = v.matchObject(withoutTimes(want), event)
			}
			if err != nil {
				return fmt.Errorf("event %d (%d of %d): %w", i+1, v.index+1, times, err)
			}
		}
	}
	return nil
}

func timesOf(v *values, event map[string]any) (int, error) {
	if _, ok := event["times"]; !ok {
		return 1, nil
	}
	times, err := v.uint(event["times"])
	return int(times), err
}

func withoutTimes(event map[string]any) map[string]any {
	rest := map[string]any{}
	for key, value := range event {
		if key != "times" {
			rest[key] = value
		}
	}
	return rest
}

// end waits for the end of the stream, and returns why it came.
func (s *stream) end(ctx context.Context, skipEvents bool) error {
	for {
		event, ok, err := s.nextOf(ctx, "endpoint_changed")
		switch {
		case err != nil:
			return err
		case !ok:
			return s.err()
		case !skipEvents:
			return fmt.Errorf("expected the end of the stream, saw %s", short(event))
		}
	}
}
