#include "clients/cli/admin_commands.h"

#include <string>

#include "clients/cli/exit_code.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/clients/cli/captured_streams.h"
#include "tests/clients/fake_gateway.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::cli {
namespace {

using absl::StatusCode;
using ::testing::ContainsRegex;
using ::testing::IsEmpty;

class AdminCommandsTest : public ::testing::Test {
 protected:
  absl::Status Run(Options options) {
    options.address = gateway_.address();
    return RunAdminCommand(options, streams_.streams());
  }

  FakeGateway gateway_;
  CapturedStreams streams_;
};

TEST_F(AdminCommandsTest, ReloadPrintsWhatItDid) {
  gateway_.reload = [](const v1::ReloadRequest&, v1::ReloadResponse& response) {
    response.add_added("logs");
    response.add_added("x\n");
    response.add_changed("db");
    return grpc::Status::OK;
  };

  EXPECT_THAT(Run({.command = Command::kReload}), IsOk());

  EXPECT_EQ(streams_.output(),
            "added      logs,x\\u000a\n"
            "removed    -\n"
            "changed    db\n"
            "unchanged  -\n");
}

TEST_F(AdminCommandsTest, ReloadPrintsAnObject) {
  gateway_.reload = [](const v1::ReloadRequest&, v1::ReloadResponse& response) {
    response.add_removed("logs");
    return grpc::Status::OK;
  };

  EXPECT_THAT(Run({.command = Command::kReload, .json = true}), IsOk());

  EXPECT_EQ(nlohmann::json::parse(streams_.output()),
            nlohmann::json({{"removed", {"logs"}}}));
}

TEST_F(AdminCommandsTest, AFileWithAnErrorIsUsage) {
  gateway_.reload = [](const v1::ReloadRequest&, v1::ReloadResponse&) {
    return AsGrpc(RichError(StatusCode::kInvalidArgument, "gateway.toml:3: no",
                            "FIELD_INVALID"));
  };

  const absl::Status status = Run({.command = Command::kReload});

  EXPECT_THAT(status,
              StatusIs(StatusCode::kInvalidArgument, "gateway.toml:3: no"));
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(streams_.output(), IsEmpty());
}

TEST_F(AdminCommandsTest, ScalePrintsTheMembers) {
  gateway_.scale_endpoint = [](const v1::ScaleEndpointRequest& request,
                               v1::ScaleEndpointResponse& response) {
    EXPECT_EQ(request.endpoint(), "workers");
    EXPECT_EQ(request.replicas(), 2u);
    for (const char* name : {"workers/0", "workers/1"}) {
      v1::Endpoint& member = *response.add_endpoints();
      member.set_name(name);
      member.set_state(v1::ENDPOINT_STATE_RUNNING);
    }
    return grpc::Status::OK;
  };

  EXPECT_THAT(
      Run({.endpoint = "workers", .command = Command::kScale, .replicas = 2}),
      IsOk());

  EXPECT_THAT(streams_.output(),
              ContainsRegex("^NAME .*\nworkers/0 +running .*\n"
                            "workers/1 +running .*\n$"));
}

TEST_F(AdminCommandsTest, ANewOneThatDoesNotComeUpIsTold) {
  gateway_.replace_endpoint = [](const v1::ReplaceEndpointRequest& request,
                                 v1::ReplaceEndpointResponse&) {
    EXPECT_EQ(request.endpoint(), "echo");
    return AsGrpc(RichError(StatusCode::kUnavailable, "the old one stays",
                            "ENDPOINT_FAILED"));
  };

  const absl::Status status =
      Run({.endpoint = "echo", .command = Command::kReplace});

  EXPECT_EQ(ExitCodeOf(status), kExitUnavailable);
  EXPECT_THAT(streams_.output(), IsEmpty());
}

TEST_F(AdminCommandsTest, ReplacePrintsAnObjectALine) {
  gateway_.replace_endpoint = [](const v1::ReplaceEndpointRequest&,
                                 v1::ReplaceEndpointResponse& response) {
    response.add_endpoints()->set_name("echo");
    return grpc::Status::OK;
  };

  EXPECT_THAT(
      Run({.endpoint = "echo", .command = Command::kReplace, .json = true}),
      IsOk());

  EXPECT_EQ(nlohmann::json::parse(streams_.output()),
            nlohmann::json({{"name", "echo"}}));
}

TEST_F(AdminCommandsTest, StopPrintsTheEndpointAsAnObject) {
  gateway_.stop_endpoint = [](const v1::StopEndpointRequest& request,
                              v1::StopEndpointResponse& response) {
    response.mutable_endpoint()->set_name(request.endpoint());
    return grpc::Status::OK;
  };

  EXPECT_THAT(
      Run({.endpoint = "echo", .command = Command::kStop, .json = true}),
      IsOk());

  EXPECT_EQ(nlohmann::json::parse(streams_.output()),
            nlohmann::json({{"name", "echo"}}));
}

}  // namespace
}  // namespace thespian::gateway::cli
