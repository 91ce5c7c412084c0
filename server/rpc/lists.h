// The RPCs that list and describe what there is: functions of the call and the
// request.
//
// Threads:   safe from any thread.
// Errors:    see the .proto.
// Memory:    one page.
#ifndef SERVER_RPC_LISTS_H_
#define SERVER_RPC_LISTS_H_

#include "absl/status/statusor.h"
#include "endpoint/gateway.h"
#include "server/rpc/call_context.h"
#include "thespian/gateway/v1/admin.pb.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

// An endpoint, without its command and its lines of stderr if the caller may
// not see them.
void Describe(const Gateway& gateway, const Endpoint& endpoint,
              const Caller& caller, Method method, v1::Endpoint& api);

absl::StatusOr<v1::ListProxiesResponse> ListProxies(
    const Gateway& gateway, const CallContext& context,
    const v1::ListProxiesRequest& request);

absl::StatusOr<v1::ListLocalActorsResponse> ListLocalActors(
    const Gateway& gateway, const CallContext& context,
    const v1::ListLocalActorsRequest& request);

absl::StatusOr<v1::ListEndpointsResponse> ListEndpoints(
    const Gateway& gateway, const CallContext& context,
    const v1::ListEndpointsRequest& request);

absl::StatusOr<v1::GetEndpointResponse> GetEndpoint(
    const Gateway& gateway, const CallContext& context,
    const v1::GetEndpointRequest& request);

absl::StatusOr<v1::GetFlightRecordResponse> GetFlightRecord(
    const Gateway& gateway, const CallContext& context,
    const v1::GetFlightRecordRequest& request);

}  // namespace thespian::gateway

#endif  // SERVER_RPC_LISTS_H_
