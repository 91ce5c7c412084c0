// Other tests rely on what the scripted child does, and on nothing more.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <ostream>
#include <sstream>
#include <string>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/examples/child_talk.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ScriptedChildTest : public ChildTalk {
 protected:
  void Play(std::vector<std::string> script) {
    script.insert(script.begin(), TG_SCRIPTED_CHILD);
    ASSERT_NO_FATAL_FAILURE(Begin(script));
  }
};

struct Words {
  const char* name;
  std::vector<std::string> script;
  std::vector<std::string> heard;

  friend void PrintTo(const Words& words, std::ostream* out) {
    *out << words.name;
  }
};

class ScriptedChildWordsTest : public ScriptedChildTest,
                               public ::testing::WithParamInterface<Words> {};

TEST_P(ScriptedChildWordsTest, AreHeard) {
  ASSERT_NO_FATAL_FAILURE(Play(GetParam().script));
  EXPECT_EQ(HearTheRest(), GetParam().heard);
  EXPECT_EQ(Ending(), "exit 0");
}

INSTANTIATE_TEST_SUITE_P(
    , ScriptedChildWordsTest,
    ::testing::Values(
        Words{"Nothing", {}, {}},
        Words{"Hex", {"hex:5a00000003820102"}, {"[1,2]"}},
        Words{"Split", {"split:5a00000003820102"}, {"[1,2]"}},
        Words{"Repeat",
              {"repeat:3:5a00000003820102"},
              {"[1,2]", "[1,2]", "[1,2]"}},
        Words{"Send", {"send:7:a:b"}, {R"(["send",1,7,"a:b"])"}},
        Words{"SendNamed",
              {"from:18446744073709551615", "send-named:log:hi"},
              {R"(["send_named",18446744073709551615,"log","hi"])"}},
        Words{"Dialect",
              {"dialect:thespian", "send:7:hi", "send-named:log:hi", "link:7",
               "exits:1", "dialect:plain", "die:tired"},
              {R"(["send",["LPID",1],["RPID",7],"hi"])",
               R"(["send_named",["LPID",1],"log","hi"])",
               R"(["link",["LPID",1],["RPID",7]])",
               R"(["exit",["LPID",1],"normal"])", R"(["exit",1,"tired"])"}},
        Words{"Life",
              {"from:9", "link:7", "die:tired"},
              {R"(["link",9,7])", R"(["exit",9,"tired"])"}},
        Words{"Proxies",
              {"proxies:2"},
              {R"(["send_named",1,"nobody","hello"])",
               R"(["send_named",2,"nobody","hello"])"}},
        Words{"Exits",
              {"exits:2"},
              {R"(["exit",1,"normal"])", R"(["exit",2,"normal"])"}},
        Words{"UntilEof",
              {"until-eof", "send:7:bye"},
              {R"(["send",1,7,"bye"])"}}),
    [](const auto& words) { return words.param.name; });

TEST_F(ScriptedChildTest, TakesFramesOneByOne) {
  ASSERT_NO_FATAL_FAILURE(
      Play({"frames:2", "send:7:two", "frames:1", "exit:5"}));
  Say({"[1]", "[2]"});
  EXPECT_EQ(Hear(), R"(["send",1,7,"two"])");
  Say({"[3]"});
  EXPECT_EQ(Ending(), "exit 5");
}

TEST_F(ScriptedChildTest, RecordsWhatItTakes) {
  ASSERT_NO_FATAL_FAILURE(Play({"frames:1", "record:2", "until-eof"}));
  Say({"[1]", "[2]", R"(["x"])"});
  EXPECT_THAT(HearTheRest(), ElementsAre());
  EXPECT_EQ(Ending(), "exit 0");
  EXPECT_EQ(child().stderr_text(), "8102\n816178\n");
}

TEST_F(ScriptedChildTest, RecordsToAFile) {
  const std::string path =
      fmt::format("{}/record.{}", ::testing::TempDir(), getpid());
  ASSERT_NO_FATAL_FAILURE(Play({"record:" + path}));
  Say({"[1]"});
  EXPECT_THAT(HearTheRest(), ElementsAre());
  EXPECT_EQ(Ending(), "exit 0");
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "8101\n");
  EXPECT_EQ(std::remove(path.c_str()), 0);
}

TEST_F(ScriptedChildTest, EchoesToTheSender) {
  ASSERT_NO_FATAL_FAILURE(Play({"from:4", "echo"}));
  Say({R"(["send",7,4,[1]])", R"(["send_named",8,"x",2])"});
  EXPECT_THAT(Hear(2), ElementsAre(R"(["send",4,7,[1]])", R"(["send",4,8,2])"));
}

TEST_F(ScriptedChildTest, AnnouncesAFrameThatNeverComes) {
  ASSERT_NO_FATAL_FAILURE(Play({"announce:100", "close-stdout"}));
  EXPECT_THAT(Hear(), StartsWith("DATA_LOSS: "));
}

TEST_F(ScriptedChildTest, ClosesItsStdout) {
  ASSERT_NO_FATAL_FAILURE(Play({"close-stdout"}));
  EXPECT_THAT(Hear(), StartsWith("OUT_OF_RANGE: "));
}

