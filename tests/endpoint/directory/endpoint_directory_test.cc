#include "endpoint/directory/endpoint_directory.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/error.h"
#include "endpoint/gateway.h"
#include "gmock/gmock.h"
#include "spdlog/logger.h"
#include "tests/support/journal_text.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/silent_log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_actor.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

std::vector<std::string> NamesOf(const std::vector<EndpointHandle>& endpoints) {
  std::vector<std::string> names;
  for (const EndpointHandle& endpoint : endpoints) {
    names.push_back(endpoint->name());
  }
  return names;
}

class EndpointDirectoryTest : public ::testing::Test {
 protected:
  // Endpoints with a child that does what `verbs` say; they are not started.
  std::vector<EndpointHandle> Add(std::string name, size_t replicas,
                                  std::vector<std::string> verbs = {
                                      "record:9", "until-eof"}) {
    PoolOptions options;
    options.member.name = std::move(name);
    options.member.command.arguments = std::move(verbs);
    options.member.command.arguments.insert(
        options.member.command.arguments.begin(), TG_SCRIPTED_CHILD);
    options.replicas = replicas;
    return gateway_.AddPool(std::move(options));
  }

  std::string Chosen(std::string_view name, const EndpointChoice& choice = {}) {
    const auto found = directory_.Find(name, choice);
    return found.ok() ? (*found)->name()
                      : std::string(found.status().message());
  }

  // Sends the integer 1 to the name "n" by an endpoint's sender.
  absl::Status Send(Endpoint& endpoint, LocalId from = {}) {
    FrameBatch batch(from);
    absl::Status status = endpoint.sender().Add({from, "n", {}, "\x01"}, batch);
    if (!status.ok()) return status;
    FrameWriter::Done done = [](const absl::Status&, size_t) {};
    return endpoint.sender().Submit(batch, done).status();
  }

  NoTraceLeft no_trace_left_;
  TestClock clock_;
  spdlog::logger log_ = SilentLog();
  Gateway gateway_{clock_, log_, {.journal = {.pace = kAtOnce}}};
  EndpointDirectory& directory_ = gateway_.directory();
  JournalReader reader_{gateway_.journal()};
};

// --- Names -----------------------------------------------------------------

TEST_F(EndpointDirectoryTest, MembersHaveTheNameOfTheirPoolAndANumber) {
  Add("west", 0);
  Add("east", 12);
  EXPECT_THAT(NamesOf(directory_.MembersOf("east")),
              ElementsAre("east/0", "east/1", "east/2", "east/3", "east/4",
                          "east/5", "east/6", "east/7", "east/8", "east/9",
                          "east/10", "east/11"));
  EXPECT_THAT(NamesOf(directory_.MembersOf("west")), ElementsAre("west"));
  EXPECT_EQ(Chosen("east/7"), "east/7");
  EXPECT_THAT(directory_.Find("east/12", {}).status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("'east/12'")));
}

TEST_F(EndpointDirectoryTest, ARequestAboutOneEndpointMustNameTheMember) {
  Add("east", 2);
  const absl::Status status = directory_.Find("", {.one = true}).status();
  EXPECT_THAT(ReasonOf(status), Optional(ErrorReason::kFieldInvalid));
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("'east' is a pool of 2"), HasSubstr("'east/0'")));
  EXPECT_EQ(Chosen("east/1", {.one = true}), "east/1");
  Add("one", 1);
  EXPECT_EQ(Chosen("one", {.one = true}), "one/0");
}

TEST_F(EndpointDirectoryTest, WhatIsNamedIsAMemberOrAPoolOrAll) {
  Add("east", 2);
  Add("west", 0);
  EXPECT_THAT(NamesOf(*directory_.Named("")),
              ElementsAre("east/0", "east/1", "west"));
  EXPECT_THAT(NamesOf(*directory_.Named("east")),
              ElementsAre("east/0", "east/1"));
  EXPECT_THAT(NamesOf(*directory_.Named("east/1")), ElementsAre("east/1"));
  EXPECT_THAT(ReasonOf(directory_.Named("eas").status()),
              Optional(ErrorReason::kEndpointUnknown));
}

