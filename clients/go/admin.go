package gateway

import (
	"context"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

// Admin asks what is for operators: the gateway's AdminService. Where that has
// an address of its own (--admin-listen), connect to it.
//
// An empty endpoint is the only one, or the one called "default". A deadline
// that passes stops nothing that has begun.
//
//   - Ownership: it uses its Client's connection.
//   - Threads: safe for use by many goroutines.
//   - Errors: see Error; Unimplemented: the service is not served there.
type Admin struct {
	client *Client
	stub   gatewayv1.AdminServiceClient
}

// Admin is for operators.
func (c *Client) Admin() *Admin {
	return &Admin{client: c, stub: gatewayv1.NewAdminServiceClient(c.connection)}
}

// Start starts the child now, if it does not run, and returns the endpoint as
// it is then.
func (a *Admin) Start(ctx context.Context, endpoint string) (
	*gatewayv1.Endpoint, error) {
	response, err := invoke(ctx, a.client, a.stub.StartEndpoint,
		&gatewayv1.StartEndpointRequest{Endpoint: endpoint})
	return response.GetEndpoint(), err
}

// Stop ends the child, within twice --stop-grace and a second. It stays so until
// it is started.
func (a *Admin) Stop(ctx context.Context, endpoint string) (
	*gatewayv1.Endpoint, error) {
	response, err := invoke(ctx, a.client, a.stub.StopEndpoint,
		&gatewayv1.StopEndpointRequest{Endpoint: endpoint})
	return response.GetEndpoint(), err
}

// Restart ends the child, if there is one, and starts a new incarnation.
func (a *Admin) Restart(ctx context.Context, endpoint string) (
	*gatewayv1.Endpoint, error) {
	response, err := invoke(ctx, a.client, a.stub.RestartEndpoint,
		&gatewayv1.RestartEndpointRequest{Endpoint: endpoint})
	return response.GetEndpoint(), err
}

// FlightRecord returns the child's last frames, both directions, oldest first.
func (a *Admin) FlightRecord(ctx context.Context, endpoint string) (
	[]*gatewayv1.RecordedFrame, error) {
	response, err := invoke(ctx, a.client, a.stub.GetFlightRecord,
		&gatewayv1.GetFlightRecordRequest{Endpoint: endpoint})
	return response.GetFrames(), err
}

// Reload makes the endpoints what the gateway's file says, and returns the
// names of those that this added, removed, changed and left. FIELD_INVALID: the
// file is wrong, and nothing has changed. ENDPOINT_FAILED: an endpoint that
// changed did not come up; its old one stays.
func (a *Admin) Reload(ctx context.Context) (*gatewayv1.ReloadResponse, error) {
	return invoke(ctx, a.client, a.stub.Reload, &gatewayv1.ReloadRequest{})
}

// Scale makes a pool have so many members, 1 to 1,000, and returns them.
func (a *Admin) Scale(ctx context.Context, endpoint string, replicas uint32) (
	[]*gatewayv1.Endpoint, error) {
	response, err := invoke(ctx, a.client, a.stub.ScaleEndpoint,
		&gatewayv1.ScaleEndpointRequest{Endpoint: endpoint, Replicas: replicas})
	return response.GetEndpoints(), err
}

// Replace starts a new child beside the old one of an endpoint, of a member of a
// pool, or of each member of a pool, one after the other; the old ones drain. A
// child may take 30 s to come up. Returns what was replaced, as it is then.
func (a *Admin) Replace(ctx context.Context, endpoint string) (
	[]*gatewayv1.Endpoint, error) {
	response, err := invoke(ctx, a.client, a.stub.ReplaceEndpoint,
		&gatewayv1.ReplaceEndpointRequest{Endpoint: endpoint})
	return response.GetEndpoints(), err
}
