#include "clients/cpp/connection.h"

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "clients/cpp/admin.h"
#include "clients/cpp/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/fake_gateway.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway::client {
namespace {

using absl::StatusCode;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

constexpr char kEndpointKey[] = "x-thespian-endpoint";

TEST(ConnectionTest, HeadersAreSentWithEachRpc) {
  FakeGateway gateway;
  std::map<std::string, std::string> watched;
  gateway.watch = [&watched](const v1::WatchProxiesRequest&,
                             FakeGateway::WatchStream&,
                             grpc::ServerContext& context) {
    watched = MetadataOf(context);
    return grpc::Status::OK;
  };
  const ConnectOptions options = {
      .address = gateway.address(),
      .headers = {{"authorization", "Bearer x"}, {"x-team", "ops"}}};
  Client client = Connect(options).value();
  client.ListEndpoints().IgnoreError();
  EXPECT_THAT(gateway.last_metadata, Contains(Pair("x-team", "ops")));
  EXPECT_THAT(gateway.last_metadata,
              Contains(Pair("authorization", "Bearer x")));
  ConnectAdmin(options)->Reload().IgnoreError();
  EXPECT_THAT(gateway.last_metadata, Contains(Pair("x-team", "ops")));
  v1::ProxyEvent event;
  const auto watch = client.WatchProxies({.endpoint = "logs"});
  EXPECT_FALSE(watch->Next(event));
  EXPECT_THAT(watch->Finish(), IsOk());
  EXPECT_THAT(watched, Contains(Pair("x-team", "ops")));
  EXPECT_THAT(watched, Contains(Pair(kEndpointKey, "logs")));
}

TEST(ConnectionTest, AnRpcThatNamesAnEndpointTellsProxies) {
  FakeGateway gateway;
  Client client = Connect({.address = gateway.address()}).value();
  client.SendNamed({.endpoint = "logs/1", .name = "n"}, "\xf6").IgnoreError();
  EXPECT_THAT(gateway.last_metadata, Contains(Pair(kEndpointKey, "logs/1")));
  client.SendNamed({.name = "n"}, "\xf6").IgnoreError();
  EXPECT_THAT(gateway.last_metadata, Not(Contains(Key(kEndpointKey))));
  client.ListEndpoints().IgnoreError();
  EXPECT_THAT(gateway.last_metadata, Not(Contains(Key(kEndpointKey))));
  // No endpoint has such a name, and no metadata such a value.
  client.GetEndpoint("a\nb").IgnoreError();
  EXPECT_THAT(gateway.last_metadata, Not(Contains(Key(kEndpointKey))));
}

TEST(ConnectionTest, HeadersThatCantBeSentAreRefused) {
  for (const Header& header : std::vector<Header>{{"", "x"},
                                                  {"X-Team", "x"},
                                                  {"x team", "x"},
                                                  {":path", "x"},
                                                  {"grpc-timeout", "1S"},
                                                  {"x-team", "a\nb"},
                                                  {"x-team", "\xc3\xa4"}}) {
    EXPECT_THAT(Connect({.headers = {header}}),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("header")))
        << header.key;
  }
}

TEST(ConnectionTest, FilesThatCantBeReadAreTold) {
  const TempDir directory;
  const std::string path = directory.File("none.pem");
  EXPECT_THAT(Connect({.tls = TlsOptions{.ca = path}}),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr(path + ": can't be read")));
  EXPECT_THAT(Connect({.tls = TlsOptions{.certificate = path}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("its key")));
}

}  // namespace
}  // namespace thespian::gateway::client
