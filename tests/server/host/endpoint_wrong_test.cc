// What is wrong with a file's tables, and where.
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "tests/server/host/parsed_file.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Wrong {
  std::string text;   // of the file
  std::string place;  // LINE:COLUMN, or its beginning
  std::string what;
};

void ExpectWrong(const std::vector<Wrong>& rows) {
  const FileOfOptions file;
  for (const Wrong& row : rows) {
    SCOPED_TRACE(row.text);
    const ParsedOptions parsed = file.ParseText(row.text);
    EXPECT_EQ(parsed.exit, ExitCode::kConfig);
    EXPECT_THAT(parsed.text, StartsWith("thespian-gateway: " + file.path() +
                                        ":" + row.place));
    EXPECT_THAT(parsed.text, HasSubstr(row.what));
    EXPECT_EQ(parsed.text.find('\n'), parsed.text.size() - 1);
  }
}

const std::string kChild = "[endpoint.a]\ncommand = [\"true\"]\n";
const std::string kDial = "[endpoint.a]\nconnect = \"unix:/s\"\n";
const std::string kListen = "[endpoint.a]\naccept = \"unix:/s\"\n";

TEST(EndpointWrongTest, Keys) {
  ExpectWrong({
      {kChild + "stop-grase = \"1s\"\n", "3:14: ", "mean stop-grace?"},
      {kChild + "rotes = { x = \"b\" }\n", "3:9: ", "did you mean routes?"},
      {kChild + "rotes = \"b\"\n", "3:9: ", "did you mean routes?"},
      {kChild + "replica = 1\n", "3:11: ", "did you mean replicas?"},
      {kChild + "listen = [\"unix:/s\"]\n",
       "3:10: ", "listen is global: put it before the first table"},
      {kChild + "max-actors = 7\n", "3:14: ", "max-actors is global"},
      {kChild + "exit-with-child = true\n", "3:19: ", "is global"},
      {"replicas = 3\n" + kChild, "1:12: ", "put it into its table"},
      {"routes = { a = \"b\" }\n" + kChild, "1:10: ", ""},
      {"connect = \"unix:/s\"\n", "1:11: ", "[endpoint.NAME]"},
      {"[endpoint.a.b]\n", "1:1: ", "[endpoint.\"a.b\"]"},
      {kChild + "config = \"x\"\n", "3:10: ", "no key config"},
      {kChild + "payload-profile = \"cbor\"\n", "3:19: ", "--dialect plain"},
  });
}

TEST(EndpointWrongTest, Values) {
  ExpectWrong({
      {kChild + "stop-grace = \"soon\"\n", "3:14: stop-grace: ", "no duration"},
      {kChild + "stop-grace = \"\"\n", "3:14: stop-grace: ", "no duration"},
      {kChild + "dialect = \"json\"\n", "3:11: dialect: ", "json"},
      {kChild + "balance = \"random\"\n", "3:11: balance: ", "random"},
      {kChild + "start = \"later\"\n", "3:9: start: ", "later"},
      {kChild + "required = 1\n", "3:12: ", "must be true or false"},
      {kChild + "replicas = \"3\"\n", "3:12: ", "must be an integer"},
      {kChild + "replicas = 0\n", "3:12: replicas: ", "1 to 1000"},
      {kChild + "replicas = 1001\n", "3:12: replicas: ", "1 to 1000"},
      {kChild + "names = [\"a\", \"\"]\n", "3:9: names: ", "is empty"},
      {kChild + "ready-name = \"" + std::string(300, 'x') + "\"\n",
       "3:14: ready-name: ", "1 to 255 bytes"},
      {"[endpoint.a]\ncommand = \"true\"\n", "2:11: ", "must be an array"},
      {"[endpoint.a]\ncommand = []\n", "2:11: ", "must be an array"},
      {kListen + "accept-limit = 0\n", "3:16: accept-limit: ", "1 to 10000"},
      {kChild + "stop-grace = { a = 1 }\n", "3:14: ", "must be text"},
  });
}

