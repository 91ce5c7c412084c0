package gateway

import gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"

// Event is what a local actor is told: a Delivery, Exited, EndpointChanged,
// CommandFailed or Closing.
type Event interface{ isEvent() }

// Delivery is a message of a remote actor.
type Delivery struct {
	// From has the id 0 if the sender is anonymous.
	From    RemoteActor
	Payload Payload
}

// Exited is the end of a linked remote actor. It comes after the actor's last
// message, once.
type Exited struct {
	Actor  RemoteActor
	Reason string
	// Details are what the actor gave besides the reason, in its order; only
	// actors of thespian processes give any. Nil: none.
	Details []Payload
}

// EndpointChanged is a new state of a child. Every local actor is told.
type EndpointChanged struct {
	Endpoint    string
	State       gatewayv1.EndpointState
	Incarnation uint64
	Reason      string
}

// CommandFailed is the failure of a command that nobody waited for (see
// Confirm).
type CommandFailed struct{ Err error }

// Closing announces that the gateway is about to end the stream of its own
// accord.
type Closing struct{ Reason string }

func (Delivery) isEvent()        {}
func (Exited) isEvent()          {}
func (EndpointChanged) isEvent() {}
func (CommandFailed) isEvent()   {}
func (Closing) isEvent()         {}

// makeEvent returns nil for what no user needs to see: heartbeats, and what a
// newer gateway may say. Results of commands are the stream's.
func makeEvent(event *gatewayv1.ActorEvent) Event {
	switch event := event.GetEvent().(type) {
	case *gatewayv1.ActorEvent_Delivery_:
		return makeDelivery(event.Delivery)
	case *gatewayv1.ActorEvent_Exited_:
		return makeExited(event.Exited)
	case *gatewayv1.ActorEvent_EndpointChanged_:
		changed := event.EndpointChanged
		return EndpointChanged{
			Endpoint:    changed.GetEndpoint(),
			State:       changed.GetState(),
			Incarnation: changed.GetIncarnation(),
			Reason:      changed.GetReason(),
		}
	case *gatewayv1.ActorEvent_Closing_:
		return Closing{Reason: event.Closing.GetReason()}
	}
	return nil
}

func makeDelivery(delivery *gatewayv1.ActorEvent_Delivery) Delivery {
	return Delivery{
		From: RemoteActor{
			Endpoint:    delivery.GetEndpoint(),
			ID:          delivery.GetFromId(),
			Incarnation: delivery.GetIncarnation(),
		},
		Payload: delivery.GetPayload().GetCbor(),
	}
}

func makeExited(exited *gatewayv1.ActorEvent_Exited) Exited {
	return Exited{
		Actor: RemoteActor{
			Endpoint:    exited.GetEndpoint(),
			ID:          exited.GetRemoteId(),
			Incarnation: exited.GetIncarnation(),
		},
		Reason:  exited.GetReason(),
		Details: makeDetails(exited.GetDetails()),
	}
}

func makeDetails(details []*gatewayv1.Payload) []Payload {
	var made []Payload
	for _, detail := range details {
		made = append(made, detail.GetCbor())
	}
	return made
}
