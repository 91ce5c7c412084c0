package gateway

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"google.golang.org/grpc/codes"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
	"thespian.dev/gateway/internal/livegateway"
)

func attach(t *testing.T, client *Client, options AttachOptions) *Actor {
	t.Helper()
	actor, err := client.Attach(testContext(t), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { actor.Close() })
	return actor
}

// nextEvent passes over changes of the endpoint.
func nextEvent(t *testing.T, events <-chan Event) Event {
	t.Helper()
	ctx := testContext(t)
	for {
		select {
		case event, ok := <-events:
			if !ok {
				t.Fatal("the stream has ended")
			}
			if _, passedOver := event.(EndpointChanged); !passedOver {
				return event
			}
		case <-ctx.Done():
			t.Fatal("no event came")
		}
	}
}

func nextDelivery(t *testing.T, events <-chan Event) (from RemoteActor, value any) {
	t.Helper()
	delivery, ok := nextEvent(t, events).(Delivery)
	if !ok {
		t.Fatal("what came is no delivery")
	}
	return delivery.From, decode(t, delivery.Payload)
}

// awaitEnd reads until the end of a stream.
func awaitEnd(t *testing.T, events <-chan Event) (last Event) {
	t.Helper()
	ctx := testContext(t)
	for {
		select {
		case event, ok := <-events:
			if !ok {
				return last
			}
			last = event
		case <-ctx.Done():
			t.Fatal("the stream does not end")
		}
	}
}

func mustSend(t *testing.T, actor *Actor, to string, payload any) {
	t.Helper()
	if err := actor.SendNamed(testContext(t), Named(to), payload); err != nil {
		t.Fatal(err)
	}
}

// spawned starts an actor in the demo child.
func spawned(t *testing.T, actor *Actor) RemoteActor {
	t.Helper()
	mustSend(t, actor, "spawner", "go")
	from, value := nextDelivery(t, actor.Events())
	if !reflect.DeepEqual(value, []any{"hello", from.ID}) {
		t.Fatalf("the spawned actor said %v", value)
	}
	return from
}

