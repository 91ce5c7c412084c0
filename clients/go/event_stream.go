package gateway

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

// eventStream is the receiving half of a local actor. One goroutine reads the
// stream and fills the mailbox, another hands the mail over. A user that does
// not read stalls both, and is at last cut off by the gateway.
//
//   - Ownership: both goroutines end with the stream, the second when what is
//     left was read or is given up.
//   - Threads: fields above `events` are set before the goroutines start; err is
//     written before done is closed.
type eventStream struct {
	parent   context.Context // the user's
	ctx      context.Context // the stream's
	cancel   context.CancelFunc
	receive  func() ([]*gatewayv1.ActorEvent, error)
	header   func() (metadata.MD, error)
	onResult func(*gatewayv1.ActorEvent_CommandResult)
	patience time.Duration

	speaker Speaker
	mail    *mailbox
	events  chan Event
	discard chan struct{} // closed: nobody reads events any more
	once    sync.Once     // closes discard
	done    chan struct{} // closed: err is final
	err     error
}

func newEventStream(ctx context.Context, c *Client, options AttachOptions) *eventStream {
	parent := ctx
	ctx, cancel := context.WithCancel(parent)
	return &eventStream{
		parent:   parent,
		ctx:      ctx,
		cancel:   cancel,
		onResult: func(*gatewayv1.ActorEvent_CommandResult) {},
		patience: c.deadline,
		mail:     newMailbox(orDefault(options.MaxUnreadBytes, 4<<20)),
		events:   make(chan Event),
		discard:  make(chan struct{}),
		done:     make(chan struct{}),
	}
}

// open waits for the actor's id, for as long as a request may take, and then
// starts the goroutines. After an error the stream must be cancelled.
func (s *eventStream) open() error {
	timer := time.AfterFunc(s.patience, s.cancel)
	events, err := s.receive()
	if !timer.Stop() {
		return makeError(codes.DeadlineExceeded, "the gateway did not open the actor in time")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return wrapError(err)
	}
	if len(events) == 0 || events[0].GetOpened() == nil {
		return makeError(codes.Internal, "the stream began without the actor's id")
	}
	opened := events[0].GetOpened()
	header, err := s.header()
	if err != nil {
		return wrapError(err)
	}
	s.speaker = Speaker{
		ID:      opened.GetActorId(),
		Token:   opened.GetToken(),
		Gateway: gatewayIn(header),
	}
	go s.read(events[1:])
	go s.deliver()
	return nil
}

func (s *eventStream) read(events []*gatewayv1.ActorEvent) {
	var err error
	for ; err == nil; events, err = s.receive() {
		for _, event := range events {
			s.dispatch(event)
		}
	}
	if !errors.Is(err, io.EOF) {
		s.err = wrapError(err)
	}
	s.cancel()
	close(s.done)
	s.mail.end()
}

func (s *eventStream) dispatch(event *gatewayv1.ActorEvent) {
	if result := event.GetCommandResult(); result != nil {
		if result.GetCommandId() == 0 {
			s.mail.put(CommandFailed{Err: resultError(result.GetStatus())})
		} else {
			s.onResult(result)
		}
		return
	}
	if known := makeEvent(event); known != nil {
		s.mail.put(known)
	}
}

func (s *eventStream) deliver() {
	defer close(s.events)
	s.handOver()
	s.mail.drop()
	<-s.done
}

// handOver returns when everything was read, or nobody reads any more.
func (s *eventStream) handOver() {
	for {
		mail := s.mail.take()
		if len(mail) == 0 {
			return
		}
		for _, event := range mail {
			select {
			case s.events <- event:
				s.mail.free(event)
			case <-s.discard:
				return
			case <-s.parent.Done():
				return
			}
		}
	}
}

// throwAway gives up what was not read.
func (s *eventStream) throwAway() {
	s.once.Do(func() { close(s.discard) })
	s.mail.drop()
}

// close ends the stream: by itself after what halfClose did, by force after
// the patience.
func (s *eventStream) close(halfClose func()) error {
	s.throwAway()
	halfClose()
	timer := time.NewTimer(s.patience)
	defer timer.Stop()
	select {
	case <-s.done:
		return s.err
	case <-timer.C:
		s.cancel()
		<-s.done
		return makeError(codes.DeadlineExceeded,
			"the gateway did not end the stream in time; it was cancelled")
	}
}

// ID is the actor's id. The gateway never gives it again while it runs.
func (s *eventStream) ID() uint64 { return s.speaker.ID }

// Speaker lets Client.SendAs and SendNamedAs speak for the actor.
func (s *eventStream) Speaker() Speaker { return s.speaker }

// Events are what the actor is told, in order. The channel is closed when the
// stream has ended; Err then tells why.
func (s *eventStream) Events() <-chan Event { return s.events }

// Err is nil while the stream lives, and if the gateway ended it with OK after
// it was half-closed.
func (s *eventStream) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}