TEST(EndpointWrongTest, Names) {
  std::vector<Wrong> rows;
  for (const std::string& name :
       {std::string(), std::string("a/0"), std::string("a b"),
        std::string("\xc3\xa9"), std::string("*"), std::string(64, 'x')}) {
    rows.push_back({"[endpoint.\"" + name + "\"]\ncommand = [\"true\"]\n",
                    "1:1: ", "1 to 63"});
  }
  ExpectWrong(rows);
  EXPECT_FALSE(FileOfOptions()
                   .ParseText("[endpoint.\"A-_.9" + std::string(58, 'x') +
                              "\"]\ncommand = [\"true\"]\n")
                   .exit.has_value());
}

TEST(EndpointWrongTest, WhatAnEndpointIs) {
  ExpectWrong({
      {"\n  [endpoint.a]\nreplicas = 2\n", "2:3: ", "needs one of command"},
      {kChild + "connect = \"unix:/s\"\n",
       "3:11: connect: ", "has command already"},
      {kDial + "accept = \"unix:/s\"\n",
       "3:10: accept: ", "has connect already"},
      {"command = [\"true\"]\n[endpoint.default]\ncommand = [\"true\"]\n",
       "2:1: ", "'default' has a command outside"},
      {kDial + "child-user = \"root\"\n",
       "3:14: child-user: ", "starts no child: it has connect"},
      {kListen + "child-memory = 1\n",
       "3:16: child-memory: ", "starts no child: it has accept"},
      {kListen + "child-env = []\n", "3:13: child-env: ", "starts no child"},
      {kDial + "accept-users = [\"root\"]\n", "3:16: ", "with accept"},
      {kChild + "accept-limit = 3\n", "3:16: ", "with accept"},
      {"[endpoint.a]\naccept = \"[::1]:0\"\naccept-users = [\"root\"]\n",
       "3:16: accept-users: ", "only a Unix socket"},
      {kListen + "replicas = 2\n", "3:12: replicas: ", "each connection"},
      {kListen + "start = \"on-demand\"\n", "3:9: start: ", "listens"},
      {kChild + "min-ready = 2\n", "3:13: min-ready: ", "1 at most"},
      {kChild + "replicas = 3\nmin-ready = 4\n", "4:13: ", "3 at most"},
      {kListen + "accept-limit = 3\nmin-ready = 4\n", "4:13: ", "3 at most"},
      {kChild + "idle-stop = \"5m\"\n", "3:13: idle-stop: ", "on-demand"},
      {"idle-stop = \"5m\"\ncommand = [\"true\"]\n", "1:13: ", "on-demand"},
  });
}

TEST(EndpointWrongTest, Addresses) {
  const std::string dial = "[endpoint.a]\nconnect = \"";
  const std::string listen = "[endpoint.a]\naccept = \"";
  ExpectWrong({
      {dial + "here\"\n", "2:11: connect: 'here'", "it has no port"},
      {dial + "unix://h/p\"\n", "2:11: ", "two slashes"},
      {dial + "127.0.0.1:0\"\n", "2:11: ", "port 0"},
      {dial + "10.0.0.1:7\"\n", "2:11: ", "insecure-peers = true"},
      {dial + "example.org:7\"\n", "2:11: ", "not on the loopback"},
      {listen + "127.0.0.1:x\"\n", "2:10: accept: ", "is no number"},
      {listen + "0.0.0.0:7\"\n", "2:10: ", "insecure-peers = true"},
      {listen + "10.0.0.1:7\"\ninsecure-peers = false\n",
       "2:10: ", "not on the loopback"},
  });
  EXPECT_FALSE(FileOfOptions()
                   .ParseText(listen + "0.0.0.0:7\"\n", {"--insecure-peers"})
                   .exit.has_value());
}

