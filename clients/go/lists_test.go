package gateway

import (
	"reflect"
	"testing"

	"google.golang.org/grpc/codes"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

func TestProxiesAreListedOverAllPages(t *testing.T) {
	const count = 2*pageSize + 1
	client := connectToNew(t)
	actor := attach(t, client, AttachOptions{})
	for i := 0; i < count; i++ {
		mustSend(t, actor, "spawner", "go")
	}
	for i := 0; i < count; i++ {
		nextDelivery(t, actor.Events())
	}
	proxies, err := client.Proxies(testContext(t), "")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[uint64]bool{}
	for _, proxy := range proxies {
		ids[proxy.GetRemoteId()] = true
	}
	if len(proxies) != count || len(ids) != count {
		t.Errorf("%d proxies with %d ids, want %d", len(proxies), len(ids), count)
	}
}

func TestAReleasedProxyIsGoneAndItsLinksAreTold(t *testing.T) {
	client := connectToNew(t)
	ctx := testContext(t)
	actor := attach(t, client, AttachOptions{})
	remote := spawned(t, actor)
	if err := actor.Link(ctx, remote, Confirm()); err != nil {
		t.Fatal(err)
	}
	if incarnation, err := client.Release(ctx, remote); err != nil || incarnation != 1 {
		t.Fatalf("Release: %d, %v", incarnation, err)
	}
	want := Exited{Actor: remote, Reason: "released"}
	if got := nextEvent(t, actor.Events()); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	_, err := client.Release(ctx, remote)
	expectError(t, err, codes.NotFound, "ACTOR_UNKNOWN")
}

func TestLocalActorsAreListed(t *testing.T) {
	client := connectToNew(t)
	attach(t, client, AttachOptions{Name: "first"})
	attach(t, client, AttachOptions{Name: "second"})
	actors, err := client.LocalActors(testContext(t))
	if err != nil || len(actors) != 2 {
		t.Fatalf("got %v, %v", actors, err)
	}
	if actors[0].GetName() != "first" || actors[1].GetId() != 2 {
		t.Errorf("got %v", actors)
	}
}

func TestEndpointsAreDescribed(t *testing.T) {
	client := connectToNew(t)
	ctx := testContext(t)
	endpoints, err := client.Endpoints(ctx)
	if err != nil || len(endpoints) != 1 {
		t.Fatalf("got %v, %v", endpoints, err)
	}
	endpoint, err := client.Endpoint(ctx, endpoints[0].GetName())
	if err != nil {
		t.Fatal(err)
	}
	if endpoint.GetState() != gatewayv1.EndpointState_ENDPOINT_STATE_RUNNING ||
		endpoint.GetPid() <= 1 {
		t.Errorf("got %v", endpoint)
	}
	_, err = client.Endpoint(ctx, "elsewhere")
	expectError(t, err, codes.NotFound, "ENDPOINT_UNKNOWN")
}
