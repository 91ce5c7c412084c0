package gateway

import (
	"context"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

// Listener is a local actor that only receives on its stream, and sends with
// requests of their own, each of which is answered. An Actor does more; a
// Listener needs no stream in both directions.
//
//   - Ownership: it owns its stream and the goroutines that serve it. It must
//     be ended: by Close, or by the end of the context that Listen was given.
//   - Threads: safe for use by many goroutines.
//   - Errors: Err tells why it has ended.
//   - Memory: MaxUnreadBytes and one response.
type Listener struct {
	*eventStream
	client *Client
}

// Listen becomes a local actor, for as long as ctx lives. Of the options Name
// and MaxUnreadBytes count.
func (c *Client) Listen(ctx context.Context, options AttachOptions) (*Listener, error) {
	l := &Listener{eventStream: newEventStream(ctx, c, options), client: c}
	if err := l.begin(options.Name); err != nil {
		l.cancel()
		return nil, err
	}
	return l, nil
}

func (l *Listener) begin(name string) error {
	stream, err := l.client.stub.Listen(l.ctx,
		&gatewayv1.ListenRequest{Open: openNamed(name)})
	if err != nil {
		return wrapError(err)
	}
	l.header = stream.Header
	l.receive = func() ([]*gatewayv1.ActorEvent, error) {
		response, err := stream.Recv()
		return response.GetEvents(), err
	}
	return l.open()
}

// Send is Client.Send on behalf of this actor.
func (l *Listener) Send(ctx context.Context, to RemoteActor, payload any) (
	incarnation uint64, err error) {
	return l.client.SendAs(ctx, l.speaker, to, payload)
}

// SendNamed is Client.SendNamed on behalf of this actor.
func (l *Listener) SendNamed(ctx context.Context, to NamedActor, payload any) (
	incarnation uint64, err error) {
	return l.client.SendNamedAs(ctx, l.speaker, to, payload)
}

// Close ends the actor and waits for the end of its stream.
func (l *Listener) Close() {
	_ = l.close(l.cancel) // that it was cancelled is no news
}
