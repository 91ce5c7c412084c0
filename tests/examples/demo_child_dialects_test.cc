// thespian-demo-child in each of the dialects.
#include <ostream>
#include <string>
#include <string_view>

#include "fmt/format.h"
#include "tests/examples/child_talk.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Row {
  const char* dialect;
  bool tagged;
  bool is_thespian;
  // The largest payload that `echo`, of id 1, can send to the client 77; 0:
  // there is no such limit. Those of thespian's generations were measured.
  size_t largest_echo = 0;

  friend void PrintTo(const Row& row, std::ostream* out) {
    *out << row.dialect;
  }
};

constexpr Row kRows[] = {
    {.dialect = "plain", .tagged = false, .is_thespian = false},
    {.dialect = "thespian",
     .tagged = true,
     .is_thespian = true,
     .largest_echo = 32'745 - 2 - 1},
    {.dialect = "thespian-16k",
     .tagged = true,
     .is_thespian = true,
     .largest_echo = 16'366 - 2 - 1},
    // 16,384 bytes of content, and no tags.
    {.dialect = "thespian-seed",
     .tagged = false,
     .is_thespian = true,
     .largest_echo = 16'384 - 6 - 2 - 1},
};

class DemoChildDialectsTest : public ChildTalk,
                              public ::testing::WithParamInterface<Row> {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(
        Begin({TG_DEMO_CHILD, "--dialect", GetParam().dialect}));
  }

  static std::string First(uint64_t id) { return Written("LPID", id); }
  static std::string Second(uint64_t id) { return Written("RPID", id); }
  static std::string Send(uint64_t from, uint64_t to,
                          std::string_view payload) {
    return fmt::format(R"(["send",{},{},{}])", First(from), Second(to),
                       payload);
  }
  static std::string Link(uint64_t from, uint64_t to) {
    return fmt::format(R"(["link",{},{}])", First(from), Second(to));
  }
  static std::string Exit(uint64_t id, std::string_view reason) {
    return fmt::format(R"(["exit",{},"{}"])", First(id), reason);
  }

  // An array of one text, of `size` bytes in all; more than 2^8 of them.
  static std::string Payload(size_t size) {
    return fmt::format(R"(["{}"])", std::string(size - 4, 'x'));
  }

 private:
  static std::string Written(std::string_view tag, uint64_t id) {
    return GetParam().tagged ? fmt::format(R"(["{}",{}])", tag, id)
                             : fmt::to_string(id);
  }
};

TEST_P(DemoChildDialectsTest, WritesIdsInItsForm) {
  Say({Send(18446744073709551615u, 1, R"(["hi"])"),
       fmt::format(R"(["send_named",{},"spawner",[]])", First(8))});
  EXPECT_THAT(Hear(2), ElementsAre(Send(1, 18446744073709551615u, R"(["hi"])"),
                                   Send(100, 8, R"(["hello",100])")));
  EXPECT_THAT(HearTheRest(),
              ElementsAre(R"(["transport_error","stdin_closed"])"));
  EXPECT_EQ(Ending(), "exit 0");
}

TEST_P(DemoChildDialectsTest, ReadsBothFormsOfIdsInBothPlaces) {
  Say({R"(["send",7,1,[1]])", R"(["send",["LPID",7],["RPID",1],[2]])",
       R"(["send",7,["RPID",1],[3]])", R"(["send",["LPID",7],1,[4]])",
       R"(["send_named",["LPID",7],"echo",[5]])"});
  EXPECT_THAT(Hear(5), ElementsAre(Send(1, 7, "[1]"), Send(1, 7, "[2]"),
                                   Send(1, 7, "[3]"), Send(1, 7, "[4]"),
                                   Send(1, 7, "[5]")));
}

TEST_P(DemoChildDialectsTest, TellsOfMissingActorsUnlessItIsThespian) {
  Say({Send(7, 9, "[]"), Link(7, 10), Send(7, 1, R"(["there"])")});
  if (!GetParam().is_thespian) {
    EXPECT_THAT(Hear(2), ElementsAre(Exit(9, "no_such_actor"),
                                     Exit(10, "no_such_actor")));
  }
  EXPECT_EQ(Hear(), Send(1, 7, R"(["there"])"));
  if (!GetParam().is_thespian) return;
  EXPECT_TRUE(child().AwaitStderr("there is no actor 9").ok());
  EXPECT_TRUE(child().AwaitStderr("there is no actor 10").ok());
}

TEST_P(DemoChildDialectsTest, TellsOfAnEndWhoLinkedOrEveryone) {
  Say({Send(7, 4, "[]"), Send(7, 4, "[]"), Link(8, 101),
       Send(7, 100, R"(["exit","unseen"])"), Send(7, 101, R"(["exit","seen"])"),
       Send(7, 1, R"(["after"])")});
  EXPECT_THAT(Hear(2), ElementsAre(Send(100, 7, R"(["hello",100])"),
                                   Send(101, 7, R"(["hello",101])")));
  if (!GetParam().is_thespian) {
    EXPECT_EQ(Hear(), Exit(100, "unseen"));
  }
  EXPECT_THAT(Hear(2),
              ElementsAre(Exit(101, "seen"), Send(1, 7, R"(["after"])")));
}

TEST_P(DemoChildDialectsTest, SaysSoIfAnAnswerDoesNotFitAFrame) {
  const size_t largest =
      GetParam().largest_echo > 0 ? GetParam().largest_echo : 100'000;
  const std::string fits = Payload(largest);
  const std::string over = Payload(largest + 1);
  Say({Send(77, 1, fits), Send(77, 1, over), Send(77, 1, R"(["after"])")});
  EXPECT_TRUE(Hear() == Send(1, 77, fits));
  if (GetParam().largest_echo > 0) {
    EXPECT_THAT(Hear(),
                HasSubstr(R"(["error","the answer does not fit into a frame)"));
  } else {
    EXPECT_TRUE(Hear() == Send(1, 77, over));
  }
  EXPECT_EQ(Hear(), Send(1, 77, R"(["after"])"));
}

TEST_P(DemoChildDialectsTest, CutsReasonsThatWouldAbortAThespianProcess) {
  Say({Send(7, 4, "[]"), Link(7, 100),
       Send(7, 100, R"(["exit",")" + std::string(300, 'x') + R"("])")});
  EXPECT_THAT(Hear(2), ElementsAre(Send(100, 7, R"(["hello",100])"),
                                   Exit(100, std::string(248, 'x'))));
}

INSTANTIATE_TEST_SUITE_P(, DemoChildDialectsTest, ::testing::ValuesIn(kRows),
                         [](const auto& row) {
                           std::string name(row.param.dialect);
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace thespian::gateway
