// Any bytes, as the request of any RPC of a gateway whose child ends at once,
// are answered: with OK, or with an error whose details say the same as its
// status.
//
//   input := method bytes...     method, by its number modulo how many there
//                                are; bytes of its request
#include <google/rpc/error_details.pb.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "endpoint/check.h"
#include "endpoint/clock.h"
#include "endpoint/gateway.h"
#include "google/rpc/status.pb.h"
#include "server/host/gateway_server.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/raw_call.h"
#include "tests/support/silent_log.h"

namespace thespian::gateway {
namespace {

constexpr std::chrono::milliseconds kStreamTime{50};

// One for all inputs, which leave nothing in it: their actors end with them.
class Served {
 public:
  static Served& Get() {
    // Stays until the process ends: gRPC's threads use it.
    static Served& served = *new Served;
    return served;
  }

  const std::vector<const MethodDescriptor*>& methods() const {
    return methods_;
  }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  Served() {
    EndpointOptions options;
    options.command = {.arguments = {"none"}, .trampoline = "/bin/false"};
    options.restart.mode = RestartMode::kNever;
    Endpoint& endpoint = gateway_.AddEndpoint(options);
    auto server = GatewayServer::Start(
        gateway_, access_, {.listen = {{.addresses = {"127.0.0.1:0"}}}}, log_);
    Check(server.ok(), "a gateway can be served on any port");
    server_ = *std::move(server);
    Check(endpoint.Start().ok(), "a child that ends at once can be started");
    channel_ = grpc::CreateChannel(server_->addresses().front(),
                                   grpc::InsecureChannelCredentials());
  }

  const std::vector<const MethodDescriptor*> methods_ = ApiMethods();
  SystemClock clock_;
  spdlog::logger log_ = SilentLog();
  AccessControl access_{clock_, nullptr, {}};
  Gateway gateway_{clock_, log_, {}};
  std::unique_ptr<GatewayServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

void CheckStatus(const grpc::Status& status) {
  if (status.ok() || status.error_code() == grpc::StatusCode::CANCELLED) return;
  google::rpc::Status details;
  Check(details.ParseFromString(status.error_details()) &&
            details.code() == status.error_code() &&
            details.message() == status.error_message(),
        "an error's details say the same as its status");
  const bool has_reason = std::any_of(
      details.details().begin(), details.details().end(), [](const auto& any) {
        google::rpc::ErrorInfo info;
        return any.UnpackTo(&info) && !info.reason().empty();
      });
  Check(has_reason, "an error has a reason");
}

}  // namespace

void TryInput(std::string_view input) {
  if (input.empty()) return;
  const Served& served = Served::Get();
  const auto number = static_cast<uint8_t>(input.front());
  const MethodDescriptor& method =
      *served.methods()[number % served.methods().size()];
  const grpc::Status status =
      CallRaw(served.channel(), method, input.substr(1), kStreamTime);
  // A watch may have nothing to say.
  if (method.server_streaming() &&
      status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return;
  }
  CheckStatus(status);
}

}  // namespace thespian::gateway