// "a>b a>c" as a file, a line a table: 1 a, 4 b, and so on.
std::string Routes(const std::string& name, const std::string& routes) {
  return "[endpoint." + name + "]\nconnect = \"unix:/s\"\nroutes = {" + routes +
         "}\n";
}

TEST(EndpointWrongTest, WhereRoutesGo) {
  const std::string b = Routes("b", "");
  ExpectWrong({
      {Routes("a", "x = \"loggs\"") + Routes("logs", ""),
       "3:15: routes: x: ", "no endpoint 'loggs', did you mean logs?"},
      {Routes("a", "x = \"b/0\"") + b, "3:15: ", "no endpoint 'b/0'"},
      {Routes("a", "x = \"\"") + b, "3:15: ", "no endpoint ''"},
      {Routes("a", "x = \"default\"") + b, "3:15: ", "no endpoint 'default'"},
      {Routes("a", "x = \"a\""), "3:15: ", "a route of 'a' to itself"},
      {Routes("a", "x = 5") + b, "3:15: ", "the name of an endpoint"},
      {Routes("a", "x = [\"b\"]") + b, "3:15: ", "the name of an endpoint"},
      {Routes("a", "\"*x\" = \"b\"") + b, "3:18: ", "one, at the end"},
      {Routes("a", "\"x**\" = \"b\"") + b, "3:19: ", "one, at the end"},
      {Routes("a", "\"\" = \"b\"") + b, "3:16: ", "is empty"},
      {Routes("a", "x = \"b\", x = \"b\"") + b, "3:", "redefine"},
      {kDial + "routes = \"b\"\n", "3:10: ", "must be a table"},
  });
}

TEST(EndpointWrongTest, LoopsOfRoutes) {
  const std::string c = Routes("c", "");
  ExpectWrong({
      {Routes("a", "x = \"b\"") + Routes("b", "y = \"a\""),
       "6:15: ", "routes go round: a -> b -> a"},
      // The way to a loop is none of it; c, to which one leads, is not either.
      {c + Routes("z", "x = \"a\"") + Routes("a", "x = \"c\", y = \"b\"") +
           Routes("b", "y = \"d\"") + Routes("d", "\"*\" = \"a\""),
       "15:17: ", "routes go round: a -> b -> d -> a\n"},
  });
  std::string chain;
  for (int i = 0; i < 300; ++i) {
    const std::string next = std::to_string((i + 1) % 300);
    chain += Routes(std::to_string(i), "x = \"" + next + "\"");
  }
  ExpectWrong({{chain, "900:15: ", "0 -> 1 -> 2 -> "}});
}

TEST(EndpointWrongTest, ADiamondIsNoLoop) {
  const std::string diamond = Routes("a", "x = \"b\", y = \"c\", z = \"d\"") +
                              Routes("b", "x = \"d\"") +
                              Routes("c", "x = \"d\"") + Routes("d", "");
  EXPECT_FALSE(FileOfOptions().ParseText(diamond).exit.has_value());
}

TEST(EndpointWrongTest, ThereIsOneChildToEndWith) {
  const std::string other = absl::StrReplaceAll(kChild, {{".a", ".b"}});
  ExpectWrong({
      {"exit-with-child = true\n" + kChild + other, "1:19: ", "exactly one"},
      {"exit-with-child = true\n" + kDial, "1:19: ", "exactly one"},
      {"exit-with-child = true\n" + kChild + "replicas = 2\n",
       "1:19: ", "without replicas"},
      {"exit-with-child = true\n" + kChild + "restart = \"always\"\n",
       "1:19: ", "endpoint 'a' has restart"},
  });
}

TEST(EndpointWrongTest, ThereIsABoundToTheNumberOfEndpoints) {
  std::string tables;
  for (int i = 0; i < 1'001; ++i) tables += Routes(std::to_string(i), "");
  ExpectWrong({{tables, "3001:1: ", "more than 1000 endpoints"}});
}

}  // namespace
}  // namespace thespian::gateway
