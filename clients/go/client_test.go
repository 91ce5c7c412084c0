package gateway

import (
	"context"
	"errors"
	"math/big"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"thespian.dev/gateway/internal/livegateway"
)

// Only a broken program takes so long.
const patience = time.Minute

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func connect(t *testing.T, address string) *Client {
	t.Helper()
	client, err := Connect(address, ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func connectToNew(t *testing.T, options ...string) *Client {
	t.Helper()
	return connect(t, livegateway.Start(t, options...).Address())
}

func call(t *testing.T, client *Client, to Target, payload any) *Reply {
	t.Helper()
	reply, err := client.Call(testContext(t), to, payload)
	if err != nil {
		t.Fatalf("call %v: %v", to, err)
	}
	return reply
}

func decode(t *testing.T, payload Payload) any {
	t.Helper()
	var value any
	if err := payload.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func expectError(t *testing.T, err error, code codes.Code, reason string) {
	t.Helper()
	var status *Error
	if !errors.As(err, &status) {
		t.Fatalf("got %v, want %s %s", err, code, reason)
	}
	if status.Code != code || status.Reason != reason {
		t.Fatalf("got %v, want %s %s", err, code, reason)
	}
}

func TestCallReturnsTheReply(t *testing.T) {
	client := connectToNew(t)
	reply := call(t, client, Named("echo"), []any{"hello", uint64(1)})
	want := RemoteActor{ID: 1, Incarnation: 1}
	if reply.From != want {
		t.Errorf("the reply is from %v, want %v", reply.From, want)
	}
	if got := decode(t, reply.Payload); !reflect.DeepEqual(got, []any{"hello", uint64(1)}) {
		t.Errorf("the reply is %v", got)
	}
}

func TestValuesComeBackAsTheyWere(t *testing.T) {
	client := connectToNew(t)
	low, _ := new(big.Int).SetString("-18446744073709551616", 10)
	for _, value := range []any{
		nil, true, uint64(18446744073709551615), int64(-9223372036854775808),
		*low, 1.5, "Grüße", []byte{0, 255}, []any{},
		map[any]any{"a": []any{uint64(1)}, uint64(2): "b"},
	} {
		reply := call(t, client, Named("echo"), value)
		if got := decode(t, reply.Payload); !reflect.DeepEqual(got, value) {
			t.Errorf("sent %#v, got %#v", value, got)
		}
	}
}

func TestReplyDecodesIntoAStruct(t *testing.T) {
	client := connectToNew(t)
	type order struct {
		Item  string  `cbor:"item"`
		Count uint64  `cbor:"count"`
		Rest  Payload `cbor:"rest"`
	}
	sent := order{Item: "tea", Count: 1 << 60, Rest: Payload{0x81, 0x05}}
	var got order
	if err := call(t, client, Named("echo"), sent).Payload.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, sent) {
		t.Errorf("sent %+v, got %+v", sent, got)
	}
}

func TestSendTellsTheIncarnation(t *testing.T) {
	client := connectToNew(t)
	ctx := testContext(t)
	incarnation, err := client.SendNamed(ctx, Named("counter"), "one")
	if err != nil || incarnation != 1 {
		t.Fatalf("SendNamed: %d, %v", incarnation, err)
	}
	counter := call(t, client, Named("counter"), "two").From
	if incarnation, err = client.Send(ctx, counter, "three"); err != nil || incarnation != 1 {
		t.Fatalf("Send: %d, %v", incarnation, err)
	}
	reply := call(t, client, counter, "four")
	if got := decode(t, reply.Payload); !reflect.DeepEqual(got, []any{"count", uint64(4)}) {
		t.Errorf("the fourth message was answered with %v", got)
	}
}

func TestErrorsCarryCodeAndReason(t *testing.T) {
	client := connectToNew(t)
	ctx := testContext(t)
	_, err := client.Send(ctx, Remote(18446744073709551615), 1)
	expectError(t, err, codes.NotFound, "ACTOR_UNKNOWN")
	if !strings.Contains(err.Error(), "18446744073709551615") {
		t.Errorf("the error does not name the actor: %v", err)
	}
	_, err = client.Call(ctx, Named("echo"), Payload{0x01, 0x02})
	expectError(t, err, codes.InvalidArgument, "PAYLOAD_INVALID")
	_, err = client.Call(ctx, NamedActor{Endpoint: "elsewhere", Name: "echo"}, 1)
	expectError(t, err, codes.NotFound, "ENDPOINT_UNKNOWN")
}

func TestARetryableErrorSaysWhen(t *testing.T) {
	client := connectToNew(t, "--max-actors", "1")
	ctx := testContext(t)
	actor, err := client.Attach(ctx, AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer actor.Close()
	_, err = client.Call(ctx, Named("echo"), 1)
	expectError(t, err, codes.ResourceExhausted, "LIMIT_REACHED")
	var status *Error
	if errors.As(err, &status); !status.Retryable || status.RetryDelay <= 0 {
		t.Errorf("retryable %v after %v", status.Retryable, status.RetryDelay)
	}
}

func TestADeadlineEndsACall(t *testing.T) {
	client := connectToNew(t)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err := client.Call(ctx, Named("nobody"), 1)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestTheClientsDeadlineIsTheDefault(t *testing.T) {
	gateway := livegateway.Start(t)
	client, err := Connect(gateway.Address(), ConnectOptions{Deadline: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, err = client.Call(context.Background(), Named("nobody"), 1)
	expectError(t, err, codes.DeadlineExceeded, "")
}

func TestACancelledCallSaysSo(t *testing.T) {
	client := connectToNew(t)
	ctx, cancel := context.WithCancel(testContext(t))
	cancel()
	if _, err := client.Call(ctx, Named("echo"), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestWithoutAGatewayACallFailsAtOnce(t *testing.T) {
	client := connect(t, "unix:"+t.TempDir()+"/nobody")
	_, err := client.Call(testContext(t), Named("echo"), 1)
	expectError(t, err, codes.Unavailable, "")
}

func TestConnectChecksItsOptions(t *testing.T) {
	for _, address := range []string{"", "localhost", "unix:", "localhost:"} {
		if _, err := Connect(address, ConnectOptions{}); err == nil {
			t.Errorf("the address %q was taken", address)
		}
	}
	for _, options := range []ConnectOptions{
		{Deadline: -1}, {KeepaliveTime: time.Second}, {MaxResponseBytes: -1},
	} {
		if _, err := Connect("localhost:1", options); err == nil {
			t.Errorf("%+v was taken", options)
		}
	}
}

func TestAPayloadThatCantBeEncodedIsNotSent(t *testing.T) {
	client := connect(t, "unix:"+t.TempDir()+"/nobody")
	if _, err := client.Call(testContext(t), Named("echo"), make(chan int)); err == nil ||
		!strings.Contains(err.Error(), "encode") {
		t.Errorf("got %v", err)
	}
}

func TestNothingIsLeftRunning(t *testing.T) {
	address := livegateway.Start(t).Address()
	before := runtime.NumGoroutine()
	client, err := Connect(address, ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := testContext(t)
	actor, err := client.Attach(ctx, AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := client.Listen(ctx, AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	watch, err := client.Watch(ctx, WatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	actor.Close()
	listener.Close()
	watch.Close()
	client.Close()
	for runtime.NumGoroutine() > before && ctx.Err() == nil {
		runtime.Gosched()
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines became %d", before, after)
	}
}
