package gateway

import (
	"reflect"
	"testing"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

// exitedWith is what becomes of an `exited` with these details.
func exitedWith(t *testing.T, details ...Payload) Exited {
	t.Helper()
	said := &gatewayv1.ActorEvent_Exited{
		Endpoint: "e", Incarnation: 3, RemoteId: 100, Reason: "bug",
	}
	for _, detail := range details {
		said.Details = append(said.Details,
			&gatewayv1.Payload{Encoding: &gatewayv1.Payload_Cbor{Cbor: detail}})
	}
	event := makeEvent(&gatewayv1.ActorEvent{
		Event: &gatewayv1.ActorEvent_Exited_{Exited: said},
	})
	exited, ok := event.(Exited)
	if !ok {
		t.Fatalf("got %#v", event)
	}
	return exited
}

func TestTheDetailsOfAnEndAreDecodedInTheirOrder(t *testing.T) {
	exited := exitedWith(t, Payload("\x82\x63why\x05"), Payload("\xf5"))
	actor := RemoteActor{Endpoint: "e", ID: 100, Incarnation: 3}
	if exited.Actor != actor || exited.Reason != "bug" {
		t.Errorf("got %v", exited)
	}
	want := []any{[]any{"why", uint64(5)}, true}
	var got []any
	for _, detail := range exited.Details {
		var value any
		if err := detail.Decode(&value); err != nil {
			t.Fatal(err)
		}
		got = append(got, value)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMostEndsHaveNoDetails(t *testing.T) {
	if exited := exitedWith(t); exited.Details != nil {
		t.Errorf("got %v", exited.Details)
	}
}

func TestTheDetailsOfAnEndCountInTheMailbox(t *testing.T) {
	exited := exitedWith(t, make(Payload, 1000), make(Payload, 500))
	if got, want := costOf(exited), costOf(exitedWith(t))+1500; got != want {
		t.Errorf("it costs %d, not %d", got, want)
	}
}
