package gateway

import (
	"context"
	"net"
	"path"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/emptypb"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

// recorder answers every request with nothing, and notes what it carried. Who
// listens or attaches becomes an actor.
type recorder struct {
	mu       sync.Mutex
	header   metadata.MD // of the streams of actors
	method   string
	metadata metadata.MD
}

func (r *recorder) handle(_ any, stream grpc.ServerStream) error {
	r.mu.Lock()
	r.method, _ = grpc.MethodFromServerStream(stream)
	r.metadata, _ = metadata.FromIncomingContext(stream.Context())
	name, header := path.Base(r.method), r.header
	r.mu.Unlock()
	if name == "Attach" || name == "Listen" {
		return open(stream, header)
	}
	return stream.SendMsg(&emptypb.Empty{})
}

// open tells of the actor, which lives until the client says no more.
func open(stream grpc.ServerStream, header metadata.MD) error {
	if err := stream.SetHeader(header); err != nil {
		return err
	}
	opened := &gatewayv1.ActorEvent_Opened{ActorId: 7, Token: "secret"}
	if err := stream.SendMsg(&gatewayv1.ListenResponse{Events: []*gatewayv1.ActorEvent{
		{Event: &gatewayv1.ActorEvent_Opened_{Opened: opened}}}}); err != nil {
		return err
	}
	for stream.RecvMsg(&emptypb.Empty{}) == nil {
	}
	return nil
}

// nameGateway does what a proxy does before several gateways.
func (r *recorder) nameGateway(gateway string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.header = metadata.Pairs("x-thespian-gateway", gateway)
}

// last is the method of the last request, and what it carried by that key.
func (r *recorder) last(key string) (string, []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.method, r.metadata.Get(key)
}

// serveRecorder serves until the test ends, and returns the address.
func serveRecorder(t *testing.T, options ...grpc.ServerOption) (*recorder, string) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	server := grpc.NewServer(append(options, grpc.UnknownServiceHandler(r.handle))...)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return r, "unix:" + socket
}

func TestTheMetadataNamesTheEndpoint(t *testing.T) {
	seen, address := serveRecorder(t)
	client := connect(t, address)
	remote := RemoteActor{Endpoint: "pool/1", ID: 1}
	named := NamedActor{Endpoint: "pool/1", Name: "n"}
	admin := client.Admin()
	for method, do := range map[string]func(ctx context.Context) error{
		"Gateway/Call":          func(ctx context.Context) error { _, err := client.Call(ctx, named, 1); return err },
		"Gateway/Send":          func(ctx context.Context) error { _, err := client.Send(ctx, remote, 1); return err },
		"Gateway/SendNamed":     func(ctx context.Context) error { _, err := client.SendNamed(ctx, named, 1); return err },
		"Gateway/ListProxies":   func(ctx context.Context) error { _, err := client.Proxies(ctx, "pool/1"); return err },
		"Gateway/ReleaseProxy":  func(ctx context.Context) error { _, err := client.Release(ctx, remote); return err },
		"Gateway/GetEndpoint":   func(ctx context.Context) error { _, err := client.Endpoint(ctx, "pool/1"); return err },
		"Gateway/WatchProxies":  func(ctx context.Context) error { return watchOnce(ctx, client, "pool/1") },
		"Admin/StartEndpoint":   func(ctx context.Context) error { _, err := admin.Start(ctx, "pool/1"); return err },
		"Admin/StopEndpoint":    func(ctx context.Context) error { _, err := admin.Stop(ctx, "pool/1"); return err },
		"Admin/RestartEndpoint": func(ctx context.Context) error { _, err := admin.Restart(ctx, "pool/1"); return err },
		"Admin/GetFlightRecord": func(ctx context.Context) error { _, err := admin.FlightRecord(ctx, "pool/1"); return err },
		"Admin/ScaleEndpoint":   func(ctx context.Context) error { _, err := admin.Scale(ctx, "pool/1", 2); return err },
		"Admin/ReplaceEndpoint": func(ctx context.Context) error { _, err := admin.Replace(ctx, "pool/1"); return err },
	} {
		if err := do(testContext(t)); err != nil {
			t.Errorf("%s: %v", method, err)
		}
		service, name := filepath.Split(method)
		want := "/thespian.gateway.v1." + service[:len(service)-1] + "Service/" + name
		got, endpoint := seen.last("x-thespian-endpoint")
		if got != want || !reflect.DeepEqual(endpoint, []string{"pool/1"}) {
			t.Errorf("%s became %s and carries %v", want, got, endpoint)
		}
	}
}

