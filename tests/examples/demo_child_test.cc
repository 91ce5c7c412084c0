// thespian-demo-child as a process; what it shares with other children is in
// any_child_test.cc.
#include <sys/resource.h>

#include <ostream>
#include <string>

#include "tests/examples/child_talk.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class DemoChildTest : public ChildTalk {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(Begin({TG_DEMO_CHILD})); }
};

TEST_F(DemoChildTest, NamesItsActorsToPeople) {
  ASSERT_TRUE(child().AwaitStderr("\n").ok());
  EXPECT_THAT(
      child().stderr_text(),
      AllOf(HasSubstr("echo 1"), HasSubstr("counter 2"), HasSubstr("ticker 3"),
            HasSubstr("spawner 4"), HasSubstr("crash 5")));
}

TEST_F(DemoChildTest, EchoesMoreThanAPipeHolds) {
  const std::string text(5u << 20, 'x');
  const std::string payload = "[\"" + text + "\"]";
  Say({R"(["send",7,1,)" + payload + "]"});
  EXPECT_TRUE(Hear() == R"(["send",1,7,)" + payload + "]");
}

TEST_F(DemoChildTest, CounterResets) {
  Say({R"(["send",7,2,"x"])", R"(["send",7,2,["reset"]])",
       R"(["send",7,2,["reset",1]])"});
  EXPECT_THAT(Hear(3), ElementsAre(R"(["send",2,7,["count",1]])",
                                   R"(["send",2,7,["count",0]])",
                                   R"(["send",2,7,["count",1]])"));
}

TEST_F(DemoChildTest, TickerTicksUntilItIsToldToStop) {
  Say({R"(["send_named",7,"ticker",["subscribe",1]])"});
  EXPECT_THAT(Hear(3), ElementsAre(R"(["send",3,7,["tick",1]])",
                                   R"(["send",3,7,["tick",2]])",
                                   R"(["send",3,7,["tick",3]])"));
  Say({R"(["send",7,3,["unsubscribe"]])", R"(["send",8,1,"done"])"});
  std::string message = Hear();
  while (message.starts_with(R"(["send",3,7,["tick",)")) message = Hear();
  EXPECT_EQ(message, R"(["send",1,8,"done"])");
  EXPECT_THAT(HearTheRest(),
              ElementsAre(R"(["transport_error","stdin_closed"])"));
}

TEST_F(DemoChildTest, SpawnedActorsGreetEchoAndEndOnce) {
  Say({R"(["send",7,4,0])", R"(["send",8,4,0])"});
  EXPECT_THAT(Hear(2), ElementsAre(R"(["send",100,7,["hello",100]])",
                                   R"(["send",101,8,["hello",101]])"));
  Say({R"(["send",7,101,"hi"])", R"(["link",7,100])", R"(["link",8,100])",
       R"(["send",8,100,["exit","tired"]])", R"(["send",7,101,["exit"]])",
       R"(["send",7,100,0])"});
  EXPECT_THAT(Hear(4),
              ElementsAre(R"(["send",101,7,"hi"])", R"(["exit",100,"tired"])",
                          R"(["exit",101,"normal"])",
                          R"(["exit",100,"no_such_actor"])"));
}

