// Runs of the gateway that end by themselves, and what is seen of those that
// don't.
#ifndef TESTS_INTEGRATION_GATEWAY_RUNS_H_
#define TESTS_INTEGRATION_GATEWAY_RUNS_H_

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/gateway_process.h"
#include "tests/support/patience.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {

inline constexpr int kUsage = 64;
inline constexpr int kChildCantRun = 69;
inline constexpr int kConfig = 78;

MATCHER(IsOneLine, "is one line") {
  return std::count(arg.begin(), arg.end(), '\n') == 1 && arg.back() == '\n';
}

inline Ended RunGateway(std::vector<std::string> arguments,
                        const Environment& environment = {}) {
  arguments.insert(arguments.begin(), TG_GATEWAY);
  return Program(arguments, environment).Wait();
}

inline std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines =
      absl::StrSplit(text, '\n', absl::SkipEmpty());
  return lines;
}

inline v1::Endpoint EndpointOf(const GatewayProcess& gateway) {
  const auto stub = v1::GatewayService::NewStub(grpc::CreateChannel(
      gateway.address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  v1::GetEndpointResponse response;
  const grpc::Status status = stub->GetEndpoint(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.endpoint();
}

}  // namespace thespian::gateway

#endif  // TESTS_INTEGRATION_GATEWAY_RUNS_H_
