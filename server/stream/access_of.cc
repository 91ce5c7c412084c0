#include "server/stream/access_of.h"

#include <string>

#include "absl/algorithm/container.h"
#include "endpoint/wire/dialects.h"

namespace thespian::gateway {
namespace {

using Scope = AccessRequest::Scope;

AccessRequest OfOne(Method method, std::string_view endpoint) {
  return {.method = method, .scope = Scope::kOne, .endpoint = endpoint};
}

AccessRequest OfAll(Method method) {
  return {.method = method, .scope = Scope::kAll};
}

// Of a request that leaves out its endpoint; empty where that is of no matter.
std::string NameMeant(const Gateway& gateway, const Caller& caller,
                      const AccessRequest& request) {
  const bool left_out =
      request.scope == Scope::kOne && request.endpoint.empty();
  return left_out && caller.has_rules() ? gateway.directory().NameMeant("")
                                        : "";
}

}  // namespace

AccessRequest AccessOf(const v1::SendRequest& request) {
  AccessRequest access = OfOne(Method::kSend, request.endpoint());
  access.to_id = true;
  return access;
}

AccessRequest AccessOf(const v1::SendNamedRequest& request) {
  AccessRequest access = OfOne(Method::kSendNamed, request.endpoint());
  access.to_name = request.to_name();
  return access;
}

AccessRequest AccessOf(const v1::CallRequest& request) {
  AccessRequest access = OfOne(Method::kCall, request.endpoint());
  if (request.has_to_name()) {
    access.to_name = request.to_name();
  } else {
    access.to_id = true;
  }
  return access;
}

// Who names the lines of stderr asks for them; who names nothing does without.
AccessRequest AccessOf(const v1::WatchProxiesRequest& request) {
  AccessRequest access = request.endpoint().empty()
                             ? OfAll(Method::kWatchProxies)
                             : OfOne(Method::kWatchProxies, request.endpoint());
  access.payloads =
      request.include_payloads() ||
      absl::c_linear_search(request.kinds(), v1::PROXY_EVENT_KIND_STDERR_LINE);
  return access;
}

AccessRequest AccessOf(const v1::ListProxiesRequest& request) {
  return OfOne(Method::kListProxies, request.endpoint());
}

AccessRequest AccessOf(const v1::ReleaseProxyRequest& request) {
  return OfOne(Method::kReleaseProxy, request.endpoint());
}

AccessRequest AccessOf(const v1::ListLocalActorsRequest&) {
  return {.method = Method::kListLocalActors};
}

AccessRequest AccessOf(const v1::ListEndpointsRequest&) {
  return OfAll(Method::kListEndpoints);
}

AccessRequest AccessOf(const v1::GetEndpointRequest& request) {
  return OfOne(Method::kGetEndpoint, request.endpoint());
}

AccessRequest AccessOf(const v1::StartEndpointRequest& request) {
  return OfOne(Method::kStartEndpoint, request.endpoint());
}

AccessRequest AccessOf(const v1::StopEndpointRequest& request) {
  return OfOne(Method::kStopEndpoint, request.endpoint());
}

AccessRequest AccessOf(const v1::RestartEndpointRequest& request) {
  return OfOne(Method::kRestartEndpoint, request.endpoint());
}

AccessRequest AccessOf(const v1::GetFlightRecordRequest& request) {
  AccessRequest access = OfOne(Method::kGetFlightRecord, request.endpoint());
  access.payloads = true;
  return access;
}

AccessRequest AccessOf(const v1::ReloadRequest&) {
  return OfAll(Method::kReload);
}

AccessRequest AccessOf(const v1::ScaleEndpointRequest& request) {
  return OfOne(Method::kScaleEndpoint, request.endpoint());
}

AccessRequest AccessOf(const v1::ReplaceEndpointRequest& request) {
  return OfOne(Method::kReplaceEndpoint, request.endpoint());
}

AccessRequest AccessOfCommand(
    std::string_view endpoint,
    const std::variant<RemoteId, std::string_view>& to) {
  AccessRequest access = OfOne(Method::kAttach, endpoint);
  if (const auto* name = std::get_if<std::string_view>(&to)) {
    access.to_name = *name;
  } else {
    access.to_id = true;
  }
  return access;
}

absl::Status Ask(const Gateway& gateway, const Caller& caller,
                 AccessRequest request) {
  const std::string meant = NameMeant(gateway, caller, request);
  if (!meant.empty()) request.endpoint = meant;
  return caller.Ask(request);
}

bool MayAsk(const Gateway& gateway, const Caller& caller,
            AccessRequest request) {
  const std::string meant = NameMeant(gateway, caller, request);
  if (!meant.empty()) request.endpoint = meant;
  return caller.May(request);
}

absl::Status AskControl(const Gateway& gateway, const Caller& caller,
                        AccessRequest request, std::string_view cbor) {
  if (!caller.has_rules() || !IsExitMessage(cbor)) return absl::OkStatus();
  request.control = true;
  return Ask(gateway, caller, request);
}

}  // namespace thespian::gateway
