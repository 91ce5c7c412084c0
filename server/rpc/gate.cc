#include "server/rpc/gate.h"

#include <utility>

namespace thespian::gateway {
namespace {

constexpr char kAuthorization[] = "authorization";

}  // namespace

absl::StatusOr<Caller> Gate::Identify(
    const grpc::CallbackServerContext& context, Method method) const {
  AccessControl::Contact contact = {.authorization = {},
                                    .peer = {},
                                    .method = method,
                                    .serves_admin = serves_admin_};
  if (access_.wants_peer()) contact.peer = context.peer();
  if (!access_.wants_credentials()) return access_.Identify(std::move(contact));
  const auto [first, last] =
      context.client_metadata().equal_range(kAuthorization);
  for (auto value = first; value != last; ++value) {
    contact.authorization.emplace_back(value->second.data(),
                                       value->second.size());
  }
  return access_.Identify(std::move(contact));
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
