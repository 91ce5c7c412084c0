// What each RPC asks for, in the words of the rules.
//
// Ownership: views of the request, and of nothing else.
// Threads:   stateless; safe from any thread.
// Errors:    see Caller.
#ifndef SERVER_STREAM_ACCESS_OF_H_
#define SERVER_STREAM_ACCESS_OF_H_

#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "endpoint/gateway.h"
#include "endpoint/wire/ids.h"
#include "server/access/access_control.h"
#include "thespian/gateway/v1/admin.pb.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

AccessRequest AccessOf(const v1::SendRequest& request);
AccessRequest AccessOf(const v1::SendNamedRequest& request);
AccessRequest AccessOf(const v1::CallRequest& request);
AccessRequest AccessOf(const v1::WatchProxiesRequest& request);
AccessRequest AccessOf(const v1::ListProxiesRequest& request);
AccessRequest AccessOf(const v1::ReleaseProxyRequest& request);
AccessRequest AccessOf(const v1::ListLocalActorsRequest& request);
AccessRequest AccessOf(const v1::ListEndpointsRequest& request);
AccessRequest AccessOf(const v1::GetEndpointRequest& request);
AccessRequest AccessOf(const v1::StartEndpointRequest& request);
AccessRequest AccessOf(const v1::StopEndpointRequest& request);
AccessRequest AccessOf(const v1::RestartEndpointRequest& request);
AccessRequest AccessOf(const v1::GetFlightRecordRequest& request);
AccessRequest AccessOf(const v1::ReloadRequest& request);
AccessRequest AccessOf(const v1::ScaleEndpointRequest& request);
AccessRequest AccessOf(const v1::ReplaceEndpointRequest& request);

// An attached client's command to send, or to link.
AccessRequest AccessOfCommand(
    std::string_view endpoint,
    const std::variant<RemoteId, std::string_view>& to);

// Asks the rules, which know an endpoint by its name also where the request
// leaves it out.
absl::Status Ask(const Gateway& gateway, const Caller& caller,
                 AccessRequest request);

// Whether the rules allow what is left out otherwise.
bool MayAsk(const Gateway& gateway, const Caller& caller,
            AccessRequest request);

// The same as Ask for what a message may be, once its payload is known.
absl::Status AskControl(const Gateway& gateway, const Caller& caller,
                        AccessRequest request, std::string_view cbor);

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_ACCESS_OF_H_