func watchOnce(ctx context.Context, client *Client, endpoint string) error {
	watch, err := client.Watch(ctx, WatchOptions{Endpoint: endpoint})
	if err == nil {
		watch.Close()
	}
	return err
}

func TestWithoutAnEndpointTheMetadataHasNone(t *testing.T) {
	seen, address := serveRecorder(t)
	client := connect(t, address)
	for _, target := range []Target{
		Named("echo"), NamedActor{Endpoint: "é", Name: "echo"},
	} {
		if _, err := client.Call(testContext(t), target, 1); err != nil {
			t.Fatal(err)
		}
		if _, got := seen.last("x-thespian-endpoint"); got != nil {
			t.Errorf("%v carries %v", target, got)
		}
	}
}

// speakers attaches and listens, and returns for each how it speaks by a request
// of its own.
func speakers(t *testing.T, client *Client) map[string]func(ctx context.Context) error {
	t.Helper()
	actor := attach(t, client, AttachOptions{})
	listener, err := client.Listen(testContext(t), AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(listener.Close)
	return map[string]func(ctx context.Context) error{
		"SendAs": func(ctx context.Context) error {
			_, err := client.SendAs(ctx, actor.Speaker(), Remote(1), 1)
			return err
		},
		"SendNamedAs": func(ctx context.Context) error {
			_, err := client.SendNamedAs(ctx, actor.Speaker(), Named("echo"), 1)
			return err
		},
		"Listener.Send": func(ctx context.Context) error {
			_, err := listener.Send(ctx, Remote(1), 1)
			return err
		},
		"Listener.SendNamed": func(ctx context.Context) error {
			_, err := listener.SendNamed(ctx, Named("echo"), 1)
			return err
		},
	}
}

func TestWhoSpeaksCarriesTheGatewayThatKnowsIt(t *testing.T) {
	seen, address := serveRecorder(t)
	client := connect(t, address)
	for _, want := range [][]string{nil, {"MTI3LjAuMC4xOjE="}} {
		if want != nil {
			seen.nameGateway(want[0])
		}
		for name, speak := range speakers(t, client) {
			if err := speak(testContext(t)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, got := seen.last("x-thespian-gateway"); !reflect.DeepEqual(got, want) {
				t.Errorf("%s carries %v, want %v", name, got, want)
			}
			if _, got := seen.last("x-actor-token"); !reflect.DeepEqual(got, []string{"secret"}) {
				t.Errorf("%s carries the token %v", name, got)
			}
		}
	}
	if _, err := client.SendNamed(testContext(t), Named("echo"), 1); err != nil {
		t.Fatal(err)
	}
	if _, got := seen.last("x-thespian-gateway"); got != nil {
		t.Errorf("who is nobody carries %v", got)
	}
}

func TestMetadataIsThatOfAllAndOfTheRequest(t *testing.T) {
	seen, address := serveRecorder(t)
	client, err := Connect(address, ConnectOptions{
		Metadata: map[string]string{"authorization": "Bearer x"}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := metadata.AppendToOutgoingContext(testContext(t), "tenant", "one")
	if _, err := client.Call(ctx, Named("echo"), 1); err != nil {
		t.Fatal(err)
	}
	if _, got := seen.last("tenant"); !reflect.DeepEqual(got, []string{"one"}) {
		t.Errorf("the call carries %v", got)
	}
	if err := watchOnce(testContext(t), client, ""); err != nil {
		t.Fatal(err)
	}
	if _, got := seen.last("authorization"); !reflect.DeepEqual(got, []string{"Bearer x"}) {
		t.Errorf("the watch carries %v", got)
	}
	if _, got := seen.last("tenant"); got != nil {
		t.Errorf("the watch carries %v as well", got)
	}
}