func TestAnActorSendsInOrderAndIsAnswered(t *testing.T) {
	const messages = 5000
	actor := attach(t, connectToNew(t), AttachOptions{})
	go func() {
		for i := 0; i < messages; i++ {
			if err := actor.SendNamed(testContext(t), Named("echo"), i); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for i := 0; i < messages; i++ {
		if _, value := nextDelivery(t, actor.Events()); value != uint64(i) {
			t.Fatalf("%v came in the place of %d", value, i)
		}
	}
	actor.HalfClose()
	awaitEnd(t, actor.Events())
	if err := actor.Err(); err != nil {
		t.Errorf("the stream ended with %v", err)
	}
}

func TestWhoAnsweredIsSentToById(t *testing.T) {
	actor := attach(t, connectToNew(t), AttachOptions{})
	mustSend(t, actor, "counter", "one")
	counter, _ := nextDelivery(t, actor.Events())
	if err := actor.Send(testContext(t), counter, "two"); err != nil {
		t.Fatal(err)
	}
	if _, value := nextDelivery(t, actor.Events()); !reflect.DeepEqual(value, []any{"count", uint64(2)}) {
		t.Errorf("the answer is %v", value)
	}
}

func TestALinkedActorsEndIsToldWithItsReason(t *testing.T) {
	actor := attach(t, connectToNew(t), AttachOptions{})
	remote := spawned(t, actor)
	ctx := testContext(t)
	if err := actor.Link(ctx, remote); err != nil {
		t.Fatal(err)
	}
	if err := actor.Send(ctx, remote, []string{"exit", "enough"}); err != nil {
		t.Fatal(err)
	}
	want := Exited{Actor: remote, Reason: "enough"}
	if got := nextEvent(t, actor.Events()); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheFailureOfACommandIsReturnedOrTold(t *testing.T) {
	actor := attach(t, connectToNew(t), AttachOptions{})
	ctx := testContext(t)
	if err := actor.SendNamed(ctx, Named("counter"), 1, Confirm()); err != nil {
		t.Errorf("a good command failed: %v", err)
	}
	err := actor.Send(ctx, Remote(4711), 1, Confirm())
	expectError(t, err, codes.NotFound, "ACTOR_UNKNOWN")
	err = actor.Link(ctx, RemoteActor{ID: 1, Incarnation: 7}, Confirm())
	expectError(t, err, codes.FailedPrecondition, "INCARNATION_STALE")
	nextDelivery(t, actor.Events())

	if err := actor.Send(ctx, Remote(4711), 1); err != nil {
		t.Fatal(err)
	}
	failed, ok := nextEvent(t, actor.Events()).(CommandFailed)
	if !ok {
		t.Fatal("what came is no failure")
	}
	expectError(t, failed.Err, codes.NotFound, "ACTOR_UNKNOWN")
	mustSend(t, actor, "echo", "still here")
	nextDelivery(t, actor.Events())
}

func TestANameThatIsTakenIsRefused(t *testing.T) {
	client := connectToNew(t)
	attach(t, client, AttachOptions{Name: "me"})
	_, err := client.Attach(testContext(t), AttachOptions{Name: "me"})
	expectError(t, err, codes.AlreadyExists, "NAME_TAKEN")
}

func TestTheEndOfTheChildIsTold(t *testing.T) {
	actor := attach(t, connectToNew(t, "--restart", "never"), AttachOptions{})
	mustSend(t, actor, "crash", []any{"exit_process", 3})
	ctx := testContext(t)
	for {
		select {
		case event := <-actor.Events():
			changed, ok := event.(EndpointChanged)
			if ok && changed.State == gatewayv1.EndpointState_ENDPOINT_STATE_FAILED {
				err := actor.SendNamed(ctx, Named("echo"), 1, Confirm())
				expectError(t, err, codes.Unavailable, "ENDPOINT_FAILED")
				return
			}
		case <-ctx.Done():
			t.Fatal("the end of the child was not told")
		}
	}
}

func TestAnEndedActorTakesNoCommands(t *testing.T) {
	actor := attach(t, connectToNew(t), AttachOptions{})
	if err := actor.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	err := actor.SendNamed(testContext(t), Named("echo"), 1, Confirm())
	if !errors.Is(err, ErrEnded) {
		t.Errorf("got %v", err)
	}
}

func TestCloseThrowsAwayWhatWasNotRead(t *testing.T) {
	actor := attach(t, connectToNew(t), AttachOptions{MaxUnreadBytes: 1})
	for i := 0; i < 100; i++ {
		mustSend(t, actor, "echo", i)
	}
	nextDelivery(t, actor.Events())
	if err := actor.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	awaitEnd(t, actor.Events())
}

func TestTheEndOfItsContextEndsAnActor(t *testing.T) {
	client := connectToNew(t)
	ctx, cancel := context.WithCancel(testContext(t))
	actor, err := client.Attach(ctx, AttachOptions{MaxUnreadBytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 10; i++ {
		mustSend(t, actor, "echo", i)
	}
	cancel()
	awaitEnd(t, actor.Events())
	if !errors.Is(actor.Err(), context.Canceled) {
		t.Errorf("got %v", actor.Err())
	}
}

func TestAClientThatDoesNotReadIsCutOff(t *testing.T) {
	client := connectToNew(t, "--mailbox-bytes", "100000")
	slow := attach(t, client, AttachOptions{MaxUnreadBytes: 1})
	ctx := testContext(t)
	stopped := make(chan error)
	go func() {
		large := make([]byte, 30000)
		for {
			if err := slow.SendNamed(ctx, Named("echo"), large); err != nil {
				stopped <- err
				return
			}
		}
	}()
	awaitNoActors(t, client)
	awaitEnd(t, slow.Events())
	expectError(t, slow.Err(), codes.ResourceExhausted, "MAILBOX_FULL")
	if err := <-stopped; !errors.Is(err, ErrEnded) {
		t.Errorf("the last command: %v", err)
	}
}

// awaitNoActors asks until nobody is attached.
func awaitNoActors(t *testing.T, client *Client) {
	t.Helper()
	ctx := testContext(t)
	for {
		actors, err := client.LocalActors(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(actors) == 0 {
			return
		}
	}
}

func TestAnActorIsToldThatTheGatewayEnds(t *testing.T) {
	gateway := livegateway.Start(t)
	actor := attach(t, connect(t, gateway.Address()), AttachOptions{})
	gateway.Terminate()
	if _, ok := awaitEnd(t, actor.Events()).(Closing); !ok {
		t.Error("the last event is not Closing")
	}
	expectError(t, actor.Err(), codes.Unavailable, "SHUTTING_DOWN")
}

func TestAClientAttachesAgainAfterTheGatewayWasLost(t *testing.T) {
	gateway := livegateway.Start(t)
	client := connect(t, gateway.Address())
	actor := attach(t, client, AttachOptions{Name: "me"})
	gateway.Kill()
	awaitEnd(t, actor.Events())
	expectError(t, actor.Err(), codes.Unavailable, "")
	gateway.Restart()
	again := attachEventually(t, client, AttachOptions{Name: "me"})
	mustSend(t, again, "echo", "after")
	if _, value := nextDelivery(t, again.Events()); value != "after" {
		t.Errorf("the answer is %v", value)
	}
}

// attachEventually tries as long as the gateway is not found.
func attachEventually(t *testing.T, client *Client, options AttachOptions) *Actor {
	t.Helper()
	ctx := testContext(t)
	pauses := pauses{backoff: Backoff{}.withDefaults(), random: func() float64 { return 0 }}
	for {
		actor, err := client.Attach(ctx, options)
		var status *Error
		if errors.As(err, &status) && status.Code == codes.Unavailable {
			if wait(ctx, pauses.next()) {
				continue
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { actor.Close() })
		return actor
	}
}