// --- Places ----------------------------------------------------------------

class PlaceTest : public EndpointDirectoryTest {
 protected:
  // Another endpoint for the place of `before`, started.
  EndpointHandle Replace(const EndpointHandle& before) {
    const std::string name = before->name();
    EndpointHandle next =
        gateway_.MakeMember(*directory_.FindPool(PoolOf(name)), name);
    EXPECT_THAT(next->Start(), IsOk());
    EXPECT_EQ(directory_.Put(PoolOf(name), next), before);
    return next;
  }

  void AwaitEnd(const EndpointHandle& endpoint) {
    endpoint->End();
    endpoint->Join();
    directory_.Sweep();
    directory_.Sweep();
  }
};

TEST_F(PlaceTest, OneThatTakesAPlaceCountsIncarnationsOn) {
  const EndpointHandle first = Add("east", 0).front();
  ASSERT_THAT(first->Start(), IsOk());
  const EndpointHandle second = Replace(first);
  EXPECT_EQ(second->Status().incarnation, Incarnation{2});
  EXPECT_EQ(*directory_.Find("east", {}), second);
  EXPECT_EQ(*directory_.Find("east", {.incarnation = {2}}), second);
  EXPECT_EQ(*directory_.Find("east", {.incarnation = {1}}), first)
      << "what is addressed to its ids still reaches it";
  EXPECT_THAT(directory_.Named("east")->size(), 2);
}

TEST_F(PlaceTest, OneThatHasEndedIsFoundNoMore) {
  const EndpointHandle first = Add("east", 0).front();
  ASSERT_THAT(first->Start(), IsOk());
  const EndpointHandle second = Replace(first);
  AwaitEnd(first);
  EXPECT_EQ(*directory_.Find("east", {.incarnation = {1}}), second)
      << "which will say that it is stale";
  EXPECT_THAT(directory_.Named("east")->size(), 1);
}

TEST_F(PlaceTest, WhatWasCountedStays) {
  EndpointHandle endpoint = Add("east", 0).front();
  ASSERT_THAT(endpoint->Start(), IsOk());
  for (uint64_t sent = 1; sent <= 3; ++sent) {
    ASSERT_THAT(Send(*endpoint), IsOk());
    EXPECT_EQ(directory_.StatusOf(*endpoint).outbound.messages.taken, sent);
    const EndpointHandle before = std::exchange(endpoint, Replace(endpoint));
    EXPECT_EQ(directory_.StatusOf(*endpoint).outbound.messages.taken, sent)
        << "it drains";
    AwaitEnd(before);
    EXPECT_EQ(directory_.StatusOf(*endpoint).outbound.messages.taken, sent)
        << "it is gone";
  }
}

TEST_F(PlaceTest, WhatIsRetiredIsStoppedAndItsPlaceIsEmpty) {
  const EndpointHandle member = Add("east", 1).front();
  ASSERT_THAT(member->Start(), IsOk());
  directory_.Retire(member);
  EXPECT_THAT(ReasonOf(directory_.Find("east", {}).status()),
              Optional(ErrorReason::kEndpointDown));
  EXPECT_THAT(ReasonOf(directory_.Find("east/0", {}).status()),
              Optional(ErrorReason::kEndpointUnknown));
  AwaitEnd(member);
  EXPECT_THAT(*directory_.Named("east"), IsEmpty());
}

TEST_F(PlaceTest, APoolThatIsRemovedIsUnknownAtOnce) {
  const EndpointHandle member = Add("east", 0).front();
  ASSERT_THAT(member->Start(), IsOk());
  directory_.RemovePool("east");
  EXPECT_THAT(ReasonOf(directory_.Find("east", {}).status()),
              Optional(ErrorReason::kEndpointUnknown));
  AwaitEnd(member);
}

TEST_F(PlaceTest, TheEndOfAnActorIsToldToOneThatDrains) {
  constexpr char kExit[] = "stderr 8364657869740164646f6e65";
  const EndpointHandle first =
      Add("east", 0, {"record:2", "until-eof"}).front();
  ASSERT_THAT(first->Start(), IsOk());
  const auto actor = std::make_shared<TestActor>();
  ASSERT_THAT(gateway_.OpenActor(actor, ""), IsOk());
  {
    const Gateway::ActorUse use(gateway_, actor, *first);
    ASSERT_THAT(Send(*first, actor->id()), IsOk());
  }
  const EndpointHandle second = Replace(first);
  gateway_.EndActor(actor, "done");
  EXPECT_THAT(reader_.AwaitEvent(kExit), Contains(kExit));
}

