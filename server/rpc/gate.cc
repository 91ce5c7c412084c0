#include "server/rpc/gate.h"

#include <string>
#include <string_view>
#include <vector>

#include "server/rpc/peer_principal.h"

namespace thespian::gateway {
namespace {

constexpr char kAuthorization[] = "authorization";

std::vector<std::string_view> ValuesOf(
    const grpc::CallbackServerContext& context, const std::string& key) {
  std::vector<std::string_view> values;
  const auto [first, last] = context.client_metadata().equal_range(key);
  for (auto value = first; value != last; ++value) {
    values.emplace_back(value->second.data(), value->second.size());
  }
  return values;
}

}  // namespace

AccessControl::Contact Gate::ContactOf(
    const grpc::CallbackServerContext& context, Method method) const {
  AccessControl::Contact contact = {.authorization = {},
                                    .claims = {},
                                    .connection = nullptr,
                                    .peer = {},
                                    .method = method};
  if (access_.wants_peer()) contact.peer = context.peer();
  if (access_.wants_credentials()) {
    contact.authorization = ValuesOf(context, kAuthorization);
  }
  if (!entrance_.claims_header.empty()) {
    contact.claims = ValuesOf(context, entrance_.claims_header);
  }
  if (entrance_.shows_peer && access_.wants_principal()) {
    contact.connection = PrincipalOf(*context.auth_context());
  }
  return contact;
}

absl::StatusOr<Caller> Gate::Identify(
    const grpc::CallbackServerContext& context, Method method) const {
  return access_.Identify(ContactOf(context, method), entrance_);
}

absl::Status Gate::Allow(const Caller& caller,
                         const AccessRequest& request) const {
  absl::Status status = Ask(gateway_, caller, request);
  const bool sends = request.to_id || request.to_name.has_value();
  if (status.ok() && sends) {
    status = caller.Take(request.method, Rate::kMessages);
  }
  return status;
}

absl::StatusOr<Caller> Gate::Admit(const grpc::CallbackServerContext& context,
                                   Method method) const {
  absl::StatusOr<Caller> caller = Identify(context, method);
  if (!caller.ok()) return caller;
  // What is watched is known by the request alone.
  if (method == Method::kWatchProxies) return caller;
  absl::Status status = Allow(*caller, {.method = method});
  if (!status.ok()) return status;
  return caller;
}

}  // namespace thespian::gateway
