package gateway

import (
	"testing"

	"google.golang.org/grpc/codes"
)

func TestAListenerSendsAndIsAnswered(t *testing.T) {
	client := connectToNew(t)
	ctx := testContext(t)
	listener, err := client.Listen(ctx, AttachOptions{Name: "me"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if _, err := listener.SendNamed(ctx, Named("echo"), "by name"); err != nil {
		t.Fatal(err)
	}
	echo, value := nextDelivery(t, listener.Events())
	if value != "by name" {
		t.Errorf("the answer is %v", value)
	}
	if incarnation, err := listener.Send(ctx, echo, "by id"); err != nil || incarnation != 1 {
		t.Fatalf("Send: %d, %v", incarnation, err)
	}
	if _, value = nextDelivery(t, listener.Events()); value != "by id" {
		t.Errorf("the answer is %v", value)
	}
}

func TestNobodySpeaksForAnother(t *testing.T) {
	client := connectToNew(t)
	actor := attach(t, client, AttachOptions{})
	ctx := testContext(t)
	_, err := client.SendNamedAs(ctx, Speaker{ID: actor.ID(), Token: "wrong"}, Named("echo"), 1)
	expectError(t, err, codes.PermissionDenied, "ACTOR_NOT_YOURS")
	if _, err = client.SendNamedAs(ctx, actor.Speaker(), Named("echo"), "mine"); err != nil {
		t.Fatal(err)
	}
	if _, value := nextDelivery(t, actor.Events()); value != "mine" {
		t.Errorf("the answer is %v", value)
	}
}

func TestAClosedListenerIsNoActorAnyMore(t *testing.T) {
	client := connectToNew(t, "--max-actors", "1")
	listener, err := client.Listen(testContext(t), AttachOptions{Name: "me"})
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	awaitEnd(t, listener.Events())
	awaitNoActors(t, client)
}
