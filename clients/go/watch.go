package gateway

import (
	"context"
	"errors"
	"io"
	"math/rand"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

// WatchOptions says what is watched. The zero value is everything, from a
// snapshot on.
type WatchOptions struct {
	// Endpoint is watched alone; empty: every endpoint.
	Endpoint string
	// AfterSequence goes on after this event (see WatchEvent.ResumeAfter); 0:
	// from a snapshot.
	AfterSequence uint64
	// Epoch is the run of the gateway that AfterSequence is of (see
	// WatchEvent.Epoch); 0: not known. The events after another run's are never
	// held.
	Epoch uint64
	// SkipSnapshot: never a snapshot. From now on, or after AfterSequence, and
	// then with an error if the events after it are no longer held.
	SkipSnapshot bool
	// Kinds of events that are told; none: every kind. Those of snapshots and
	// gaps are always told.
	Kinds []gatewayv1.ProxyEventKind
	// IncludePayloads: message events carry the payload, up to 4 KiB of it.
	IncludePayloads bool
	// Backoff is between the attempts to reach a gateway that was lost.
	Backoff Backoff
	// OnRetry, if set, is told that the gateway was lost or can't be reached
	// again, why, and how long the pause is before the next attempt. It must
	// not wait.
	OnRetry func(err error, pause time.Duration)
}

// WatchEvent is one thing that happened, or one row of a snapshot.
type WatchEvent struct {
	// ProxyEvent is nil if NotResumed is set.
	*gatewayv1.ProxyEvent
	// NotResumed: events were missed, and nobody knows how many, because the
	// gateway does not hold them any more or is another run of it. A fresh
	// snapshot follows, unless SkipSnapshot is set: forget what you knew.
	NotResumed bool
	// ResumeAfter, as AfterSequence of another watch, goes on after this event.
	// 0 within a snapshot.
	ResumeAfter uint64
	// Epoch is the run of the gateway that ResumeAfter is of.
	Epoch uint64
}

// String is the event as Protobuf prints it, or that events were missed.
func (e WatchEvent) String() string {
	if e.NotResumed {
		return "not resumed: events were missed"
	}
	return e.ProxyEvent.String()
}

// Watch tells what happens to the remote actors. Once it has begun it outlives
// the gateway: after Unavailable, when its stream broke (Internal or Unknown,
// without a reason), or when it was cut off because it was read too slowly
// (MAILBOX_FULL), it connects again, for as long as it takes, and goes on after
// the last event it told, or says that it could not. Any other error ends it.
//
//   - Ownership: it owns its stream and the goroutine that reads it. It must be
//     ended: by Close, or by the end of the context that Client.Watch was given.
//   - Threads: one goroutine reads the channel; Close may come from any.
//   - Errors: Err tells why it has ended.
//   - Memory: one response of the gateway. A watcher that does not read is
//     cut off by the gateway, and goes on where it was.
type Watch struct {
	ctx      context.Context
	cancel   context.CancelFunc
	stub     gatewayv1.GatewayServiceClient
	patience time.Duration
	options  WatchOptions
	pauses   pauses

	position watchPosition
	events   chan WatchEvent
	err      error
}

// watchStream is one of the requests that a Watch makes in its life.
type watchStream struct {
	gatewayv1.GatewayService_WatchProxiesClient
	cancel context.CancelFunc
}

// Watch begins to watch, for as long as ctx lives. It waits until the gateway
// has taken the request.
func (c *Client) Watch(ctx context.Context, options WatchOptions) (*Watch, error) {
	ctx, cancel := context.WithCancel(ctx)
	w := &Watch{
		ctx:      ctx,
		cancel:   cancel,
		stub:     c.stub,
		patience: c.deadline,
		options:  options,
		pauses: pauses{
			backoff: options.Backoff.withDefaults(),
			random:  rand.Float64,
		},
		position: newWatchPosition(options),
		events:   make(chan WatchEvent),
	}
	if err := w.begin(); err != nil {
		cancel()
		return nil, wrapError(err)
	}
	return w, nil
}

func (w *Watch) begin() error {
	stream, err := w.open()
	if isRefusal(err) && w.position.refused() {
		stream, err = w.open()
	}
	if err == nil {
		go w.run(stream)
	}
	return err
}

// Events are told in order. The channel is closed when the watch has ended;
// Err then tells why.
func (w *Watch) Events() <-chan WatchEvent { return w.events }

// Err tells why the watch ended: Canceled after Close or the end of its
// context. To be called once the channel of events is closed.
func (w *Watch) Err() error { return w.err }

// Close ends the watch and waits for its end; events that are left are thrown
// away.
func (w *Watch) Close() {
	w.cancel()
	for range w.events {
	}
}

func (w *Watch) run(stream *watchStream) {
	defer close(w.events)
	defer w.cancel()
	var err error
	for {
		if err == nil {
			err = w.read(stream)
			stream.cancel()
		}
		if !w.goesOn(err) {
			w.err = wrapError(err)
			if w.ctx.Err() != nil {
				w.err = wrapError(status.FromContextError(w.ctx.Err()).Err())
			}
			return
		}
		stream, err = w.open()
	}
}

// goesOn prepares for the next request, if there is one after this error.
func (w *Watch) goesOn(err error) bool {
	if isRefusal(err) {
		return w.position.refused()
	}
	end, isStatus := status.FromError(err)
	loss := statusError(end)
	if !isStatus || !isLoss(loss) {
		return false
	}
	w.position.lose()
	pause := w.pauses.next()
	if w.options.OnRetry != nil {
		w.options.OnRetry(loss, pause)
	}
	return wait(w.ctx, pause)
}

// isLoss: the same may be asked again. A stream that a proxy resets ends with
// Internal or Unknown; where these are the gateway's word they have a reason.
func isLoss(err *Error) bool {
	switch err.Code {
	case codes.Unavailable:
		return true
	case codes.Internal, codes.Unknown:
		return err.Reason == ""
	}
	return err.Reason == "MAILBOX_FULL"
}

// isRefusal: SEQUENCE_COMPACTED.
func isRefusal(err error) bool { return status.Code(err) == codes.OutOfRange }

// open makes a request and waits until the gateway has taken it.
func (w *Watch) open() (*watchStream, error) {
	request := &gatewayv1.WatchProxiesRequest{
		Endpoint:        w.options.Endpoint,
		Kinds:           w.options.Kinds,
		IncludePayloads: w.options.IncludePayloads,
	}
	w.position.ask(request)
	ctx, cancel := context.WithCancel(w.ctx)
	timer := time.AfterFunc(w.patience, cancel)
	stream, err := w.stub.WatchProxies(withEndpoint(ctx, request), request)
	if err == nil {
		err = awaitHeader(stream)
	}
	if !timer.Stop() {
		err = makeError(codes.Unavailable, "the gateway did not take the watch in time")
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return &watchStream{stream, cancel}, nil
}

// The gateway sends the header at once; an error comes without.
func awaitHeader(stream gatewayv1.GatewayService_WatchProxiesClient) error {
	header, err := stream.Header()
	if err == nil && header == nil {
		_, err = stream.Recv()
	}
	return err
}

// read tells the events of one stream until it ends.
func (w *Watch) read(stream *watchStream) error {
	if w.position.tellMissed() {
		if err := w.tell(WatchEvent{NotResumed: true}); err != nil {
			return err
		}
	}
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return makeError(codes.Unavailable, "the gateway ended the watch")
		}
		if err != nil {
			return err
		}
		w.pauses.reset()
		w.position.hear(response.GetEpoch())
		for _, event := range response.GetEvents() {
			told := w.position.take(event)
			if event.GetHeartbeat() != nil {
				continue // it is only a place to go on from
			}
			if err := w.tell(told); err != nil {
				return err
			}
		}
	}
}

func (w *Watch) tell(event WatchEvent) error {
	select {
	case w.events <- event:
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}
