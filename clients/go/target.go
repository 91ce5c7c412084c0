package gateway

import (
	"fmt"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

// RemoteActor is an actor of a child, by id.
type RemoteActor struct {
	// Endpoint is the child's name; empty: the only one there is, or the one
	// called "default".
	Endpoint string
	ID       uint64
	// Incarnation is the run of the child that ID belongs to; 0: the current
	// one. What came from an actor has it set.
	Incarnation uint64
}

// Remote is the actor with this id of the only child, as it runs now.
func Remote(id uint64) RemoteActor { return RemoteActor{ID: id} }

func (r RemoteActor) String() string {
	return fmt.Sprintf("%s/%d/%d", r.Endpoint, r.Incarnation, r.ID)
}

// NamedActor is an actor of a child, by the name that it has there.
type NamedActor struct {
	Endpoint string
	// Name has 1 to 255 bytes of UTF-8.
	Name string
}

// Named is the actor with this name of the only child.
func Named(name string) NamedActor { return NamedActor{Name: name} }

// Target is a RemoteActor or a NamedActor.
type Target interface {
	callRequest(payload *gatewayv1.Payload) *gatewayv1.CallRequest
}

func (r RemoteActor) callRequest(payload *gatewayv1.Payload) *gatewayv1.CallRequest {
	return &gatewayv1.CallRequest{
		Endpoint: r.Endpoint,
		Target:   &gatewayv1.CallRequest_ToId{ToId: r.ID},
		Payload:  payload,
	}
}

func (n NamedActor) callRequest(payload *gatewayv1.Payload) *gatewayv1.CallRequest {
	return &gatewayv1.CallRequest{
		Endpoint: n.Endpoint,
		Target:   &gatewayv1.CallRequest_ToName{ToName: n.Name},
		Payload:  payload,
	}
}

// Speaker is an attached client that a unary Send speaks for, and what proves
// it. The zero Speaker is nobody: the message is anonymous.
type Speaker struct {
	ID uint64
	// Token is a secret.
	Token string
	// Gateway is where the client is attached, as proxies know it; empty: there
	// is only one gateway.
	Gateway string
}