// --- Choosing --------------------------------------------------------------

class ChoiceTest : public EndpointDirectoryTest {
 protected:
  void AddBalanced(Balance balance,
                   std::vector<std::string> verbs = {"until-eof"}) {
    PoolOptions options;
    options.member.name = "east";
    options.member.command.arguments = std::move(verbs);
    options.member.command.arguments.insert(
        options.member.command.arguments.begin(), TG_SCRIPTED_CHILD);
    options.replicas = 3;
    options.balance = balance;
    members_ = gateway_.AddPool(std::move(options));
    for (const EndpointHandle& member : members_) {
      ASSERT_THAT(member->Start(), IsOk());
    }
  }

  void TakeDown(const EndpointHandle& member) {
    member->Kill();
    member->Join();
  }

  std::vector<EndpointHandle> members_;
};

TEST_F(ChoiceTest, EachInItsTurn) {
  AddBalanced(Balance::kRoundRobin);
  const std::string first = Chosen("east");
  const std::string second = Chosen("east");
  const std::string third = Chosen("east");
  EXPECT_THAT((std::vector{first, second, third}),
              ::testing::UnorderedElementsAre("east/0", "east/1", "east/2"));
  EXPECT_EQ(Chosen("east"), first);
}

TEST_F(ChoiceTest, OneThatIsDownHasNoTurn) {
  AddBalanced(Balance::kRoundRobin);
  TakeDown(members_[1]);
  for (int i = 0; i < 6; ++i) EXPECT_NE(Chosen("east"), "east/1");
}

TEST_F(ChoiceTest, WhenAllAreDownOneOfThemSaysSo) {
  AddBalanced(Balance::kLeastQueued);
  for (const EndpointHandle& member : members_) TakeDown(member);
  const auto found = directory_.Find("east", {});
  ASSERT_THAT(found, IsOk());
  EXPECT_THAT(ReasonOf(Send(**found)), Optional(ErrorReason::kEndpointDown));
}

TEST_F(ChoiceTest, TheOneForWhichTheLeastWaits) {
  AddBalanced(Balance::kLeastQueued, {"deaf"});
  // More than a pipe takes.
  const std::string large =
      std::string("\x5a\x00\x20\x00\x00", 5) + std::string(2 << 20, 'x');
  for (const size_t busy : {0, 2}) {
    FrameBatch batch({});
    ASSERT_THAT(members_[busy]->sender().Add({{}, "n", {}, large}, batch),
                IsOk());
    FrameWriter::Done done = [](const absl::Status&, size_t) {};
    ASSERT_THAT(members_[busy]->sender().Submit(batch, done), IsOk());
    ASSERT_GT(members_[busy]->queued_bytes(), 0);
  }
  for (int i = 0; i < 6; ++i) EXPECT_EQ(Chosen("east"), "east/1");
  for (const EndpointHandle& member : members_) TakeDown(member);
}

TEST_F(ChoiceTest, ASenderKeepsItsMemberAsLongAsThatLives) {
  AddBalanced(Balance::kBySender);
  const std::string of_7 = Chosen("east", {.sender = {7}});
  const std::string of_8 = Chosen("east", {.sender = {8}});
  EXPECT_NE(of_7, of_8) << "they are spread";
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Chosen("east", {.sender = {7}}), of_7);
    EXPECT_EQ(Chosen("east", {.sender = {8}}), of_8);
  }
  TakeDown(*directory_.Find(of_7, {}));
  const std::string next = Chosen("east", {.sender = {7}});
  EXPECT_NE(next, of_7);
  EXPECT_EQ(Chosen("east", {.sender = {7}}), next);
  EXPECT_EQ(Chosen("east", {.sender = {8}}), of_8);
}

}  // namespace
}  // namespace thespian::gateway
