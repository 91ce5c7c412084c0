package gateway

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
	"thespian.dev/gateway/internal/livegateway"
)

const kindCreated = gatewayv1.ProxyEventKind_PROXY_EVENT_KIND_PROXY_CREATED

var quickly = Backoff{Initial: time.Millisecond, Max: 10 * time.Millisecond}

func watch(t *testing.T, client *Client, options WatchOptions) *Watch {
	t.Helper()
	watch, err := client.Watch(testContext(t), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watch.Close)
	return watch
}

func nextWatchEvent(t *testing.T, watch *Watch) WatchEvent {
	t.Helper()
	select {
	case event, ok := <-watch.Events():
		if !ok {
			t.Fatalf("the watch has ended: %v", watch.Err())
		}
		return event
	case <-time.After(patience):
		t.Fatal("no event came")
	}
	return WatchEvent{}
}

func expectSnapshot(t *testing.T, watch *Watch, proxies uint64) WatchEvent {
	t.Helper()
	for {
		event := nextWatchEvent(t, watch)
		if event.NotResumed {
			t.Fatal("NotResumed came in the place of a snapshot")
		}
		if complete := event.GetSnapshotComplete(); complete != nil {
			if complete.GetProxies() != proxies {
				t.Errorf("a snapshot of %d proxies, want %d", complete.GetProxies(), proxies)
			}
			return event
		}
	}
}

func expectCreated(t *testing.T, watch *Watch, remoteID uint64) WatchEvent {
	t.Helper()
	event := nextWatchEvent(t, watch)
	if created := event.GetProxyCreated(); created.GetRemoteId() != remoteID {
		t.Fatalf("got %v, want the proxy %d", event, remoteID)
	}
	return event
}

func TestAWatchBeginsWithASnapshot(t *testing.T) {
	client := connectToNew(t)
	call(t, client, Named("echo"), 1)
	watch := watch(t, client, WatchOptions{})
	state := nextWatchEvent(t, watch)
	if state.GetEndpointStateChanged() == nil || state.ResumeAfter != 0 {
		t.Errorf("the first event is %v, resume after %d", state, state.ResumeAfter)
	}
	expectCreated(t, watch, 1)
	complete := expectSnapshot(t, watch, 1)
	if complete.ResumeAfter != complete.GetSequence() || complete.ResumeAfter == 0 {
		t.Errorf("resume after %d", complete.ResumeAfter)
	}
}

func TestAWatchGoesOnAfterASequence(t *testing.T) {
	client := connectToNew(t)
	first := watch(t, client, WatchOptions{Kinds: []gatewayv1.ProxyEventKind{kindCreated}})
	expectSnapshot(t, first, 0)
	call(t, client, Named("echo"), 1)
	after := expectCreated(t, first, 1).ResumeAfter
	first.Close()
	call(t, client, Named("counter"), 1)
	second := watch(t, client, WatchOptions{
		AfterSequence: after, Kinds: []gatewayv1.ProxyEventKind{kindCreated}})
	expectCreated(t, second, 2)
}

func TestAWatchOfWhatIsNotHeldSaysSo(t *testing.T) {
	client := connectToNew(t)
	_, err := client.Watch(testContext(t), WatchOptions{AfterSequence: 1, SkipSnapshot: true})
	expectError(t, err, codes.OutOfRange, "SEQUENCE_COMPACTED")
	watch := watch(t, client, WatchOptions{AfterSequence: 1})
	if event := nextWatchEvent(t, watch); !event.NotResumed {
		t.Errorf("the first event is %v", event)
	}
	expectSnapshot(t, watch, 0)
}

func TestAWatchOfWhatAnotherRunToldSaysSo(t *testing.T) {
	client := connectToNew(t)
	first := watch(t, client, WatchOptions{})
	at := expectSnapshot(t, first, 0)
	if at.Epoch == 0 {
		t.Fatal("the run is not told")
	}
	call(t, client, Named("echo"), 1)
	kinds := []gatewayv1.ProxyEventKind{kindCreated}
	same := watch(t, client, WatchOptions{
		AfterSequence: at.ResumeAfter, Epoch: at.Epoch, Kinds: kinds})
	expectCreated(t, same, 1)
	other := watch(t, client, WatchOptions{
		AfterSequence: at.ResumeAfter, Epoch: at.Epoch ^ 1, Kinds: kinds})
	if event := nextWatchEvent(t, other); !event.NotResumed {
		t.Errorf("the first event is %v", event)
	}
	expectSnapshot(t, other, 1)
}

func TestAWatchOfAnUnknownEndpointFailsAtOnce(t *testing.T) {
	client := connectToNew(t)
	_, err := client.Watch(testContext(t), WatchOptions{Endpoint: "elsewhere"})
	expectError(t, err, codes.NotFound, "ENDPOINT_UNKNOWN")
}

func TestAWatchWithoutAGatewayFailsAtOnce(t *testing.T) {
	client := connect(t, "unix:"+t.TempDir()+"/nobody")
	_, err := client.Watch(testContext(t), WatchOptions{})
	expectError(t, err, codes.Unavailable, "")
}

