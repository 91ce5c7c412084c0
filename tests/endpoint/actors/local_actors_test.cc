#include "endpoint/actors/local_actors.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "endpoint/error.h"
#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_actor.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;
using ::testing::TestWithParam;
using ::testing::UnorderedElementsAre;
using ::testing::ValuesIn;

class LocalActorsTest : public ::testing::Test {
 protected:
  // Null if it is refused.
  std::shared_ptr<TestActor> Open(std::string_view name = "") {
    auto actor = std::make_shared<TestActor>();
    return actors_.Open(actor, name).ok() ? actor : nullptr;
  }

  TestClock clock_;
  LocalActors actors_{clock_, /*most=*/4};
};

TEST_F(LocalActorsTest, IdsRiseFromOneAndAreNeverUsedAgain) {
  for (uint64_t i = 1; i <= 10; ++i) {
    const auto actor = Open();
    ASSERT_NE(actor, nullptr);
    EXPECT_EQ(actor->id(), LocalId{i});
    EXPECT_TRUE(actors_.Remove(actor->id()));
  }
}

TEST_F(LocalActorsTest, ARefusedActorCostsNoId) {
  Open("taken");
  EXPECT_EQ(Open("taken"), nullptr);
  EXPECT_EQ(Open()->id(), LocalId{2});
}

TEST_F(LocalActorsTest, IsFoundByIdAndByNameUntilRemoved) {
  const auto actor = Open("echo");
  EXPECT_EQ(actors_.Find(actor->id()), actor);
  EXPECT_EQ(actors_.FindNamed("echo"), actor);
  EXPECT_EQ(actor->name(), "echo");
  EXPECT_TRUE(actors_.Remove(actor->id()));
  EXPECT_EQ(actors_.Find(actor->id()), nullptr);
  EXPECT_EQ(actors_.FindNamed("echo"), nullptr);
  EXPECT_FALSE(actors_.Remove(actor->id()));
}

TEST_F(LocalActorsTest, NobodyIsFoundUnderNoNameOrIdZero) {
  Open();
  EXPECT_EQ(actors_.FindNamed(""), nullptr);
  EXPECT_EQ(actors_.Find(LocalId{0}), nullptr);
}

TEST_F(LocalActorsTest, ANameIsTakenOnceAndFreeAtOnce) {
  const auto first = Open("echo");
  const absl::Status second =
      actors_.Open(std::make_shared<TestActor>(), "echo");
  EXPECT_THAT(second,
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("'echo'")));
  EXPECT_THAT(ReasonOf(second), Optional(ErrorReason::kNameTaken));
  EXPECT_THAT(FieldOf(second), Optional(std::string("open.name")));
  actors_.Remove(first->id());
  EXPECT_NE(Open("echo"), nullptr);
}

TEST_F(LocalActorsTest, RemovingTheOldOwnerLeavesTheNewOneItsName) {
  const auto first = Open("echo");
  actors_.Remove(first->id());
  const auto second = Open("echo");
  EXPECT_FALSE(actors_.Remove(first->id()));
  EXPECT_EQ(actors_.FindNamed("echo"), second);
}

TEST_F(LocalActorsTest, AsManyAsMayBeAndNotOneMore) {
  std::vector<std::shared_ptr<TestActor>> actors(4);
  for (auto& actor : actors) actor = Open();
  const absl::Status status = actors_.Open(std::make_shared<TestActor>(), "");
  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("4")));
  EXPECT_THAT(ReasonOf(status), Optional(ErrorReason::kLimitReached));
  actors_.Remove(actors[1]->id());
  EXPECT_NE(Open(), nullptr);
}

TEST_F(LocalActorsTest, TokensDifferAndAreLongEnough) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) {
    const auto actor = Open();
    // 128 bits in base64.
    EXPECT_GE(actor->token().size(), 22u);
    tokens.insert(actor->token());
    actors_.Remove(actor->id());
  }
  EXPECT_THAT(tokens, SizeIs(100));
}

TEST_F(LocalActorsTest, KnowsSinceWhen) {
  clock_.Advance(std::chrono::seconds(5));
  EXPECT_EQ(Open()->since(), clock_.Now());
}

TEST_F(LocalActorsTest, AllAreThoseNotRemoved) {
  EXPECT_THAT(actors_.All(), IsEmpty());
  const auto first = Open();
  const auto second = Open("named");
  const auto third = Open();
  actors_.Remove(first->id());
  EXPECT_THAT(actors_.All(), UnorderedElementsAre(second, third));
}

TEST_F(LocalActorsTest, ListsPagesByRisingId) {
  std::vector<std::shared_ptr<TestActor>> a(4);
  for (auto& actor : a) actor = Open();
  EXPECT_THAT(actors_.List(LocalId{0}, 2), ElementsAre(a[0], a[1]));
  EXPECT_THAT(actors_.List(LocalId{2}, 2), ElementsAre(a[2], a[3]));
  EXPECT_THAT(actors_.List(LocalId{3}, 2), ElementsAre(a[3]));
  EXPECT_THAT(actors_.List(LocalId{4}, 2), IsEmpty());
}

TEST_F(LocalActorsTest, HoldsAnActorOnlyUntilItIsRemoved) {
  const auto actor = Open("echo");
  EXPECT_EQ(actor.use_count(), 2);
  actors_.Remove(actor->id());
  EXPECT_EQ(actor.use_count(), 1);
}

// --- Names -----------------------------------------------------------------

struct NameCase {
  std::string_view test_name;
  std::string name;
  std::string_view complaint;  // empty: it is allowed
};

