package gateway

import (
	"context"
	"sync"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

// AttachOptions says what a local actor is. The zero value is an actor without
// a name.
type AttachOptions struct {
	// Name is that under which the child reaches the actor: up to 255 bytes of
	// UTF-8, unique among the live local actors.
	Name string
	// MaxQueuedBytes of commands may wait for the stream. 0: 4 MiB.
	MaxQueuedBytes int
	// MaxUnreadBytes of events may wait in the client to be read. 0: 4 MiB.
	// Beyond that nothing more is taken from the gateway, not even the results
	// of commands.
	MaxUnreadBytes int
}

// Actor is a client that has made itself a local actor: it sends, links, and
// is told of what comes back. Its commands are queued, and those that wait go
// out together, in order.
//
// When the gateway or the connection is lost the channel of events is closed;
// attach again, as a new actor with a new id.
//
//   - Ownership: it owns its stream and the goroutines that serve it. It must
//     be ended: by Close, or by the end of the context that Attach was given.
//   - Threads: safe for use by many goroutines.
//   - Errors: a command fails with ErrEnded once the actor has ended or was
//     half-closed; Err tells why it has ended.
//   - Memory: the bounds of AttachOptions, one request and one response.
type Actor struct {
	*eventStream
	queue   *commandQueue
	results pendingResults
}

// Attach becomes a local actor, for as long as ctx lives. It waits until the
// gateway has opened the actor.
func (c *Client) Attach(ctx context.Context, options AttachOptions) (*Actor, error) {
	a := &Actor{
		eventStream: newEventStream(ctx, c, options),
		queue:       newCommandQueue(orDefault(options.MaxQueuedBytes, 4<<20)),
	}
	a.onResult = a.results.settle
	if err := a.begin(c.stub, options.Name); err != nil {
		a.cancel()
		return nil, err
	}
	return a, nil
}

func (a *Actor) begin(stub gatewayv1.GatewayServiceClient, name string) error {
	stream, err := stub.Attach(a.ctx)
	if err != nil {
		return wrapError(err)
	}
	a.header = stream.Header
	a.receive = func() ([]*gatewayv1.ActorEvent, error) {
		response, err := stream.Recv()
		return response.GetEvents(), err
	}
	if err := a.queue.add(a.ctx, &gatewayv1.ActorCommand{
		Command: &gatewayv1.ActorCommand_Open_{Open: openNamed(name)},
	}); err != nil {
		return err
	}
	go a.write(stream)
	return a.open()
}

func openNamed(name string) *gatewayv1.ActorCommand_Open {
	return &gatewayv1.ActorCommand_Open{
		Name:     name,
		Encoding: gatewayv1.PayloadEncoding_PAYLOAD_ENCODING_CBOR,
	}
}

// write ends with the stream, or with the queue. A write that fails is
// followed by a read that fails, which tells why.
func (a *Actor) write(stream gatewayv1.GatewayService_AttachClient) {
	defer a.queue.close()
	for {
		batch := a.queue.take(a.ctx.Done())
		if batch == nil {
			_ = stream.CloseSend()
			return
		}
		if stream.Send(batch) != nil {
			return
		}
	}
}

// CommandOption changes what a command of an actor waits for.
type CommandOption func(*commandOptions)

type commandOptions struct{ confirm bool }

// Confirm makes a command wait for the gateway's word on it and return its
// failure, which is otherwise told by a CommandFailed event. For a message it
// means what OK means for Client.Send. Events must be read meanwhile if more of
// them may come than MaxUnreadBytes.
func Confirm() CommandOption {
	return func(options *commandOptions) { options.confirm = true }
}

// Send queues a message to an actor that has spoken before.
func (a *Actor) Send(ctx context.Context, to RemoteActor, payload any,
	options ...CommandOption) error {
	encoded, err := encodePayload(payload)
	if err != nil {
		return err
	}
	return a.do(ctx, &gatewayv1.ActorCommand{Command: &gatewayv1.ActorCommand_Send_{
		Send: &gatewayv1.ActorCommand_Send{
			Endpoint:    to.Endpoint,
			ToId:        to.ID,
			Incarnation: to.Incarnation,
			Payload:     encoded,
		},
	}}, options)
}

// SendNamed queues a message to an actor by its name.
func (a *Actor) SendNamed(ctx context.Context, to NamedActor, payload any,
	options ...CommandOption) error {
	encoded, err := encodePayload(payload)
	if err != nil {
		return err
	}
	return a.do(ctx, &gatewayv1.ActorCommand{Command: &gatewayv1.ActorCommand_SendNamed_{
		SendNamed: &gatewayv1.ActorCommand_SendNamed{
			Endpoint: to.Endpoint,
			ToName:   to.Name,
			Payload:  encoded,
		},
	}}, options)
}

// Link queues a link to a remote actor: when either ends, the other is told.
// The end of one that is already gone is told at once.
func (a *Actor) Link(ctx context.Context, to RemoteActor,
	options ...CommandOption) error {
	return a.do(ctx, &gatewayv1.ActorCommand{Command: &gatewayv1.ActorCommand_Link_{
		Link: &gatewayv1.ActorCommand_Link{
			Endpoint:    to.Endpoint,
			RemoteId:    to.ID,
			Incarnation: to.Incarnation,
		},
	}}, options)
}

func (a *Actor) do(ctx context.Context, command *gatewayv1.ActorCommand,
	options []CommandOption) error {
	var chosen commandOptions
	for _, option := range options {
		option(&chosen)
	}
	if !chosen.confirm {
		return a.queue.add(ctx, command)
	}
	id, result := a.results.expect()
	defer a.results.forget(id)
	command.CommandId = id
	if err := a.queue.add(ctx, command); err != nil {
		return err
	}
	return a.await(ctx, result)
}

// await prefers a result to the end of the stream, which may follow it closely.
func (a *Actor) await(ctx context.Context, result <-chan error) error {
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-a.done:
	}
	select {
	case err := <-result:
		return err
	default:
		return ErrEnded
	}
}

// HalfClose takes no more commands. The gateway is told once those that wait
// are written; it then ends the actor, and its stream with OK.
func (a *Actor) HalfClose() { a.queue.close() }

// Close half-closes, throws away the events that are left and waits for the
// end of the stream: by force when it does not come within the client's
// deadline. It returns what Err does.
func (a *Actor) Close() error { return a.close(a.HalfClose) }

// pendingResults are the commands whose result somebody waits for.
type pendingResults struct {
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan error
}

func (p *pendingResults) expect() (uint64, <-chan error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		p.waiting = make(map[uint64]chan error)
	}
	p.last++
	result := make(chan error, 1)
	p.waiting[p.last] = result
	return p.last, result
}

func (p *pendingResults) forget(id uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, id)
}

func (p *pendingResults) settle(result *gatewayv1.ActorEvent_CommandResult) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if waiter, ok := p.waiting[result.GetCommandId()]; ok {
		waiter <- resultError(result.GetStatus())
		delete(p.waiting, result.GetCommandId())
	}
}
