// One unary call that waits for its answer.
//
// Threads:   stateless; safe from any thread.
// Errors:    as FromGrpc has them.
#ifndef CLIENTS_CPP_UNARY_H_
#define CLIENTS_CPP_UNARY_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "clients/cpp/connection.h"
#include "clients/cpp/error.h"
#include "grpcpp/client_context.h"

namespace thespian::gateway::client {

// `token`, unless empty, proves for whom the call speaks.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> AskUnary(
    Stub& stub,
    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                 Response*),
    const Request& request, absl::Duration deadline,
    std::string_view token = {}) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
  if (!token.empty()) {
    context.AddMetadata("x-actor-token", std::string(token));
  }
  if constexpr (requires { request.endpoint(); }) {
    NameEndpoint(request.endpoint(), context);
  }
  Response response;
  absl::Status status = FromGrpc((stub.*method)(&context, request, &response));
  if (!status.ok()) return status;
  return response;
}

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_UNARY_H_