func TestAWatchResumesAfterACutWithoutLossOrRepetition(t *testing.T) {
	gateway := livegateway.Start(t)
	relay := livegateway.NewRelay(t, gateway.Address())
	direct := connect(t, gateway.Address())
	lost := make(chan error, 1000)
	watch := watch(t, connect(t, relay.Address()), WatchOptions{
		Kinds:   []gatewayv1.ProxyEventKind{kindCreated},
		Backoff: quickly,
		OnRetry: func(err error, _ time.Duration) { lost <- err },
	})
	expectSnapshot(t, watch, 0)
	for id := uint64(100); id < 110; id++ {
		relay.Cut()
		expectError(t, <-lost, codes.Unavailable, "")
		call(t, direct, Named("spawner"), "go")
		expectCreated(t, watch, id)
	}
}

// What a proxy makes of a gateway that died is one of these.
func TestAWatchResumesAfterAStreamThatBroke(t *testing.T) {
	for name, end := range map[string]error{
		"UNAVAILABLE":  status.Error(codes.Unavailable, "gone"),
		"INTERNAL":     status.Error(codes.Internal, "reset"),
		"UNKNOWN":      status.Error(codes.Unknown, "reset"),
		"MAILBOX_FULL": refusal(codes.ResourceExhausted, "MAILBOX_FULL"),
	} {
		t.Run(name, func(t *testing.T) {
			fake, client := serveWatches(t,
				script{[]*gatewayv1.ProxyEvent{complete(5)}, end},
				script{nil, end},
				script{[]*gatewayv1.ProxyEvent{created(6)}, nil})
			watch := watch(t, client, WatchOptions{Backoff: quickly})
			for _, want := range []uint64{5, 6} {
				if got := nextWatchEvent(t, watch).GetSequence(); got != want {
					t.Errorf("told %d, want %d", got, want)
				}
			}
			if got := fake.after(); !reflect.DeepEqual(got, []uint64{0, 5, 5}) {
				t.Errorf("went on after %v", got)
			}
		})
	}
}

func TestARefusalEndsAWatch(t *testing.T) {
	for _, test := range []struct {
		code   codes.Code
		reason string
		end    error
	}{
		{codes.Internal, "SOME_REASON", refusal(codes.Internal, "SOME_REASON")},
		{codes.Unknown, "SOME_REASON", refusal(codes.Unknown, "SOME_REASON")},
		{codes.Unimplemented, "", status.Error(codes.Unimplemented, "no such")},
		{codes.ResourceExhausted, "LIMIT_REACHED",
			refusal(codes.ResourceExhausted, "LIMIT_REACHED")},
	} {
		fake, client := serveWatches(t,
			script{[]*gatewayv1.ProxyEvent{complete(5)}, test.end})
		watch := watch(t, client, WatchOptions{Backoff: quickly})
		if got := nextWatchEvent(t, watch).GetSequence(); got != 5 {
			t.Errorf("told %d", got)
		}
		if event, ok := <-watch.Events(); ok {
			t.Errorf("%v was followed by %v", test.end, event)
		}
		expectError(t, watch.Err(), test.code, test.reason)
		if got := fake.after(); len(got) != 1 {
			t.Errorf("went on after %v", got)
		}
	}
}

func TestAWatchThatCannotBeginSaysWhy(t *testing.T) {
	_, client := serveWatches(t, script{nil, status.Error(codes.Internal, "reset")})
	_, err := client.Watch(testContext(t), WatchOptions{})
	expectError(t, err, codes.Internal, "")
}

func TestAWatchSaysThatItCouldNotResumeAfterARestart(t *testing.T) {
	gateway := livegateway.Start(t)
	client := connect(t, gateway.Address())
	watch := watch(t, client, WatchOptions{
		Kinds: []gatewayv1.ProxyEventKind{kindCreated}, Backoff: quickly})
	expectSnapshot(t, watch, 0)
	call(t, client, Named("echo"), 1)
	expectCreated(t, watch, 1)
	gateway.Kill()
	gateway.Restart()
	if event := nextWatchEvent(t, watch); !event.NotResumed {
		t.Fatalf("got %v", event)
	}
	expectSnapshot(t, watch, 0)
	direct := connect(t, gateway.Address())
	call(t, direct, Named("counter"), 1)
	expectCreated(t, watch, 2)
}

func TestTheEndOfItsContextEndsAWatch(t *testing.T) {
	client := connectToNew(t)
	ctx, cancel := context.WithCancel(testContext(t))
	watch, err := client.Watch(ctx, WatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	watch.Close()
	if !errors.Is(watch.Err(), context.Canceled) {
		t.Errorf("got %v", watch.Err())
	}
}

func TestAClosedWatchDoesNotWaitForTheGateway(t *testing.T) {
	gateway := livegateway.Start(t)
	lost := make(chan error, 1)
	watch := watch(t, connect(t, gateway.Address()), WatchOptions{
		// What the child says on stderr, and nobody reads here, would keep the
		// watch from its loss.
		Kinds:   []gatewayv1.ProxyEventKind{kindCreated},
		Backoff: Backoff{Initial: time.Hour, Max: time.Hour},
		OnRetry: func(err error, _ time.Duration) { lost <- err },
	})
	expectSnapshot(t, watch, 0)
	gateway.Kill()
	<-lost
	watch.Close()
	if !errors.Is(watch.Err(), context.Canceled) {
		t.Errorf("got %v", watch.Err())
	}
}
