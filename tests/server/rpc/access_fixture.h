// A gateway with rules and tokens, and callers who show these, over real gRPC.
#ifndef TESTS_SERVER_RPC_ACCESS_FIXTURE_H_
#define TESTS_SERVER_RPC_ACCESS_FIXTURE_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "server/access/rules_file.h"
#include "server/access/tokens.h"
#include "tests/server/gateway_test.h"
#include "tests/support/log_lines.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {

inline constexpr grpc::StatusCode kDenied = grpc::StatusCode::PERMISSION_DENIED;
inline constexpr grpc::StatusCode kUnknown = grpc::StatusCode::UNAUTHENTICATED;

inline constexpr char kDenyAll[] = R"(
[[rule]]
title = "closed"
principals = ["*"]
methods = ["*"]
outcome = "deny"
)";

inline constexpr char kRules[] = R"(
[[rule]]
title = "database names are reserved"
principals = ["token:web", "anonymous"]
methods = ["Attach", "Listen"]
register = ["db.*"]
outcome = "deny"

[[rule]]
title = "operators"
principals = ["token:ops"]
methods = ["*"]
payloads = true
control-words = true
outcome = "allow"

[[rule]]
title = "the web asks echo"
principals = ["token:web"]
methods = ["Call", "SendNamed", "Attach"]
endpoints = ["default"]
send-to = ["echo"]
outcome = "allow"

[[rule]]
title = "everyone looks"
principals = ["*"]
methods = ["Get*", "List*", "WatchProxies"]
outcome = "allow"
)";

class AccessTest : public GatewayTest {
 protected:
  // Makes a token; to be called before the gateway runs.
  std::string TokenOf(const std::string& name,
                      absl::Time expires = absl::InfiniteFuture()) {
    const auto made = MakeToken(name, expires);
    EXPECT_THAT(made, IsOk());
    token_file_ += made->entry;
    return made->token;
  }

  void RunWith(const std::string& rules) {
    options_.access = Terms(rules);
    options_.audit = std::make_shared<Audit>(log_);
    RunDemo();
  }

  AccessTerms Terms(const std::string& rules) {
    const auto tokens = Tokens::Parse(token_file_, "tokens");
    EXPECT_THAT(tokens, IsOk());
    AccessTerms terms = {
        .rules = nullptr, .limits = {}, .tokens = *tokens, .jwt = nullptr};
    if (rules.empty()) return terms;
    const auto file = ParseRules(rules, "rules");
    EXPECT_THAT(file, IsOk());
    terms.rules = file->rules;
    terms.limits = file->limits;
    return terms;
  }

  static void Show(const std::string& token, grpc::ClientContext& context) {
    Prepare({}, context);
    if (!token.empty()) {
      context.AddMetadata("authorization", "Bearer " + token);
    }
  }

  grpc::Status CallAs(const std::string& token,
                      const v1::CallRequest& request) {
    grpc::ClientContext context;
    Show(token, context);
    v1::CallResponse response;
    return stub().Call(&context, request, &response);
  }

  v1::Endpoint EndpointAs(const std::string& token) {
    grpc::ClientContext context;
    Show(token, context);
    v1::GetEndpointResponse response;
    EXPECT_THAT(stub().GetEndpoint(&context, {}, &response), IsRpcOk());
    return response.endpoint();
  }

  // How a stream that opens an actor and does `command` ends, and what its
  // result was.
  std::pair<grpc::Status, google::rpc::Status> AttachAs(
      const std::string& token, const std::string& name,
      const v1::ActorCommand& command = {}) {
    grpc::ClientContext context;
    Show(token, context);
    const auto stream = stub().Attach(&context);
    v1::AttachRequest request;
    *request.add_commands() = Open(name);
    if (command.command_id() > 0) *request.add_commands() = command;
    stream->Write(request);
    stream->WritesDone();
    google::rpc::Status result;
    v1::AttachResponse response;
    while (stream->Read(&response)) {
      for (const v1::ActorEvent& event : response.events()) {
        if (event.has_command_result()) {
          result = event.command_result().status();
        }
      }
    }
    return {stream->Finish(), result};
  }

  grpc::Status WatchAs(const std::string& token,
                       const v1::WatchProxiesRequest& request) {
    grpc::ClientContext context;
    Show(token, context);
    const auto stream = stub().WatchProxies(&context, request);
    v1::WatchProxiesResponse response;
    if (stream->Read(&response)) {
      context.TryCancel();
      return grpc::Status::OK;
    }
    return stream->Finish();
  }

  std::string token_file_;
  LogLines lines_;
  spdlog::logger log_ = lines_.MakeLog();
};

}  // namespace thespian::gateway

#endif  // TESTS_SERVER_RPC_ACCESS_FIXTURE_H_
