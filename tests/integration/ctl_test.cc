// thespianctl against a running gateway.
#include <signal.h>

#include <fstream>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/endpoints_gateway.h"
#include "tests/integration/gateway_process.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

const std::vector<std::string> kDemoChild = {TG_DEMO_CHILD};
const std::vector<std::string> kPythonChild = {"/usr/bin/python3",
                                               TG_PYTHON_CHILD};

std::vector<std::string> Ctl(const GatewayProcess& gateway,
                             std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {TG_CTL, "--address", gateway.address()});
  return arguments;
}

// Attaches with `input`, until so many messages have come.
Ended AttachWith(const GatewayProcess& gateway, const std::string& input,
                 int count) {
  const TempDir directory;
  const std::string file = directory.File("input");
  std::ofstream(file) << input;
  std::string line = "exec \"$0\" \"$@\" < '" + file + "'";
  std::vector<std::string> command = {"/bin/sh", "-c", line};
  for (const std::string& word :
       Ctl(gateway, {"attach", "--count", std::to_string(count)})) {
    command.push_back(word);
  }
  return Program(command).Wait();
}

// A child, and an actor of it that answers a "?" and ends on ["exit"].
struct Troupe {
  std::string name;
  std::vector<std::string> child;
  std::string mortal;
  std::string mortal_id;

  friend void PrintTo(const Troupe& troupe, std::ostream* out) {
    *out << troupe.name;
  }
};

class CtlTest : public ::testing::TestWithParam<Troupe> {};

TEST_P(CtlTest, WhatAnAttachedActorSendsToEchoComesBack) {
  GatewayProcess gateway({}, GetParam().child);

  const Ended ended =
      AttachWith(gateway, "echo [\"hello\",1]\necho \"again\"\n", 2);

  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("[\"hello\",1]"));
  EXPECT_THAT(ended.out, HasSubstr("\"again\""));
  EXPECT_THAT(ended.out, HasSubstr("<- from 1 "));
}

TEST_P(CtlTest, SendNamedReachesTheChild) {
  GatewayProcess gateway({}, GetParam().child);
  const Ended sent =
      Program(Ctl(gateway, {"send-named", "echo", "[\"hello\"]"})).Wait();
  EXPECT_EQ(sent.code, 0) << sent.err;

  const Ended shown = Program(Ctl(gateway, {"endpoint", "--json"})).Wait();

  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("\"accepted\""));
}

TEST_P(CtlTest, WatchShowsAnActorsLife) {
  GatewayProcess gateway({}, GetParam().child);
  Program watch(Ctl(gateway, {"watch"}));
  ASSERT_TRUE(watch.AwaitOut("snapshot complete"));
  const auto& [name, child, mortal, id] = GetParam();

  EXPECT_EQ(AttachWith(gateway, mortal + " \"?\"\n", 1).code, 0);

  EXPECT_TRUE(watch.AwaitOut("proxy created " + id));
  EXPECT_TRUE(watch.AwaitOut("received " + id));
  EXPECT_EQ(
      Program(Ctl(gateway, {"send-named", mortal, "[\"exit\"]"})).Wait().code,
      0);
  EXPECT_TRUE(watch.AwaitOut("proxy closed " + id));
  watch.Kill(SIGINT);
  EXPECT_EQ(watch.Wait().code, 0);
}

TEST_P(CtlTest, CallPrintsTheReply) {
  GatewayProcess gateway({}, GetParam().child);

  const Ended by_name =
      Program(Ctl(gateway, {"call", "echo", R"({"a":[1,"x"]})"})).Wait();
  const Ended by_id = Program(Ctl(gateway, {"call", "1", "7"})).Wait();

  EXPECT_EQ(by_name.code, 0) << by_name.err;
  EXPECT_EQ(by_name.out, "{\"a\":[1,\"x\"]}\n");
  EXPECT_EQ(by_id.code, 0) << by_id.err;
  EXPECT_EQ(by_id.out, "7\n");
}

