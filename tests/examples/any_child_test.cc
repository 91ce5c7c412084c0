// What every child that we show does, whatever it is written in.
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/wire/message.h"
#include "tests/examples/child_talk.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

constexpr char kGivesUp[] = R"(["transport_error","stdin_closed"])";

struct Kind {
  const char* name;
  const char* program;

  friend void PrintTo(const Kind& kind, std::ostream* out) {
    *out << kind.name;
  }
};

class AnyChildTest : public ChildTalk,
                     public ::testing::WithParamInterface<Kind> {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Begin({GetParam().program}));
  }
};

TEST_P(AnyChildTest, EchoesToTheSenderByIdAndByName) {
  Say({R"(["send",7,1,{"a":[1,2.5,null,"x"]}])"});
  EXPECT_EQ(Hear(), R"(["send",1,7,{"a":[1,2.5,null,"x"]}])");
  Say({R"(["send_named",8,"echo","hi"])"});
  EXPECT_EQ(Hear(), R"(["send",1,8,"hi"])");
}

// Any well-formed item is a payload, and none ends a child.
TEST_P(AnyChildTest, EchoesPayloadsByteForByte) {
  const std::vector<std::string> payloads = {
      FromHex("9f0102ff"),  // indefinite lengths
      FromHex("bf6161f7ff"),
      FromHex("827f6161ff5f4100ff"),
      FromHex("1b0000000000000001"),  // numbers in too many bytes
      FromHex("3bffffffffffffffff"),
      FromHex("f7"),  // simple values, NaNs
      FromHex("f8ff"),
      FromHex("fb7ff8000000000001"),
      // Tags, of the right item and of a wrong one.
      FromHex("c074323031332d30332d32315432303a30343a30305a"),
      FromHex("c000"),
      FromHex("d81c81d81d00"),
      Repeat("\xc1", 100'000) + "\x01",
      FromHex("a201010102"),  // a key twice, a key that is a list
      FromHex("a18000"),
      FromHex("8161ff"),  // no UTF-8
      Repeat("\x81", 64) + "\x01",
  };
  for (const std::string& payload : payloads) {
    for (const ReaderId to : {ReaderId{1}, ReaderId{2}}) {
      std::string frame;
      AppendFrame(SendMessage{{7}, to, payload}, frame);
      SayBytes(frame);
    }
    const absl::StatusOr<std::string> echo = child().NextFrame();
    ASSERT_TRUE(echo.ok()) << echo.status();
    // ["send", 1, 7, payload]
    EXPECT_TRUE(*echo == FromHex("846473656e640107") + payload)
        << ToHex(payload.substr(0, 32));
    EXPECT_THAT(Hear(), StartsWith(R"(["send",2,7,["count",)"));
  }
}

TEST_P(AnyChildTest, AnswersIdsBeyond32Bits) {
  Say({R"(["send",18446744073709551615,1,0])"});
  EXPECT_EQ(Hear(), R"(["send",1,18446744073709551615,0])");
}

TEST_P(AnyChildTest, CountsOverAllSendersAndAnonymousOnes) {
  Say({R"(["send_named",7,"counter",0])", R"(["send",0,2,0])",
       R"(["send",8,2,0])"});
  EXPECT_THAT(Hear(2), ElementsAre(R"(["send",2,7,["count",1]])",
                                   R"(["send",2,8,["count",3]])"));
}

TEST_P(AnyChildTest, AnswersNobodyWithNothing) {
  Say({R"(["send",0,1,"anonymous"])", R"(["send",7,1,"known"])"});
  EXPECT_EQ(Hear(), R"(["send",1,7,"known"])");
}

TEST_P(AnyChildTest, HandlesFramesThatComeTogether) {
  Say({R"(["send",7,1,1])", R"(["send",7,1,2])", R"(["send",7,1,3])"});
  EXPECT_THAT(Hear(3), ElementsAre(R"(["send",1,7,1])", R"(["send",1,7,2])",
                                   R"(["send",1,7,3])"));
}

TEST_P(AnyChildTest, HandlesFramesThatComeByteByByte) {
  const std::string frames =
      FramesOf({R"(["send",7,1,"one"])", R"(["send",7,1,"two"])"});
  for (const char byte : frames) SayBytes({&byte, 1});
  EXPECT_THAT(Hear(2),
              ElementsAre(R"(["send",1,7,"one"])", R"(["send",1,7,"two"])"));
}

TEST_P(AnyChildTest, TellsThatAnActorIsUnknown) {
  Say({R"(["send",7,9,"hi"])", R"(["link",7,10])", R"(["link",7,1])",
       R"(["send",7,1,"there"])"});
  EXPECT_THAT(Hear(3), ElementsAre(R"(["exit",9,"no_such_actor"])",
                                   R"(["exit",10,"no_such_actor"])",
                                   R"(["send",1,7,"there"])"));
}

TEST_P(AnyChildTest, GoesOnAfterNamesAndVerbsItDoesNotKnow) {
  Say({R"(["send_named",7,"nobody",1])", R"(["hail",7])",
       R"(["exit",7,"gone"])", R"(["send",8,1,"still here"])"});
  EXPECT_EQ(Hear(), R"(["send",1,8,"still here"])");
}

TEST_P(AnyChildTest, AnswersEverythingBeforeTheEndOfItsInput) {
  Say({R"(["send",7,1,"last words"])"});
  EXPECT_THAT(HearTheRest(),
              ElementsAre(R"(["send",1,7,"last words"])", kGivesUp));
  EXPECT_EQ(Ending(), "exit 0");
}

TEST_P(AnyChildTest, FailsWhenItsInputEndsInsideAFrame) {
  const std::string frame = FramesOf({R"(["send",7,1,"cut short"])"});
  SayBytes(std::string_view(frame).substr(0, frame.size() - 1));
  EXPECT_THAT(HearTheRest(), ElementsAre());
  EXPECT_EQ(Ending(), "exit 1");
}

INSTANTIATE_TEST_SUITE_P(, AnyChildTest,
                         ::testing::Values(Kind{"Demo", TG_DEMO_CHILD},
                                           Kind{"Python", TG_PYTHON_CHILD}),
                         [](const auto& kind) { return kind.param.name; });

class PythonChildTest : public ChildTalk {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(Begin({TG_PYTHON_CHILD})); }
};

TEST_F(PythonChildTest, TellsTheEndOfAnActorOnce) {
  Say({R"(["link",7,2])", R"(["send",7,2,["exit"]])", R"(["send",7,2,1])",
       R"(["send",7,1,1])"});
  EXPECT_THAT(Hear(3), ElementsAre(R"(["exit",2,"normal"])",
                                   R"(["exit",2,"no_such_actor"])",
                                   R"(["send",1,7,1])"));
}

TEST_F(PythonChildTest, TellsPeopleThatAClientHasEnded) {
  Say({R"(["exit",7,"gone"])"});
  EXPECT_TRUE(child().AwaitStderr("actor 7 has ended: gone\n").ok());
}

}  // namespace
}  // namespace thespian::gateway
