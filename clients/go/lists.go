package gateway

import (
	"context"

	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

// The most that the gateway puts on a page.
const pageSize = 1000

// Proxies returns the live proxies of an endpoint with their counters. One
// that lives from the first page to the last is there exactly once.
func (c *Client) Proxies(ctx context.Context, endpoint string) (
	[]*gatewayv1.Proxy, error) {
	return allPages(func(token string) ([]*gatewayv1.Proxy, string, error) {
		page, err := invoke(ctx, c, c.stub.ListProxies,
			&gatewayv1.ListProxiesRequest{
				Endpoint: endpoint, PageSize: pageSize, PageToken: token})
		return page.GetProxies(), page.GetNextPageToken(), err
	})
}

// LocalActors returns the attached clients, by rising id.
func (c *Client) LocalActors(ctx context.Context) (
	[]*gatewayv1.LocalActor, error) {
	return allPages(func(token string) ([]*gatewayv1.LocalActor, string, error) {
		page, err := invoke(ctx, c, c.stub.ListLocalActors,
			&gatewayv1.ListLocalActorsRequest{
				PageSize: pageSize, PageToken: token})
		return page.GetActors(), page.GetNextPageToken(), err
	})
}

func allPages[Item any](fetch func(token string) ([]Item, string, error)) (
	[]Item, error) {
	var all []Item
	for token := ""; ; {
		page, next, err := fetch(token)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next == "" {
			return all, nil
		}
		token = next
	}
}

// Endpoints returns the endpoints, ordered by name.
func (c *Client) Endpoints(ctx context.Context) ([]*gatewayv1.Endpoint, error) {
	response, err := invoke(ctx, c, c.stub.ListEndpoints,
		&gatewayv1.ListEndpointsRequest{})
	return response.GetEndpoints(), err
}

// Endpoint returns one endpoint, by its name.
func (c *Client) Endpoint(ctx context.Context, name string) (
	*gatewayv1.Endpoint, error) {
	response, err := invoke(ctx, c, c.stub.GetEndpoint,
		&gatewayv1.GetEndpointRequest{Endpoint: name})
	return response.GetEndpoint(), err
}

// Release drops the proxy of a remote actor and returns its incarnation. The
// local actors linked to it are told; the next message of that remote actor
// makes a new proxy.
func (c *Client) Release(ctx context.Context, actor RemoteActor) (
	incarnation uint64, err error) {
	response, err := invoke(ctx, c, c.stub.ReleaseProxy,
		&gatewayv1.ReleaseProxyRequest{
			Endpoint:    actor.Endpoint,
			RemoteId:    actor.ID,
			Incarnation: actor.Incarnation,
		})
	return response.GetIncarnation(), err
}
