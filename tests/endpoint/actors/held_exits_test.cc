#include "endpoint/actors/held_exits.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kOne = HeldExits::Replies::kOne;
constexpr auto kAny = HeldExits::Replies::kAny;

std::vector<std::string> TextOf(const std::vector<HeldExits::Exit>& exits) {
  std::vector<std::string> texts;
  for (const HeldExits::Exit& exit : exits) {
    texts.push_back(std::to_string(exit.local.value) + " " + exit.reason);
  }
  return texts;
}

class HeldExitsTest : public ::testing::Test {
 protected:
  std::vector<std::string> Due() { return TextOf(held_.TakeDue()); }

  TestClock clock_;
  HeldExits held_{clock_, seconds(60), 3};
};

TEST_F(HeldExitsTest, AreDueAfterTheirTimeInTheirOrder) {
  EXPECT_TRUE(held_.Hold({7}, "normal", kAny).first);
  clock_.Advance(seconds(1));
  EXPECT_FALSE(held_.Hold({8}, "lost", kOne).first);
  clock_.Advance(seconds(58));
  EXPECT_THAT(Due(), IsEmpty());
  clock_.Advance(seconds(1));
  EXPECT_THAT(Due(), ElementsAre("7 normal"));
  clock_.Advance(seconds(10));
  EXPECT_THAT(Due(), ElementsAre("8 lost"));
  EXPECT_TRUE(held_.empty());
  EXPECT_TRUE(held_.Hold({9}, "normal", kAny).first);
}

TEST_F(HeldExitsTest, OfOneThatWaitsForOneReplyAreTakenWithIt) {
  held_.Hold({7}, "normal", kOne);
  const auto exit = held_.TakeAnswered({7});
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->reason, "normal");
  EXPECT_FALSE(held_.TakeAnswered({7}).has_value());
  clock_.Advance(seconds(61));
  EXPECT_THAT(Due(), IsEmpty());
}

TEST_F(HeldExitsTest, OfOneThatMayBeAnsweredAgainStayAfterAReply) {
  held_.Hold({7}, "normal", kAny);
  EXPECT_FALSE(held_.TakeAnswered({7}).has_value());
  EXPECT_FALSE(held_.TakeAnswered({8}).has_value());
  EXPECT_TRUE(held_.Take({7}).has_value());
  EXPECT_FALSE(held_.Take({7}).has_value());
  EXPECT_TRUE(held_.empty());
}

TEST_F(HeldExitsTest, OverTheLimitTheOldestAreGivenBack) {
  for (const uint64_t id : {1, 2, 3}) {
    EXPECT_THAT(held_.Hold({id}, "r", kOne).over, IsEmpty());
  }
  held_.Take({1});
  EXPECT_THAT(held_.Hold({4}, "r", kOne).over, IsEmpty());
  EXPECT_THAT(TextOf(held_.Hold({5}, "r", kOne).over), ElementsAre("2 r"));
  EXPECT_EQ(held_.size(), 3u);
}

// A call in a second is answered in it: its place does not stay for a minute.
TEST_F(HeldExitsTest, WhatWasTakenDoesNotComeBackHoweverManyThereWere) {
  for (uint64_t id = 1; id <= 10'000; ++id) {
    held_.Hold({id}, "r", kOne);
    if (id % 5'000 != 0) held_.TakeAnswered({id});
  }
  clock_.Advance(seconds(60));
  EXPECT_THAT(Due(), ElementsAre("5000 r", "10000 r"));
}

}  // namespace
}  // namespace thespian::gateway
