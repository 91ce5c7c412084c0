#include "server/host/health_check.h"

#include <grpcpp/grpcpp.h>

#include <chrono>

#include "absl/strings/match.h"
#include "fmt/format.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace thespian::gateway {
namespace {

namespace health = grpc::health::v1;

constexpr std::chrono::seconds kPatience{3};

std::string Reachable(const std::string& address) {
  for (const auto& [any, loopback] :
       {std::pair<std::string, std::string>("0.0.0.0:", "127.0.0.1:"),
        std::pair<std::string, std::string>("[::]:", "[::1]:")}) {
    if (absl::StartsWith(address, any)) {
      return loopback + address.substr(any.size());
    }
  }
  return address;
}

}  // namespace

absl::Status CheckHealth(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto stub = health::Health::NewStub(grpc::CreateCustomChannel(
      Reachable(address), grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  health::HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, {}, &response);
  if (!status.ok()) {
    return absl::UnavailableError(
        fmt::format("{}: {}", address, status.error_message()));
  }
  if (response.status() == health::HealthCheckResponse::SERVING) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(fmt::format(
      "{}: {}", address,
      health::HealthCheckResponse::ServingStatus_Name(response.status())));
}

}  // namespace thespian::gateway