TEST_F(ScriptedChildTest, ClosesItsStdin) {
  ASSERT_NO_FATAL_FAILURE(Play({"close-stdin", "stderr:closed", "deaf"}));
  ASSERT_TRUE(child().AwaitStderr("closed\n").ok());
  EXPECT_EQ(child().Write("x").code(), absl::StatusCode::kUnavailable);
}

TEST_F(ScriptedChildTest, WritesToStderr) {
  ASSERT_NO_FATAL_FAILURE(Play({"stderr:a: b", "stderr-flood:2", "exit:0"}));
  EXPECT_EQ(Ending(), "exit 0");
  EXPECT_EQ(child().stderr_text(), "a: b\nflood 1\nflood 2\n");
}

TEST_F(ScriptedChildTest, EndsBySignal) {
  ASSERT_NO_FATAL_FAILURE(Play({"signal:9"}));
  EXPECT_EQ(Ending(), "signal 9");
}

TEST_F(ScriptedChildTest, DiesOfSigtermUnlessItIsIgnored) {
  for (const bool ignored : {false, true}) {
    ASSERT_NO_FATAL_FAILURE(Play({ignored ? "ignore-sigterm" : "stderr:",
                                  "send:7:ready", "until-eof", "exit:3"}));
    EXPECT_EQ(Hear(), R"(["send",1,7,"ready"])");
    ASSERT_EQ(kill(child().pid(), SIGTERM), 0);
    child().CloseStdin();
    EXPECT_EQ(Ending(), ignored ? "exit 3" : "signal 15");
  }
}

TEST_F(ScriptedChildTest, WaitsForEverWhenItIsMuteOrDeaf) {
  for (const std::string verb : {"mute", "deaf"}) {
    ASSERT_NO_FATAL_FAILURE(Play({"send:7:ready", verb, "exit:3"}));
    EXPECT_EQ(Hear(), R"(["send",1,7,"ready"])");
    child().CloseStdin();
    ASSERT_EQ(kill(child().pid(), SIGTERM), 0);
    EXPECT_EQ(Ending(), "signal 15");
  }
}

TEST_F(ScriptedChildTest, StopsUntilItIsContinued) {
  ASSERT_NO_FATAL_FAILURE(Play({"stop", "exit:3"}));
  // Continuing a process that has not stopped yet does nothing.
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child().pid()), &info, WSTOPPED),
            0);
  ASSERT_EQ(kill(child().pid(), SIGCONT), 0);
  EXPECT_EQ(Ending(), "exit 3");
}

TEST_F(ScriptedChildTest, LeavesAGrandchildThatHoldsItsStdout) {
  ASSERT_NO_FATAL_FAILURE(Play({"grandchild", "exit:0"}));
  EXPECT_EQ(Ending(), "exit 0");
  pid_t grandchild = 0;
  ASSERT_EQ(
      std::sscanf(child().stderr_text().c_str(), "grandchild %d", &grandchild),
      1);
  // It ends here and not before: until then its stdout is open.
  ASSERT_EQ(kill(grandchild, SIGKILL), 0);
  EXPECT_THAT(Hear(), StartsWith("OUT_OF_RANGE: "));
}

TEST_F(ScriptedChildTest, TellsWhatItHasInherited) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread.
  ASSERT_EQ(setenv("TG_TEST_VARIABLE", "a b", 1), 0);
  ASSERT_NO_FATAL_FAILURE(
      Play({"fds", "env:TG_TEST_VARIABLE", "env:TG_TEST_NO_VARIABLE"}));
  child().CloseStdin();
  EXPECT_EQ(Ending(), "exit 0");
  EXPECT_EQ(child().stderr_text(),
            "fds: 0 1 2\n"
            "env: TG_TEST_VARIABLE=a b\n"
            "env: TG_TEST_NO_VARIABLE is not set\n");
}

TEST_F(ScriptedChildTest, TellsWhichSignalsItIgnores) {
  ASSERT_NO_FATAL_FAILURE(Play({"signals", "ignore-sigterm", "signals"}));
  child().CloseStdin();
  EXPECT_EQ(Ending(), "exit 0");
  unsigned long before = 0;
  unsigned long after = 0;
  ASSERT_EQ(std::sscanf(child().stderr_text().c_str(),
                        "signals: blocked %*16[0-9a-f] ignored %16lx\n"
                        "signals: blocked %*16[0-9a-f] ignored %16lx\n",
                        &before, &after),
            2);
  EXPECT_EQ(before ^ after, 1ul << (SIGTERM - 1));
}

TEST_F(ScriptedChildTest, RefusesABadScript) {
  for (const std::string step : {"dance", "exit:x", "frames:", "dialect:x"}) {
    ASSERT_NO_FATAL_FAILURE(Play({step}));
    EXPECT_EQ(Ending(), "exit 64") << step;
  }
}

TEST_F(ScriptedChildTest, RefusesHeadsThatTheGatewayDoesNotWrite) {
  ASSERT_NO_FATAL_FAILURE(Play({"frames:1"}));
  SayBytes("\x43\x82\x01\x02\x43");
  EXPECT_EQ(Ending(), "exit 98");
  EXPECT_THAT(child().stderr_text(), HasSubstr("5a"));
}

}  // namespace
}  // namespace thespian::gateway
