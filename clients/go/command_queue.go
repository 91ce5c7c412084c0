package gateway

import (
	"context"
	"sync"

	"google.golang.org/protobuf/proto"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

const (
	// One request carries at most this much, or one command if that is larger.
	maxBatchCommands = 256
	maxBatchBytes    = 64 << 10
	// What a small command costs in memory beyond its bytes on the wire.
	commandOverhead = 128
)

// commandQueue holds the commands of an actor that wait for its stream, and
// cuts them into batches: whatever waits goes out together.
//
//   - Threads: any number of goroutines add, one takes.
//   - Memory: at most maxBytes, or one command if that is larger.
type commandQueue struct {
	maxBytes int

	mu      sync.Mutex
	waiting []queuedCommand
	bytes   int
	closed  bool
	news    chan struct{} // one token: there may be something to take
	room    chan struct{} // closed, and made anew, when some was taken
}

type queuedCommand struct {
	command *gatewayv1.ActorCommand
	onWire  int
}

func newCommandQueue(maxBytes int) *commandQueue {
	return &commandQueue{
		maxBytes: maxBytes,
		news:     make(chan struct{}, 1),
		room:     make(chan struct{}),
	}
}

// add waits for room until ctx ends. ErrEnded once the queue is closed.
func (q *commandQueue) add(ctx context.Context, command *gatewayv1.ActorCommand) error {
	next := queuedCommand{command: command, onWire: proto.Size(command)}
	for {
		room, err := q.tryAdd(next)
		if room == nil {
			return err
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tryAdd returns what to wait for if there is no room.
func (q *commandQueue) tryAdd(next queuedCommand) (room chan struct{}, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, ErrEnded
	}
	cost := next.onWire + commandOverhead
	if q.bytes+cost > q.maxBytes && len(q.waiting) > 0 {
		return q.room, nil
	}
	q.bytes += cost
	q.waiting = append(q.waiting, next)
	q.tell()
	return nil, nil
}

// close refuses further commands; those that wait can still be taken.
func (q *commandQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.tell()
	q.makeRoom()
}

// take waits for the next batch. Nil: the queue is closed and empty, or done
// is closed.
func (q *commandQueue) take(done <-chan struct{}) *gatewayv1.AttachRequest {
	for {
		batch, closed := q.tryTake()
		if batch != nil || closed {
			return batch
		}
		select {
		case <-q.news:
		case <-done:
			return nil
		}
	}
}

func (q *commandQueue) tryTake() (batch *gatewayv1.AttachRequest, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return nil, q.closed
	}
	batch = &gatewayv1.AttachRequest{}
	bytes := 0
	for len(q.waiting) > 0 && len(batch.Commands) < maxBatchCommands {
		next := q.waiting[0]
		if bytes > 0 && bytes+next.onWire > maxBatchBytes {
			break
		}
		bytes += next.onWire
		q.bytes -= next.onWire + commandOverhead
		q.waiting[0] = queuedCommand{} // its memory is free once it is written
		q.waiting = q.waiting[1:]
		batch.Commands = append(batch.Commands, next.command)
	}
	q.makeRoom()
	return batch, q.closed
}

// Both with q.mu held.

func (q *commandQueue) tell() {
	select {
	case q.news <- struct{}{}:
	default:
	}
}

func (q *commandQueue) makeRoom() {
	close(q.room)
	q.room = make(chan struct{})
}
