// What the tables of a file are read as.
#include "server/host/endpoint_tables.h"

#include <chrono>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/host/parsed_file.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class EndpointTablesTest : public ::testing::Test {
 protected:
  // Of a file that is right.
  std::vector<PoolOptions> Pools(const std::string& text,
                                 std::vector<std::string> arguments = {}) {
    ParsedOptions parsed = file_.ParseText(text, std::move(arguments));
    EXPECT_EQ(parsed.text, "");
    EXPECT_FALSE(parsed.exit.has_value());
    return std::move(parsed.options.pools);
  }

  FileOfOptions file_;
};

std::vector<std::string> NamesOf(const std::vector<PoolOptions>& pools) {
  std::vector<std::string> names;
  for (const PoolOptions& pool : pools) names.push_back(pool.member.name);
  return names;
}

TEST_F(EndpointTablesTest, TheCommandLineIsTheEndpointDefault) {
  const ParsedOptions parsed =
      ParseLine({"--stop-grace", "7s", "--drain", "3s", "--", "child", "-x"});

  ASSERT_EQ(NamesOf(parsed.options.pools), std::vector<std::string>{"default"});
  const PoolOptions& pool = parsed.options.pools.front();
  EXPECT_THAT(pool.member.command.arguments, ElementsAre("child", "-x"));
  EXPECT_EQ(pool.member.command.stop_grace, milliseconds(7'000));
  EXPECT_EQ(pool.drain, milliseconds(3'000));
  EXPECT_EQ(pool.replicas, 0u);
}

TEST_F(EndpointTablesTest, DefaultIsFirstAndTheTablesFollowInTheirOrder) {
  EXPECT_THAT(NamesOf(Pools("command = [\"true\"]\n"
                            "[endpoint.z]\ncommand = [\"true\"]\n"
                            "[endpoint.\"a.b\"]\ncommand = [\"true\"]\n")),
              ElementsAre("default", "z", "a.b"));
  EXPECT_THAT(
      NamesOf(Pools("[endpoint.z]\ncommand = [\"true\"]\n", {"--", "true"})),
      ElementsAre("default", "z"));
  EXPECT_THAT(NamesOf(Pools("[endpoint.default]\ncommand = [\"true\"]\n")),
              ElementsAre("default"));
}

TEST_F(EndpointTablesTest, EveryKeyOfAChildIsTakenOver) {
  const auto pools = Pools(
      "[endpoint.a]\n"
      "command = [\"child\", \"--flag\"]\ndialect = \"thespian\"\n"
      "names = [\"x\", \"y\"]\ncontrol = \"refuse\"\nexit-linger = \"2s\"\n"
      "stop-grace = \"3s\"\nmax-frame-bytes = 70000\nqueue-bytes = \"1MiB\"\n"
      "strict-protocol = true\nmax-proxies = 9\nproxy-idle-timeout = \"4s\"\n"
      "restart = \"always\"\nrestart-delay = \"5ms\"\n"
      "restart-max-delay = \"6s\"\nrestart-reset = \"7s\"\n"
      "restart-limit = 8\nrestart-period = \"9s\"\nhang-timeout = \"11s\"\n"
      "hang-restart = true\nchild-memory = 4096\nchild-open-files = 12\n"
      "child-cpu-time = \"1500ms\"\nchild-directory = \"/d\"\n"
      "child-user = \"u\"\nchild-env = [\"PATH\"]\n");

  ASSERT_EQ(pools.size(), 1u);
  const EndpointOptions& member = pools.front().member;
  EXPECT_THAT(member.command.arguments, ElementsAre("child", "--flag"));
  EXPECT_EQ(member.command.stop_grace, milliseconds(3'000));
  EXPECT_EQ(member.dialect, Dialect::kThespian);
  EXPECT_THAT(member.names, ElementsAre("x", "y"));
  EXPECT_EQ(member.control, ControlPayloads::kRefuse);
  EXPECT_EQ(member.exit_linger, milliseconds(2'000));
  EXPECT_EQ(member.max_frame_bytes, 70'000u);
  EXPECT_EQ(member.queue.high_bytes, 1u << 20);
  EXPECT_TRUE(member.strict_protocol);
  EXPECT_EQ(member.max_proxies, 9u);
  EXPECT_EQ(member.proxy_idle_timeout, milliseconds(4'000));
  EXPECT_EQ(member.restart.mode, RestartMode::kAlways);
  EXPECT_EQ(member.restart.first_delay, milliseconds(5));
  EXPECT_EQ(member.restart.longest_delay, milliseconds(6'000));
  EXPECT_EQ(member.restart.sustained, milliseconds(7'000));
  EXPECT_EQ(member.restart.max_starts, 8u);
  EXPECT_EQ(member.restart.period, milliseconds(9'000));
  EXPECT_EQ(member.hang.timeout, milliseconds(11'000));
  EXPECT_TRUE(member.hang.end);
  const ChildSetup& setup = member.command.setup;
  EXPECT_EQ(setup.memory_bytes, 4'096u);
  EXPECT_EQ(setup.open_files, 12u);
  EXPECT_EQ(setup.cpu_seconds, 2u);
  EXPECT_EQ(setup.directory, "/d");
  EXPECT_EQ(setup.user, "u");
  ASSERT_TRUE(setup.environment.has_value());
  EXPECT_THAT(*setup.environment, ElementsAre("PATH"));
}

TEST_F(EndpointTablesTest, EveryKeyOfAPoolIsTakenOver) {
  const auto pools = Pools(
      "[endpoint.a]\ncommand = [\"child\"]\nreplicas = 3\n"
      "balance = \"by-sender\"\nmin-ready = 2\nrequired = false\n"
      "drain = \"5s\"\nready-name = \"r\"\nstart = \"on-demand\"\n"
      "idle-stop = \"5m\"\n"
      "routes = { logger = \"b\", \"db.*\" = \"c\", \"*\" = \"c\" }\n"
      "[endpoint.b]\nconnect = \"10.0.0.1:7\"\ninsecure-peers = true\n"
      "balance = \"round-robin\"\n"
      "[endpoint.c]\naccept = \"unix:@s\"\naccept-users = [\"root\", 7]\n"
      "accept-limit = 5\nmin-ready = 5\n");

  ASSERT_EQ(pools.size(), 3u);
  EXPECT_EQ(pools[0].replicas, 3u);
  EXPECT_EQ(pools[0].balance, Balance::kBySender);
  EXPECT_EQ(pools[0].min_ready, 2u);
  EXPECT_FALSE(pools[0].required);
  EXPECT_EQ(pools[0].drain, milliseconds(5'000));
  EXPECT_EQ(pools[0].ready_name, "r");
  EXPECT_TRUE(pools[0].member.on_demand);
  EXPECT_EQ(pools[0].member.idle_stop, milliseconds(300'000));
  EXPECT_THAT(pools[0].routes, ElementsAre(Pair("*", "c"), Pair("db.*", "c"),
                                           Pair("logger", "b")));
  EXPECT_EQ(pools[1].member.connect, "10.0.0.1:7");
  EXPECT_TRUE(pools[1].member.insecure_peers);
  EXPECT_EQ(pools[1].balance, Balance::kRoundRobin);
  EXPECT_TRUE(pools[1].required);
  EXPECT_EQ(pools[2].accept, "unix:@s");
  EXPECT_THAT(pools[2].accept_users, ElementsAre("root", "7"));
  EXPECT_EQ(pools[2].accept_limit, 5u);
  EXPECT_EQ(pools[2].min_ready, 5u);
}

TEST_F(EndpointTablesTest, WhatIsOutsideIsWhereATableBegins) {
  const auto pools = Pools(
      "restart = \"always\"\nnames = [\"x\"]\nchild-env = [\"PATH\"]\n"
      "[endpoint.a]\ncommand = [\"child\"]\n"
      "[endpoint.b]\ncommand = [\"child\"]\nstop-grace = \"1s\"\n"
      "restart = \"never\"\nnames = []\nchild-env = []\n"
      "hang-restart = false\n",
      {"--stop-grace", "9s", "--hang-restart"});

  ASSERT_EQ(pools.size(), 2u);
  const EndpointOptions& a = pools[0].member;
  EXPECT_EQ(a.command.stop_grace, milliseconds(9'000));
  EXPECT_EQ(a.restart.mode, RestartMode::kAlways);
  EXPECT_THAT(a.names, ElementsAre("x"));
  EXPECT_TRUE(a.command.setup.environment.has_value());
  EXPECT_TRUE(a.hang.end);
  const EndpointOptions& b = pools[1].member;
  EXPECT_EQ(b.command.stop_grace, milliseconds(1'000));
  EXPECT_EQ(b.restart.mode, RestartMode::kNever);
  EXPECT_THAT(b.names, IsEmpty());
  EXPECT_FALSE(b.command.setup.environment.has_value());
  EXPECT_FALSE(b.hang.end);
}

// It is for those that can use it.
TEST_F(EndpointTablesTest, WhatIsOutsideAndMeansNothingInATableIsLeftOut) {
  const auto pools = Pools(
      "child-user = \"nobody\"\nstart = \"on-demand\"\nidle-stop = \"1m\"\n"
      "[endpoint.a]\nconnect = \"unix:/s\"\n"
      "[endpoint.b]\naccept = \"unix:/t\"\n"
      "[endpoint.c]\ncommand = [\"child\"]\nstart = \"at-once\"\n");

  ASSERT_EQ(pools.size(), 3u);
  EXPECT_EQ(pools[0].member.command.setup.user, "");
  EXPECT_TRUE(pools[0].member.on_demand);
  EXPECT_EQ(pools[0].member.idle_stop, milliseconds(60'000));
  EXPECT_FALSE(pools[1].member.on_demand);
  EXPECT_EQ(pools[1].member.idle_stop, milliseconds(0));
  EXPECT_EQ(pools[2].member.command.setup.user, "nobody");
  EXPECT_FALSE(pools[2].member.on_demand);
  EXPECT_EQ(pools[2].member.idle_stop, milliseconds(0));
}

TEST_F(EndpointTablesTest, TheLargestFrameOfAllIsTheServers) {
  const ParsedOptions parsed = file_.ParseText(
      "max-frame-bytes = 1024\n"
      "[endpoint.a]\ncommand = [\"child\"]\nmax-frame-bytes = 2048\n"
      "[endpoint.b]\ncommand = [\"child\"]\n");
  EXPECT_EQ(parsed.options.server.max_frame_bytes, 2'048u);
}

TEST_F(EndpointTablesTest, AGatewayNeedsAnEndpoint) {
  const ParsedOptions none = file_.ParseText("max-actors = 5\n");
  EXPECT_EQ(none.exit, ExitCode::kUsage);
  EXPECT_THAT(none.text, HasSubstr("COMMAND is missing"));
}

TEST_F(EndpointTablesTest, TheOneChildCanEndTheGateway) {
  const auto pools = Pools(
      "exit-with-child = true\n"
      "[endpoint.a]\nconnect = \"unix:/s\"\nrestart = \"always\"\n"
      "[endpoint.b]\ncommand = [\"child\"]\nrestart = \"on-failure\"\n");
  ASSERT_EQ(pools.size(), 2u);
  EXPECT_EQ(pools[0].member.restart.mode, RestartMode::kAlways);
  EXPECT_EQ(pools[1].member.restart.mode, RestartMode::kNever);
}

// What SIGHUP does.
TEST_F(EndpointTablesTest, AFileCanBeReadAgain) {
  const std::vector<std::string> line = {"--stop-grace", "9s"};
  ASSERT_THAT(NamesOf(Pools("[endpoint.a]\nconnect = \"unix:/a\"\n", line)),
              ElementsAre("a"));

  EXPECT_THAT(NamesOf(Pools("[endpoint.a]\nconnect = \"unix:/a\"\n"
                            "[endpoint.b]\nconnect = \"unix:/b\"\n",
                            line)),
              ElementsAre("a", "b"));

  const ParsedOptions wrong =
      file_.ParseText("[endpoint.a]\nconnect = \"nowhere\"\n", line);
  EXPECT_EQ(wrong.exit, ExitCode::kConfig);
  EXPECT_THAT(wrong.text, HasSubstr(file_.path() + ":2:11: connect"));

  const auto last = Pools("[endpoint.b]\nconnect = \"unix:/b\"\n", line);
  ASSERT_THAT(NamesOf(last), ElementsAre("b"));
  EXPECT_EQ(last[0].member.command.stop_grace, milliseconds(9'000));
}

}  // namespace
}  // namespace thespian::gateway
