package gateway

import (
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/grpc/codes"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
	"thespian.dev/gateway/internal/livegateway"
)

func TestAnOperatorRulesTheChildsLife(t *testing.T) {
	client := connectToNew(t)
	ctx, admin := testContext(t), client.Admin()
	stopped, err := admin.Stop(ctx, "")
	if err != nil || stopped.GetState() != gatewayv1.EndpointState_ENDPOINT_STATE_STOPPED {
		t.Fatalf("Stop: %v, %v", stopped, err)
	}
	_, err = client.Call(ctx, Named("echo"), 1)
	expectError(t, err, codes.Unavailable, "ENDPOINT_DOWN")
	started, err := admin.Start(ctx, "default")
	if err != nil || started.GetIncarnation() != 2 {
		t.Fatalf("Start: %v, %v", started, err)
	}
	restarted, err := admin.Restart(ctx, "")
	if err != nil || restarted.GetIncarnation() != 3 {
		t.Fatalf("Restart: %v, %v", restarted, err)
	}
	call(t, client, Named("echo"), 1)
	frames, err := admin.FlightRecord(ctx, "")
	if err != nil || len(frames) < 2 {
		t.Errorf("FlightRecord: %v, %v", frames, err)
	}
	_, err = admin.Stop(ctx, "elsewhere")
	expectError(t, err, codes.NotFound, "ENDPOINT_UNKNOWN")
}

func TestAnOperatorChangesTheEndpoints(t *testing.T) {
	config := filepath.Join(t.TempDir(), "gateway.toml")
	pool := "[endpoint.pool]\nreplicas = 2\ncommand = [\"" +
		livegateway.Bin(t, "thespian-demo-child") + "\"]\n"
	if err := os.WriteFile(config, []byte(pool), 0o600); err != nil {
		t.Fatal(err)
	}
	gateway := livegateway.StartWith(t, nil, "--config", config)
	ctx, admin := testContext(t), connect(t, gateway.Address()).Admin()
	members, err := admin.Scale(ctx, "pool", 3)
	if err != nil || len(members) != 3 || members[2].GetName() != "pool/2" {
		t.Fatalf("Scale: %v, %v", members, err)
	}
	replaced, err := admin.Replace(ctx, "pool/0")
	if err != nil || len(replaced) != 1 || replaced[0].GetIncarnation() != 2 {
		t.Fatalf("Replace: %v, %v", replaced, err)
	}
	changes, err := admin.Reload(ctx)
	if err != nil || len(changes.GetAdded()) != 0 {
		t.Errorf("Reload: %v, %v", changes, err)
	}
}