TEST_P(CtlTest, LinkTellsHowTheActorEnded) {
  GatewayProcess gateway({}, GetParam().child);
  const auto& [name, child, mortal, id] = GetParam();
  EXPECT_EQ(Program(Ctl(gateway, {"call", mortal, "\"?\""})).Wait().code, 0);
  Program link(Ctl(gateway, {"link", id}));
  Program stopped(Ctl(gateway, {"link", id}));
  ASSERT_TRUE(link.AwaitErr("-- linked to " + id));
  ASSERT_TRUE(stopped.AwaitErr("-- linked to " + id));

  stopped.Kill(SIGINT);
  EXPECT_EQ(stopped.Wait().code, 1) << "it has not ended yet";
  EXPECT_EQ(
      Program(Ctl(gateway, {"send-named", mortal, "[\"exit\"]"})).Wait().code,
      0);

  const Ended ended = link.Wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "-- " + id + " exited: normal\n");
}

TEST_P(CtlTest, ListenGoesOnUntilItIsStoppedAndIsListed) {
  GatewayProcess gateway({}, GetParam().child);
  Program listen(Ctl(gateway, {"listen", "--name", "logger"}));
  ASSERT_TRUE(listen.AwaitErr("-- listening as actor 1"));

  const Ended actors = Program(Ctl(gateway, {"actors", "--json"})).Wait();
  EXPECT_THAT(actors.out, HasSubstr("\"name\":\"logger\""));

  listen.Kill(SIGINT);
  EXPECT_EQ(listen.Wait().code, 0);
}

TEST_P(CtlTest, ReleaseDropsAProxyOnce) {
  GatewayProcess gateway({}, GetParam().child);
  EXPECT_EQ(Program(Ctl(gateway, {"call", "echo", "1"})).Wait().code, 0);

  const Ended released = Program(Ctl(gateway, {"release", "1"})).Wait();
  EXPECT_EQ(released.code, 0) << released.err;
  EXPECT_EQ(released.out, "released 1 of incarnation 1\n");
  const Ended again = Program(Ctl(gateway, {"release", "1"})).Wait();
  EXPECT_EQ(again.code, 67);
  EXPECT_THAT(again.err, HasSubstr("ACTOR_UNKNOWN"));
}

TEST(CtlListenTest, PrintsWhatAChildSendsToItsName) {
  GatewayProcess gateway({}, {TG_SCRIPTED_CHILD, "from:7", "frames:1",
                              "send-named:logger:hi", "until-eof"});
  Program listen(Ctl(gateway, {"listen", "--name", "logger", "--count", "1"}));
  ASSERT_TRUE(listen.AwaitErr("-- listening as actor 1"));

  EXPECT_EQ(Program(Ctl(gateway, {"send-named", "any", "1"})).Wait().code, 0);

  const Ended ended = listen.Wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "<- from 7 \"hi\"\n");
}

INSTANTIATE_TEST_SUITE_P(
    Children, CtlTest,
    ::testing::Values(Troupe{"Demo", kDemoChild, "crash", "5"},
                      Troupe{"Python", kPythonChild, "echo", "1"}),
    [](const ::testing::TestParamInfo<Troupe>& row) { return row.param.name; });

// --- What changes the endpoints --------------------------------------------

class CtlChangeTest : public ::testing::Test {
 protected:
  Ended Do(const std::vector<std::string>& arguments) {
    return Program(Ctl(gateway_.process(), arguments)).Wait();
  }

  EndpointsGateway gateway_{IdleTable("pool", "replicas = 2") +
                            IdleTable("alone")};
};

