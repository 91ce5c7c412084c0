package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

// A lost connection is made again, on demand, with these pauses.
var reconnecting = backoff.Config{
	BaseDelay:  100 * time.Millisecond,
	Multiplier: 1.6,
	Jitter:     0.2,
	MaxDelay:   5 * time.Second,
}

// ConnectOptions says how a Client talks to its gateway. The zero value is
// what most need.
type ConnectOptions struct {
	// Deadline is that of a request whose context has none. 0: 30 s.
	Deadline time.Duration
	// A silent connection is probed after KeepaliveTime (0: 30 s, at least
	// 10 s) and given up if no answer comes within KeepaliveTimeout (0: 10 s).
	// The gateway allows a probe every 9 s.
	KeepaliveTime    time.Duration
	KeepaliveTimeout time.Duration
	// MaxResponseBytes is the largest response that is taken. 0: 64 MiB.
	MaxResponseBytes int
	// TLS encrypts the connection and authenticates the gateway, and the client
	// if it has a certificate. Nil: neither, unless Credentials are given.
	TLS *TLSOptions
	// Credentials are gRPC's own, instead of TLS.
	Credentials credentials.TransportCredentials
	// Metadata goes with every request, such as "authorization". That of one
	// request goes into its context, by metadata.AppendToOutgoingContext.
	Metadata map[string]string
	// DialOptions are added last.
	DialOptions []grpc.DialOption
}

func (o ConnectOptions) withDefaults() (ConnectOptions, error) {
	o.Deadline = orDefault(o.Deadline, 30*time.Second)
	o.KeepaliveTime = orDefault(o.KeepaliveTime, 30*time.Second)
	o.KeepaliveTimeout = orDefault(o.KeepaliveTimeout, 10*time.Second)
	o.MaxResponseBytes = orDefault(o.MaxResponseBytes, 64<<20)
	if err := o.chooseCredentials(); err != nil {
		return o, err
	}
	if o.Deadline < 0 || o.KeepaliveTimeout < 0 || o.MaxResponseBytes < 0 {
		return o, fmt.Errorf("gateway: Deadline, KeepaliveTimeout or "+
			"MaxResponseBytes is negative: %v, %v, %d",
			o.Deadline, o.KeepaliveTimeout, o.MaxResponseBytes)
	}
	if o.KeepaliveTime < 10*time.Second {
		return o, fmt.Errorf("gateway: KeepaliveTime is %v; it must be at least 10 s",
			o.KeepaliveTime)
	}
	return o, nil
}

func (o *ConnectOptions) chooseCredentials() (err error) {
	switch {
	case o.TLS != nil && o.Credentials != nil:
		return errors.New("gateway: TLS and Credentials are not to be given together")
	case o.TLS != nil:
		o.Credentials, err = o.TLS.credentials()
	case o.Credentials == nil:
		o.Credentials = insecure.NewCredentials()
	}
	return err
}

func (o ConnectOptions) dialOptions() []grpc.DialOption {
	options := append([]grpc.DialOption{
		grpc.WithTransportCredentials(o.Credentials),
		// The proxies that the environment may name are for the web.
		grpc.WithNoProxy(),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time:                o.KeepaliveTime,
			Timeout:             o.KeepaliveTimeout,
			PermitWithoutStream: true,
		}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           reconnecting,
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(o.MaxResponseBytes)),
	}, addMetadata(o.Metadata)...)
	return append(options, o.DialOptions...)
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// Client talks to one gateway.
//
//   - Ownership: it owns the connection, which its actors, listeners and watches
//     share. It must be closed.
//   - Threads: safe for use by many goroutines.
//   - Errors: see Error.
type Client struct {
	connection *grpc.ClientConn
	stub       gatewayv1.GatewayServiceClient
	deadline   time.Duration
}

