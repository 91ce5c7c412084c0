package gateway

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

const (
	tokenKey    = "x-actor-token"
	endpointKey = "x-thespian-endpoint"
)

// withEndpoint lets proxies see which endpoint a request is about. A name that
// metadata can't have is the gateway's to refuse.
func withEndpoint(ctx context.Context, request any) context.Context {
	named, ok := request.(interface{ GetEndpoint() string })
	if !ok || !isPrintable(named.GetEndpoint()) {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, endpointKey, named.GetEndpoint())
}

// isPrintable: ASCII, and not empty.
func isPrintable(value string) bool {
	for _, each := range []byte(value) {
		if each < ' ' || each > '~' {
			return false
		}
	}
	return value != ""
}

// addMetadata puts the same into every request.
func addMetadata(pairs map[string]string) []grpc.DialOption {
	add := func(ctx context.Context) context.Context {
		for key, value := range pairs {
			ctx = metadata.AppendToOutgoingContext(ctx, key, value)
		}
		return ctx
	}
	return []grpc.DialOption{
		grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string,
			request, reply any, connection *grpc.ClientConn,
			invoker grpc.UnaryInvoker, options ...grpc.CallOption) error {
			return invoker(add(ctx), method, request, reply, connection, options...)
		}),
		grpc.WithChainStreamInterceptor(func(ctx context.Context,
			description *grpc.StreamDesc, connection *grpc.ClientConn,
			method string, streamer grpc.Streamer, options ...grpc.CallOption) (
			grpc.ClientStream, error) {
			return streamer(add(ctx), description, connection, method, options...)
		}),
	}
}
