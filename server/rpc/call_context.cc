#include "server/rpc/call_context.h"

namespace thespian::gateway {
namespace {

constexpr char kTokenKey[] = "x-actor-token";

std::string_view ActorToken(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto token = metadata.find(kTokenKey);
  if (token == metadata.end()) return {};
  return {token->second.data(), token->second.size()};
}

}  // namespace

CallContext ContextOf(const grpc::CallbackServerContext& context,
                      const Caller& caller) {
  return {.caller = caller,
          .actor_token = ActorToken(context),
          .deadline = context.deadline()};
}

}  // namespace thespian::gateway