TEST_F(CtlChangeTest, ScaleGivesAPoolSoManyMembers) {
  const Ended more = Do({"scale", "pool", "3"});
  EXPECT_EQ(more.code, 0) << more.err;
  EXPECT_THAT(more.out, ContainsRegex("pool/0 +running.*\npool/1 +running.*\n"
                                      "pool/2 +running"));
  const Ended fewer = Do({"scale", "pool", "1", "--json"});
  EXPECT_EQ(fewer.code, 0) << fewer.err;
  EXPECT_THAT(fewer.out, HasSubstr("\"name\":\"pool/0\""));
  EXPECT_EQ(gateway_.Pids().count("pool/1"), 0u);

  EXPECT_EQ(Do({"scale", "alone", "2"}).code, 64);
  EXPECT_EQ(Do({"scale", "nothing", "2"}).code, 67);
}

TEST_F(CtlChangeTest, ReplaceStartsANewChildBesideTheOldOne) {
  const Ended replaced = Do({"replace", "alone"});
  EXPECT_EQ(replaced.code, 0) << replaced.err;
  EXPECT_THAT(replaced.out, ContainsRegex("alone +running +[0-9]+ +2 "));

  const Ended shown = Do({"endpoint", "alone"});
  EXPECT_THAT(shown.out, ContainsRegex("\ndraining_incarnations +1\n"));
  EXPECT_THAT(Do({"endpoint", "pool/1"}).out, ContainsRegex("\npool +pool\n"));
  EXPECT_EQ(Do({"replace", "nothing"}).code, 67);
}

TEST_F(CtlChangeTest, ReloadTellsWhatItDidOrWhatIsWrong) {
  gateway_.WriteFile(IdleTable("pool", "replicas = 2") + IdleTable("new"));
  const Ended reloaded = Do({"reload"});
  EXPECT_EQ(reloaded.code, 0) << reloaded.err;
  EXPECT_EQ(reloaded.out,
            "added      new\n"
            "removed    alone\n"
            "changed    -\n"
            "unchanged  pool\n");

  gateway_.WriteFile("[endpoint.pool]\n");
  const Ended wrong = Do({"reload"});
  EXPECT_EQ(wrong.code, 64);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr(gateway_.file() + ":1:"),
                               HasSubstr("FIELD_INVALID")));
  EXPECT_THAT(gateway_.Pids(), ::testing::SizeIs(3));
}

// --- Failures --------------------------------------------------------------

TEST(CtlFailureTest, ALateAnswerToANameMayBeNoneAtAll) {
  GatewayProcess gateway({}, {TG_SCRIPTED_CHILD, "until-eof"});

  const Ended named =
      Program(Ctl(gateway, {"--timeout", "0.1", "call", "nobody", "1"})).Wait();

  EXPECT_EQ(named.code, 75);
  EXPECT_THAT(named.err, HasSubstr("no actor 'nobody'"));
}

TEST(CtlFailureTest, OutputThatCantBeWrittenIsAnErrorOfItsOwn) {
  GatewayProcess gateway({}, kDemoChild);
  std::vector<std::string> command = {"/bin/sh", "-c",
                                      "exec \"$0\" \"$@\" > /dev/full"};
  for (const std::string& word : Ctl(gateway, {"endpoints"})) {
    command.push_back(word);
  }

  const Ended ended = Program(command).Wait();

  EXPECT_EQ(ended.code, 74) << ended.err;
}

TEST(CtlFailureTest, MessagesHaveAPrefixAndAreInOrder) {
  const Ended ended = Program({TG_CTL, "actors", "one", "two"}).Wait();

  EXPECT_EQ(ended.code, 64);
  EXPECT_EQ(ended.err, "thespianctl: too much: one two (try --help)\n");
}

TEST(CtlFailureTest, AGatewayThatIsNotThereIsUnavailable) {
  const TempDir directory;

  const Ended ended =
      Program({TG_CTL, "--address", "unix:" + directory.File("nothing"),
               "--timeout", "2", "endpoints"})
          .Wait();

  EXPECT_EQ(ended.code, 69) << ended.err;
}

}  // namespace
}  // namespace thespian::gateway
