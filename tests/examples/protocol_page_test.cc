// What docs/protocol.md shows is what is said.
#include "tests/examples/protocol_page.h"

#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "endpoint/wire/dialects.h"
#include "endpoint/wire/message.h"
#include "tests/examples/child_talk.h"
#include "tests/support/decode_stream.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::SizeIs;

constexpr size_t kMaxFrameBytes = 4u << 20;

struct Played {
  const char* name;
  const char* dialect;
  std::vector<std::string> child;

  friend void PrintTo(const Played& played, std::ostream* out) {
    *out << played.name;
  }
};

class ProtocolPageTest : public ChildTalk,
                         public ::testing::WithParamInterface<Played> {};

TEST_P(ProtocolPageTest, SessionIsWhatAChildSays) {
  std::vector<std::string> command = GetParam().child;
  command.insert(command.end(), {"--dialect", GetParam().dialect});
  ASSERT_NO_FATAL_FAILURE(Begin(command));
  const std::vector<SessionTurn> session = ReadSession(GetParam().dialect);
  ASSERT_FALSE(session.empty());
  for (const SessionTurn& turn : session) {
    switch (turn.kind) {
      case SessionTurn::Kind::kToChild:
        SayBytes(turn.frame);
        break;
      case SessionTurn::Kind::kFromChild:
        EXPECT_EQ(ToHex(child().NextBytes(turn.frame.size()).value_or("")),
                  ToHex(turn.frame));
        break;
      case SessionTurn::Kind::kEnd:
        child().CloseStdin();
        break;
    }
  }
  EXPECT_EQ(child().NextBytes(1).value_or("none"), "");
  EXPECT_EQ(Ending(), "exit 0");
}

INSTANTIATE_TEST_SUITE_P(
    , ProtocolPageTest,
    ::testing::Values(
        Played{"DemoPlain", "plain", {TG_DEMO_CHILD}},
        Played{"DemoThespian", "thespian", {TG_DEMO_CHILD}},
        Played{"PythonPlain", "plain", {"/usr/bin/python3", TG_PYTHON_EXAMPLE}},
        Played{"PythonThespian",
               "thespian",
               {"/usr/bin/python3", TG_PYTHON_EXAMPLE}}),
    [](const auto& played) { return played.param.name; });

TEST(ProtocolPageFramesTest, AreThoseOfOurEncoder) {
  for (const DialectRow& row : Dialects()) {
    for (const SessionTurn& turn : ReadSession(row.name)) {
      if (turn.kind == SessionTurn::Kind::kEnd) continue;
      SCOPED_TRACE(ToHex(turn.frame));
      const absl::StatusOr<Message> message =
          DecodeMessage(std::string_view(turn.frame).substr(kFrameHeadBytes));
      ASSERT_TRUE(message.ok()) << message.status();
      std::string frame;
      std::visit(
          [&](const auto& one) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(one)>,
                                          Unrecognized>) {
              AppendFrame(one, frame, row.ids);
            }
          },
          *message);
      EXPECT_EQ(ToHex(frame), ToHex(turn.frame));
    }
  }
}

// In the words of the page.
std::string VerdictOn(const std::string& bytes) {
  bool recognized = false;
  const Decoded decoded = DecodeStream(
      InSteps(bytes, 1), kMaxFrameBytes, [&](std::string_view content) {
        const absl::StatusOr<Message> message = DecodeMessage(content);
        recognized =
            message.ok() && !std::holds_alternative<Unrecognized>(*message);
        return message.status();
      });
  if (!decoded.status.ok()) return "ends the child";
  if (!decoded.skipped.empty()) return "skipped";
  if (!decoded.end.ok()) return "ends the child";
  return recognized ? "taken" : "skipped";
}

TEST(ProtocolPageMistakesTest, AreJudgedAsThePageSays) {
  const std::vector<Mistake> mistakes = ReadMistakes();
  EXPECT_THAT(mistakes, SizeIs(::testing::Ge(20u)));
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(VerdictOn(mistake.bytes), mistake.verdict) << mistake.what;
  }
}

}  // namespace
}  // namespace thespian::gateway
