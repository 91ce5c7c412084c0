#include "server/rpc/lists.h"

#include <string_view>
#include <vector>

#include "endpoint/error.h"
#include "endpoint/relay/relayed_actor.h"
#include "fmt/format.h"
#include "server/codec/api_values.h"
#include "server/observe/stats.h"
#include "server/rpc/page_token.h"
#include "server/stream/access_of.h"

namespace thespian::gateway {
namespace {

constexpr int kDefaultPageSize = 100;
constexpr int kMaxPageSize = 1'000;

absl::StatusOr<size_t> PageSize(int asked) {
  if (asked == 0) return kDefaultPageSize;
  if (asked > 0 && asked <= kMaxPageSize) return static_cast<size_t>(asked);
  return MakeFieldError(
      ErrorReason::kFieldInvalid, "page_size",
      fmt::format("page_size must be 0 to {}, but is {}", kMaxPageSize, asked));
}

void Describe(const LocalActor& actor, v1::LocalActor& api) {
  api.set_id(actor.id().value);
  api.set_name(actor.name());
  ToApi(actor.since(), *api.mutable_create_time());
  api.set_mailbox_depth(actor.mailbox().depth());
  const RelayOrigin* origin = actor.relayed();
  if (origin == nullptr) return;
  v1::RelayedActor& relayed = *api.mutable_relayed();
  relayed.set_endpoint(*origin->endpoint);
  relayed.set_incarnation(origin->incarnation.value);
  relayed.set_remote_id(origin->remote.value);
  // Those that have an origin are of this class.
  relayed.set_to_endpoint(*static_cast<const RelayedActor&>(actor).to());
}

constexpr std::string_view kProxies = "ListProxies";
constexpr std::string_view kLocalActors = "ListLocalActors";

}  // namespace

void Describe(const Gateway& gateway, const Endpoint& endpoint,
              const Caller& caller, Method method, v1::Endpoint& api) {
  ToApi(gateway, endpoint, api);
  if (caller.May({.method = method,
                  .scope = AccessRequest::Scope::kOne,
                  .endpoint = api.name(),
                  .payloads = true})) {
    return;
  }
  api.clear_command();
  if (api.has_last_exit()) api.mutable_last_exit()->clear_stderr_lines();
}

absl::StatusOr<v1::ListProxiesResponse> ListProxies(
    const Gateway& gateway, const CallContext&,
    const v1::ListProxiesRequest& request) {
  const auto endpoint = gateway.FindOneEndpoint(request.endpoint());
  if (!endpoint.ok()) return endpoint.status();
  const absl::StatusOr<size_t> page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  const absl::StatusOr<PageToken> token =
      ReadPageToken(kProxies, request.page_token());
  if (!token.ok()) return token.status();
  std::vector<ProxyRow> rows;
  Incarnation incarnation;
  uint64_t place = token->place;
  const bool more =
      (*endpoint)->proxies().List(*page_size, place, rows, incarnation);
  v1::ListProxiesResponse response;
  // The proxies that the pages before listed have all ended with theirs: places
  // mean nothing in another incarnation's table.
  if (token->table != 0 && token->table != incarnation.value) {
    return response;
  }
  for (const ProxyRow& row : rows) {
    ToApi(row, incarnation, *response.add_proxies());
  }
  if (more) {
    response.set_next_page_token(
        WritePageToken(kProxies, {.table = incarnation.value, .place = place}));
  }
  return response;
}

absl::StatusOr<v1::ListLocalActorsResponse> ListLocalActors(
    const Gateway& gateway, const CallContext&,
    const v1::ListLocalActorsRequest& request) {
  const absl::StatusOr<size_t> page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  const absl::StatusOr<PageToken> token =
      ReadPageToken(kLocalActors, request.page_token());
  if (!token.ok()) return token.status();
  const auto actors = gateway.locals().List({token->place}, *page_size + 1);
  v1::ListLocalActorsResponse response;
  for (size_t i = 0; i < actors.size() && i < *page_size; ++i) {
    Describe(*actors[i], *response.add_actors());
  }
  if (actors.size() > *page_size) {
    response.set_next_page_token(WritePageToken(
        kLocalActors, {.place = actors[*page_size - 1]->id().value}));
  }
  return response;
}

absl::StatusOr<v1::ListEndpointsResponse> ListEndpoints(
    const Gateway& gateway, const CallContext& context,
    const v1::ListEndpointsRequest& request) {
  v1::ListEndpointsResponse response;
  for (const EndpointHandle& endpoint : gateway.Endpoints()) {
    Describe(gateway, *endpoint, context.caller, AccessOf(request).method,
             *response.add_endpoints());
  }
  return response;
}

absl::StatusOr<v1::GetEndpointResponse> GetEndpoint(
    const Gateway& gateway, const CallContext& context,
    const v1::GetEndpointRequest& request) {
  const auto endpoint = gateway.FindOneEndpoint(request.endpoint());
  if (!endpoint.ok()) return endpoint.status();
  v1::GetEndpointResponse response;
  Describe(gateway, **endpoint, context.caller, AccessOf(request).method,
           *response.mutable_endpoint());
  return response;
}

absl::StatusOr<v1::GetFlightRecordResponse> GetFlightRecord(
    const Gateway& gateway, const CallContext&,
    const v1::GetFlightRecordRequest& request) {
  const auto endpoint = gateway.FindOneEndpoint(request.endpoint());
  if (!endpoint.ok()) return endpoint.status();
  v1::GetFlightRecordResponse response;
  for (const RecordedFrame& frame : (*endpoint)->recorder().Frames()) {
    ToApi(frame, *response.add_frames());
  }
  return response;
}

}  // namespace thespian::gateway
