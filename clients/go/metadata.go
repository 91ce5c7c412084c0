package gateway

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

const (
	tokenKey    = "x-actor-token"
	endpointKey = "x-thespian-endpoint"
	gatewayKey  = "x-thespian-gateway"
)

// prove carries who speaks, and lets proxies find the gateway that knows it.
func (s Speaker) prove(ctx context.Context) context.Context {
	if s.Token == "" {
		return ctx
	}
	ctx = metadata.AppendToOutgoingContext(ctx, tokenKey, s.Token)
	if !isPrintable(s.Gateway) {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, gatewayKey, s.Gateway)
}

// gatewayIn is the gateway that a proxy names in the header of a stream; empty:
// none, as where there is no proxy.
func gatewayIn(header metadata.MD) string {
	named := header.Get(gatewayKey)
	if len(named) == 0 {
		return ""
	}
	return named[0]
}

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
