#include "clients/cpp/admin.h"

#include <string>
#include <vector>

#include "clients/cpp/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/fake_gateway.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::client {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;

class AdminClientTest : public ::testing::Test {
 protected:
  AdminClient client() {
    return ConnectAdmin({.address = gateway_.address()}).value();
  }

  FakeGateway gateway_;
};

TEST_F(AdminClientTest, ReloadsAndReturnsWhatThatDid) {
  gateway_.reload = [](const v1::ReloadRequest&, v1::ReloadResponse& response) {
    response.add_added("new");
    response.add_unchanged("old");
    return grpc::Status::OK;
  };

  const absl::StatusOr<v1::ReloadResponse> reloaded = client().Reload();

  ASSERT_THAT(reloaded, IsOk());
  EXPECT_THAT(reloaded->added(), ElementsAre("new"));
  EXPECT_THAT(reloaded->unchanged(), ElementsAre("old"));
}

TEST_F(AdminClientTest, AReloadThatFailsHasItsReason) {
  gateway_.reload = [](const v1::ReloadRequest&, v1::ReloadResponse&) {
    return AsGrpc(RichError(StatusCode::kInvalidArgument, "gateway.toml:3: no",
                            "FIELD_INVALID"));
  };

  const absl::Status status = client().Reload().status();

  EXPECT_THAT(status,
              StatusIs(StatusCode::kInvalidArgument, "gateway.toml:3: no"));
  EXPECT_EQ(ReasonOf(status), "FIELD_INVALID");
}

TEST_F(AdminClientTest, ScalesAndReturnsTheMembers) {
  gateway_.scale_endpoint = [](const v1::ScaleEndpointRequest& request,
                               v1::ScaleEndpointResponse& response) {
    for (uint32_t i = 0; i < request.replicas(); ++i) {
      response.add_endpoints()->set_name(request.endpoint() + "/" +
                                         std::to_string(i));
    }
    return grpc::Status::OK;
  };

  const auto members = client().ScaleEndpoint("workers", 2);

  ASSERT_THAT(members, IsOk());
  ASSERT_EQ(members->size(), 2u);
  EXPECT_EQ(members->front().name(), "workers/0");
  EXPECT_EQ(members->back().name(), "workers/1");
}

TEST_F(AdminClientTest, ReplacesAndReturnsTheMembers) {
  gateway_.replace_endpoint = [](const v1::ReplaceEndpointRequest& request,
                                 v1::ReplaceEndpointResponse& response) {
    response.add_endpoints()->set_name(request.endpoint());
    response.mutable_endpoints(0)->set_incarnation(2);
    return grpc::Status::OK;
  };

  const auto members = client().ReplaceEndpoint("echo");

  ASSERT_THAT(members, IsOk());
  ASSERT_EQ(members->size(), 1u);
  EXPECT_EQ(members->front().name(), "echo");
  EXPECT_EQ(members->front().incarnation(), 2u);
}

TEST_F(AdminClientTest, WhereItIsNotServedNothingIsImplemented) {
  EXPECT_EQ(client().ScaleEndpoint("workers", 2).status().code(),
            StatusCode::kUnimplemented);
  EXPECT_EQ(client().ReplaceEndpoint("workers").status().code(),
            StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace thespian::gateway::client