std::vector<NameCase> NameCases() {
  return {
      {"Empty", "", "is empty"},
      {"OneByte", "a", ""},
      {"WithNul", std::string(1, '\0'), ""},
      {"Umlaut", "\xc3\xa4", ""},
      {"AsLongAsMayBe", std::string(255, 'x'), ""},
      {"TooLong", std::string(256, 'x'), "256"},
      {"NoUtf8", "\xff", "is not UTF-8"},
      {"CutUtf8", "a\xc3", "is not UTF-8"},
      {"Surrogate", "\xed\xa0\x80", "is not UTF-8"},
      {"Overlong", "\xc0\xaf", "is not UTF-8"},
  };
}

class CheckActorNameTest : public TestWithParam<NameCase> {};

TEST_P(CheckActorNameTest, AllowsOrNamesFieldLimitAndValue) {
  const NameCase& c = GetParam();
  const absl::Status status = CheckActorName("the_field", c.name);
  if (c.complaint.empty()) {
    EXPECT_THAT(status, IsOk());
    return;
  }
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument,
                               AllOf(HasSubstr("the_field"), HasSubstr("255"),
                                     HasSubstr(std::string(c.complaint)))));
  EXPECT_THAT(ReasonOf(status), Optional(ErrorReason::kFieldInvalid));
  EXPECT_THAT(FieldOf(status), Optional(std::string("the_field")));
}

INSTANTIATE_TEST_SUITE_P(Names, CheckActorNameTest, ValuesIn(NameCases()),
                         [](const auto& c) {
                           return std::string(c.param.test_name);
                         });

// --- How an actor ends -----------------------------------------------------

TEST(ActorEndTest, ASilentActorIsAnnouncedByWhoeverEndsIt) {
  TestActor actor;
  EXPECT_TRUE(actor.End("normal"));
  EXPECT_EQ(actor.end_reason(), "normal");
  EXPECT_FALSE(actor.BeginUse());
}

TEST(ActorEndTest, OnlyTheFirstEndCounts) {
  TestActor actor;
  EXPECT_TRUE(actor.End("first"));
  EXPECT_FALSE(actor.End("second"));
  EXPECT_EQ(actor.end_reason(), "first");
}

TEST(ActorEndTest, ASpeakerAnnouncesTheEndThatCameMeanwhile) {
  TestActor actor;
  ASSERT_TRUE(actor.BeginUse());
  EXPECT_FALSE(actor.End("while speaking"));
  EXPECT_FALSE(actor.BeginUse());
  EXPECT_TRUE(actor.EndUse());
  EXPECT_EQ(actor.end_reason(), "while speaking");
}

TEST(ActorEndTest, TheLastOfManySpeakersAnnouncesTheEnd) {
  TestActor actor;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(actor.BeginUse());
  EXPECT_FALSE(actor.EndUse());
  EXPECT_FALSE(actor.End("normal"));
  EXPECT_FALSE(actor.EndUse());
  EXPECT_TRUE(actor.EndUse());
}

TEST(ActorEndTest, WhoSpokeBeforeTheEndDoesNotAnnounceIt) {
  TestActor actor;
  ASSERT_TRUE(actor.BeginUse());
  EXPECT_FALSE(actor.EndUse());
  EXPECT_TRUE(actor.End("normal"));
}

TEST(ActorEndTest, AmongManyThreadsExactlyOneAnnouncesTheEnd) {
  for (int round = 0; round < 100; ++round) {
    TestActor actor;
    std::atomic<int> announced = 0;
    std::atomic<bool> spoke_after_announcement = false;
    const auto announce = [&] {
      EXPECT_EQ(actor.end_reason(), "normal");
      ++announced;
    };
    const auto speak = [&] {
      while (actor.BeginUse()) {
        if (announced > 0) spoke_after_announcement = true;
        if (actor.EndUse()) announce();
      }
    };
    const auto end = [&] {
      if (actor.End("normal")) announce();
    };
    std::vector<std::thread> threads;
    threads.emplace_back(speak);
    threads.emplace_back(speak);
    threads.emplace_back(end);
    threads.emplace_back(end);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(announced, 1);
    EXPECT_FALSE(spoke_after_announcement);
  }
}

// --- Many threads ----------------------------------------------------------

TEST(LocalActorsThreadsTest, IdsAndNamesStayUnique) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 500;
  const TestClock clock;
  LocalActors actors(clock, kThreads);
  std::vector<std::vector<uint64_t>> ids(kThreads);
  std::atomic<int> owners = 0;
  const auto run = [&](std::vector<uint64_t>& mine) {
    for (int i = 0; i < kRounds; ++i) {
      const auto actor = std::make_shared<TestActor>();
      if (!actors.Open(actor, "shared").ok()) continue;
      EXPECT_EQ(++owners, 1);
      mine.push_back(actor->id().value);
      EXPECT_EQ(actors.FindNamed("shared"), actor);
      EXPECT_EQ(actors.Find(actor->id()), actor);
      EXPECT_LE(actors.All().size(), 1u);
      --owners;
      EXPECT_TRUE(actors.Remove(actor->id()));
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (auto& mine : ids) threads.emplace_back([&] { run(mine); });
  for (std::thread& thread : threads) thread.join();
  std::set<uint64_t> all;
  size_t opened = 0;
  for (const auto& mine : ids) {
    all.insert(mine.begin(), mine.end());
    opened += mine.size();
  }
  EXPECT_GT(opened, 0u);
  EXPECT_EQ(all.size(), opened);
  EXPECT_EQ(*all.rbegin(), opened) << "ids have no holes";
}

}  // namespace
}  // namespace thespian::gateway
