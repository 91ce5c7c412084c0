package gateway

import (
	"context"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

// script is what one watch is told, and how its stream ends; nil: it does not.
type script struct {
	events []*gatewayv1.ProxyEvent
	end    error
}

// fakeWatches plays a script for each watch, and notes after what it goes on.
type fakeWatches struct {
	gatewayv1.UnimplementedGatewayServiceServer
	mu      sync.Mutex
	scripts []script
	asked   []uint64
}

// serveWatches serves until the test ends, and returns a client of it.
func serveWatches(t *testing.T, scripts ...script) (*fakeWatches, *Client) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	fake := &fakeWatches{scripts: scripts}
	server := grpc.NewServer()
	gatewayv1.RegisterGatewayServiceServer(server, fake)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return fake, connect(t, "unix:"+socket)
}

func (f *fakeWatches) WatchProxies(request *gatewayv1.WatchProxiesRequest,
	stream gatewayv1.GatewayService_WatchProxiesServer) error {
	script := f.next(request)
	if len(script.events) > 0 {
		if err := stream.SendHeader(metadata.MD{}); err != nil {
			return err
		}
	}
	for _, event := range script.events {
		if err := stream.Send(&gatewayv1.WatchProxiesResponse{
			Events: []*gatewayv1.ProxyEvent{event}}); err != nil {
			return err
		}
	}
	if script.end == nil {
		<-stream.Context().Done()
		return status.FromContextError(context.Canceled).Err()
	}
	return script.end
}

func (f *fakeWatches) next(request *gatewayv1.WatchProxiesRequest) script {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, request.GetAfterSequence())
	if len(f.scripts) == 0 {
		return script{end: refusal(codes.NotFound, "NO_MORE_SCRIPTS")}
	}
	next := f.scripts[0]
	f.scripts = f.scripts[1:]
	return next
}

// after is what each watch was to go on after.
func (f *fakeWatches) after() []uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]uint64(nil), f.asked...)
}

// refusal is an error of the gateway's own.
func refusal(code codes.Code, reason string) error {
	full, err := status.New(code, "as the script says").WithDetails(
		&errdetails.ErrorInfo{Domain: "thespian.gateway", Reason: reason})
	if err != nil {
		return err
	}
	return full.Err()
}
