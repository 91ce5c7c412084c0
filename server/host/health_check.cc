#include "server/host/health_check.h"

#include <grpcpp/grpcpp.h>

#include <chrono>

#include "endpoint/socket/address.h"
#include "fmt/format.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace thespian::gateway {
namespace {

namespace health = grpc::health::v1;

constexpr std::chrono::seconds kPatience{3};

}  // namespace

absl::Status CheckHealth(const std::string& address) {
  const absl::StatusOr<Address> parsed = ParseAddress(address);
  if (!parsed.ok()) return parsed.status();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto stub = health::Health::NewStub(grpc::CreateCustomChannel(
      DialTarget(*parsed), grpc::InsecureChannelCredentials(), arguments));
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