// Connect makes a client of the gateway at an address: "host:port", or "unix:"
// and the path of a socket. The connection is made by the first request, and
// again whenever it was lost.
func Connect(address string, options ConnectOptions) (*Client, error) {
	if err := checkAddress(address); err != nil {
		return nil, err
	}
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	connection, err := grpc.NewClient(address, options.dialOptions()...)
	if err != nil {
		return nil, fmt.Errorf("gateway: connect to %q: %w", address, err)
	}
	return &Client{
		connection: connection,
		stub:       gatewayv1.NewGatewayServiceClient(connection),
		deadline:   options.Deadline,
	}, nil
}

func checkAddress(address string) error {
	if path := strings.TrimPrefix(address, "unix:"); path != address && path != "" {
		return nil
	}
	if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
		return fmt.Errorf(
			"gateway: the address is %q; it must be host:port or unix:PATH", address)
	}
	return nil
}

// Close ends the connection, and with it every stream of the client.
func (c *Client) Close() error { return c.connection.Close() }

// Stub is the generated client on the same connection, for what has no method
// here.
func (c *Client) Stub() gatewayv1.GatewayServiceClient { return c.stub }

// Reply is the first message that the target of a Call sent back.
type Reply struct {
	// From is where it came from; its ID is 0 if the sender is anonymous.
	From    RemoteActor
	Payload Payload
}

// Call sends a message as a fresh local actor and waits for the first one that
// comes back to it.
func (c *Client) Call(ctx context.Context, to Target, payload any) (*Reply, error) {
	encoded, err := encodePayload(payload)
	if err != nil {
		return nil, err
	}
	request := to.callRequest(encoded)
	response, err := invoke(ctx, c, c.stub.Call, request)
	if err != nil {
		return nil, err
	}
	return &Reply{
		From: RemoteActor{
			Endpoint:    request.GetEndpoint(),
			ID:          response.GetFromId(),
			Incarnation: response.GetIncarnation(),
		},
		Payload: response.GetPayload().GetCbor(),
	}, nil
}

// Send sends one message to an actor that has spoken before, and returns the
// incarnation that took it. At most once: an error other than Unavailable and
// DeadlineExceeded says that it was not sent.
func (c *Client) Send(ctx context.Context, to RemoteActor, payload any) (
	incarnation uint64, err error) {
	return c.SendAs(ctx, Speaker{}, to, payload)
}

// SendNamed sends one message to an actor by its name, as Send does. Whether
// the name is registered only the child knows.
func (c *Client) SendNamed(ctx context.Context, to NamedActor, payload any) (
	incarnation uint64, err error) {
	return c.SendNamedAs(ctx, Speaker{}, to, payload)
}

// SendAs is Send on behalf of an attached client.
func (c *Client) SendAs(ctx context.Context, from Speaker, to RemoteActor,
	payload any) (incarnation uint64, err error) {
	encoded, err := encodePayload(payload)
	if err != nil {
		return 0, err
	}
	response, err := invoke(from.prove(ctx), c, c.stub.Send, &gatewayv1.SendRequest{
		Endpoint:    to.Endpoint,
		FromId:      from.ID,
		ToId:        to.ID,
		Incarnation: to.Incarnation,
		Payload:     encoded,
	})
	return response.GetIncarnation(), err
}

// SendNamedAs is SendNamed on behalf of an attached client.
func (c *Client) SendNamedAs(ctx context.Context, from Speaker, to NamedActor,
	payload any) (incarnation uint64, err error) {
	encoded, err := encodePayload(payload)
	if err != nil {
		return 0, err
	}
	response, err := invoke(from.prove(ctx), c, c.stub.SendNamed,
		&gatewayv1.SendNamedRequest{
			Endpoint: to.Endpoint,
			FromId:   from.ID,
			ToName:   to.Name,
			Payload:  encoded,
		})
	return response.GetIncarnation(), err
}

// invoke makes a unary request, within the client's deadline if the context
// has none.
func invoke[Request, Response any](ctx context.Context, c *Client,
	method func(context.Context, *Request, ...grpc.CallOption) (*Response, error),
	request *Request) (*Response, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.deadline)
		defer cancel()
	}
	response, err := method(withEndpoint(ctx, request), request)
	return response, wrapError(err)
}