TEST_F(DemoChildTest, RefusesWhatAnActorDoesNotUnderstand) {
  Say({R"(["send",7,3,"subscribe"])", R"(["send",7,3,["subscribe",0]])",
       R"(["send",7,3,["subscribe",3600001]])",
       R"(["send",7,3,["subscribe","x"]])", R"(["send",7,5,["explode"]])",
       R"(["send",7,5,["exit",5]])", R"(["send",7,5,["exit_process",256]])",
       R"(["send",7,5,["exit_process"]])", R"(["send",7,5,["stderr"]])"});
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(Hear(), StartsWith(R"(["send",3,7,["error",")"));
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(Hear(), StartsWith(R"(["send",5,7,["error",")"));
  }
}

TEST_F(DemoChildTest, CrashBeginsAgainUnderAFreshId) {
  Say({R"(["send_named",7,"crash",["exit","boom"]])",
       R"(["send",7,5,["exit"]])", R"(["send_named",7,"crash",["exit"]])",
       R"(["send",7,4,0])"});
  EXPECT_THAT(Hear(4), ElementsAre(R"(["exit",5,"boom"])",
                                   R"(["exit",5,"no_such_actor"])",
                                   R"(["exit",100,"normal"])",
                                   R"(["send",102,7,["hello",102]])"));
}

TEST_F(DemoChildTest, CrashEndsTheProcessWithACode) {
  Say({R"(["send",7,5,["exit_process",17]])"});
  EXPECT_EQ(Ending(), "exit 17");
}

TEST_F(DemoChildTest, CrashAborts) {
  const rlimit none{0, 0};
  ASSERT_EQ(prlimit(child().pid(), RLIMIT_CORE, &none, nullptr), 0);
  Say({R"(["send",0,5,["abort"]])"});
  EXPECT_EQ(Ending(), "signal 6");
}

TEST_F(DemoChildTest, CrashWritesToStderr) {
  Say({R"(["send",0,5,["stderr","a line"]])"});
  EXPECT_TRUE(child().AwaitStderr("a line\n").ok());
}

TEST_F(DemoChildTest, ReportsNamesThatNobodyHas) {
  Say({R"(["send_named",7,"hamlet",1])"});
  EXPECT_TRUE(child().AwaitStderr("no actor is named 'hamlet'").ok());
}

TEST_F(DemoChildTest, FailsWhenNobodyReadsItsOutput) {
  child().CloseStdout();
  Say({R"(["send",7,1,"hi"])"});
  EXPECT_EQ(Ending(), "exit 1");
  EXPECT_THAT(child().stderr_text(), HasSubstr("stdout"));
}

struct Violation {
  const char* name;
  const char* hex;

  friend void PrintTo(const Violation& violation, std::ostream* out) {
    *out << violation.name;
  }
};

class DemoChildViolationTest : public DemoChildTest,
                               public ::testing::WithParamInterface<Violation> {
};

TEST_P(DemoChildViolationTest, EndsTheProcess) {
  Say({R"(["send",7,1,"before"])"});
  EXPECT_EQ(Hear(), R"(["send",1,7,"before"])");
  SayBytes(FromHex(GetParam().hex));
  EXPECT_EQ(Ending(), "exit 1");
  EXPECT_THAT(child().stderr_text(), HasSubstr("thespian-demo-child: "));
  EXPECT_EQ(Hear(), "OUT_OF_RANGE: the child's stdout has ended");
}

INSTANTIATE_TEST_SUITE_P(, DemoChildViolationTest,
                         ::testing::Values(Violation{"NoString", "8101"},
                                           Violation{"TooLong", "5affffffff"},
                                           Violation{"Empty", "40"},
                                           Violation{"NoList", "4101"},
                                           Violation{"TwoItems", "428080"},
                                           Violation{"CutShort", "4184"}),
                         [](const auto& violation) {
                           return violation.param.name;
                         });

TEST_F(ChildTalk, DemoChildExplainsItself) {
  struct Row {
    std::string argument;
    std::string ending;
  };
  for (const Row& row : {Row{"--help", "exit 0"}, Row{"--version", "exit 0"},
                         Row{"--nonsense", "exit 64"}, Row{"x", "exit 64"},
                         Row{"--dialect", "exit 64"}}) {
    SCOPED_TRACE(row.argument);
    ASSERT_NO_FATAL_FAILURE(Begin({TG_DEMO_CHILD, row.argument}));
    EXPECT_EQ(Ending(), row.ending);
  }
  ASSERT_NO_FATAL_FAILURE(Begin({TG_DEMO_CHILD, "--dialect", "klingon"}));
  EXPECT_EQ(Ending(), "exit 64");
  EXPECT_THAT(child().stderr_text(), HasSubstr("no dialect 'klingon'"));
}

}  // namespace
}  // namespace thespian::gateway
