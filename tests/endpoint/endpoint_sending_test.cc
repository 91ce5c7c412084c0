// What an endpoint takes for its child, and what it refuses.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/endpoint.h"
#include "endpoint/error.h"
#include "gmock/gmock.h"
#include "tests/endpoint/endpoint_fixture.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::ValuesIn;

class EndpointSendingTest : public EndpointTest {};

// A byte string with so many bytes of content, at least 256.
std::string BytesItem(size_t size) {
  std::string item = "\x59";
  item += static_cast<char>(size >> 8);
  item += static_cast<char>(size);
  return item + std::string(size, 'x');
}

// --- What is taken ---------------------------------------------------------

TEST_F(EndpointSendingTest, GoesThereAndComesBack) {
  const auto actor = Open();
  Start({"echo"});
  EXPECT_THAT(Send(actor->id(), "someone"), IsOk());
  EXPECT_THAT(actor->AwaitMail("1 says 01"), Contains("1 says 01"));
  EXPECT_THAT(Send(actor->id(), RemoteId{1}, "\x02"), IsOk());
  EXPECT_THAT(actor->AwaitMail("1 says 02"), ElementsAre("1 says 02"));
  EXPECT_THAT(written_.Get(), ElementsAre(Pair(IsOk(), 1u), Pair(IsOk(), 1u)));
  const EndpointStatus report = endpoint_->Status();
  EXPECT_EQ(report.outbound.messages.written, 2u);
  EXPECT_EQ(report.inbound.delivered, 2u);
  EXPECT_GT(report.outbound.bytes, 0u);
  EXPECT_GT(report.inbound.bytes, 0u);
}

TEST_F(EndpointSendingTest, EventsComeInTheOrderOfThings) {
  const auto actor = Open();
  Start({"echo"});
  EXPECT_THAT(Send(actor->id(), "someone"), IsOk());
  EXPECT_THAT(
      AwaitEvent("received 1 -> 1"),
      ElementsAre("state STARTING", "state RUNNING", "sent 1 -> 'someone'",
                  "created 1", "received 1 -> 1"));
}

TEST_F(EndpointSendingTest, OrderIsKept) {
  constexpr int kMessages = 2'000;
  const auto actor = Open();
  Start({"echo"});
  std::vector<std::string> expected = {"endpoint RUNNING"};
  FrameBatch batch(actor->id());
  for (int i = 0; i < kMessages; ++i) {
    const std::string payload = {'\x19', static_cast<char>(i >> 8),
                                 static_cast<char>(i)};
    expected.push_back("1 says " + ToHex(payload));
    EXPECT_THAT(endpoint_->sender().Add({actor->id(), "x", {}, payload}, batch),
                IsOk());
    const bool last = i + 1 == kMessages;
    if (i % 7 > 0 && !last) continue;
    EXPECT_THAT(Submit(batch), IsOk());
  }
  EXPECT_TRUE(batch.empty());
  std::vector<std::string> mail = actor->AwaitMail(expected.back());
  mail.erase(mail.begin());
  EXPECT_EQ(mail, expected);
}

TEST_F(EndpointSendingTest, TheLargestFramePassesAndNoLarger) {
  // Head 5, array 1, verb 11, from 1, name 2, and 3 of the payload's head.
  constexpr size_t kLargest = 32'768 - 23;
  options_.max_frame_bytes = 32'768;
  const auto actor = Open();
  Start({"echo"});
  EXPECT_THAT(Send(actor->id(), "n", BytesItem(kLargest)), IsOk());
  const std::string back = "1 says " + ToHex(BytesItem(kLargest));
  EXPECT_THAT(actor->AwaitMail(back), Contains(back));
  const absl::Status refused = Send(actor->id(), "n", BytesItem(kLargest + 1));
  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("32769")));
  EXPECT_THAT(ReasonOf(refused), Optional(ErrorReason::kFrameTooLarge));
}

// --- What is refused -------------------------------------------------------

struct Refusal {
  std::string_view name;
  std::variant<RemoteId, std::string_view> to;
  std::string_view payload;
  Incarnation incarnation;
  ErrorReason reason;
  std::string field;
};

const std::string kLongName(256, 'x');

std::vector<Refusal> Refusals() {
  using R = ErrorReason;
  return {
      {"IdZero", RemoteId{0}, "\x01", {}, R::kFieldInvalid, "to_id"},
      {"NoProxy", RemoteId{99}, "\x01", {}, R::kActorUnknown, "to_id"},
      {"EmptyName", "", "\x01", {}, R::kFieldInvalid, "to_name"},
      {"LongName", kLongName, "\x01", {}, R::kFieldInvalid, "to_name"},
      {"NoUtf8Name", "\xff", "\x01", {}, R::kFieldInvalid, "to_name"},
      {"NoPayload", "n", "", {}, R::kPayloadInvalid, "payload"},
      {"TwoPayloads", "n", "\x01\x01", {}, R::kPayloadInvalid, "payload"},
      {"CutPayload", "n", "\x82\x01", {}, R::kPayloadInvalid, "payload"},
      {"ReservedPayload", "n", "\x1c", {}, R::kPayloadInvalid, "payload"},
      {"OldIncarnation",
       RemoteId{1},
       "\x01",
       {7},
       R::kIncarnationStale,
       "incarnation"},
  };
}

class RefusalTest : public EndpointTest,
                    public ::testing::WithParamInterface<Refusal> {};

TEST_P(RefusalTest, NamesReasonAndFieldAndLeavesTheBatch) {
  const Refusal& r = GetParam();
  const auto actor = Open();
  Start({"echo"});
  FrameBatch batch(actor->id());
  ASSERT_THAT(endpoint_->sender().Add({actor->id(), "n", {}, "\x01"}, batch),
              IsOk());
  const size_t bytes = batch.bytes();
  const absl::Status status = endpoint_->sender().Add(
      {actor->id(), r.to, r.incarnation, r.payload}, batch);
  EXPECT_THAT(ReasonOf(status), Optional(r.reason)) << status;
  EXPECT_THAT(FieldOf(status), Optional(r.field));
  EXPECT_EQ(batch.frames(), 1u);
  EXPECT_EQ(batch.bytes(), bytes);
  EXPECT_THAT(Submit(batch), IsOk());
  EXPECT_THAT(actor->AwaitMail("1 says 01"), Contains("1 says 01"))
      << "the child's stream is as it was";
}

INSTANTIATE_TEST_SUITE_P(Messages, RefusalTest, ValuesIn(Refusals()),
                         [](const auto& r) {
                           return std::string(r.param.name);
                         });

TEST_F(EndpointSendingTest, NothingIsTakenWhileThereIsNoChild) {
  Make({});
  EXPECT_THAT(ReasonOf(Send({0}, "n")), Optional(ErrorReason::kEndpointDown));
  ASSERT_THAT(endpoint_->Start(), IsOk());
  EXPECT_THAT(Send({0}, "n"), IsOk());
  endpoint_->Stop();
  endpoint_->Join();
  EXPECT_THAT(ReasonOf(Send({0}, "n")), Optional(ErrorReason::kEndpointDown));
}

TEST_F(EndpointSendingTest, NothingIsTakenForAChildThatFailed) {
  Start({"exit:3"});
  AwaitEvent("state FAILED");
  const absl::Status status = Send({0}, "n");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable,
                               HasSubstr("exit code 3")));
  EXPECT_THAT(ReasonOf(status), Optional(ErrorReason::kEndpointFailed));
}

TEST_F(EndpointSendingTest, AChildThatClosedItsStdinGetsNothing) {
  Start({"close-stdin", "stderr:ready", "deaf"});
  AwaitEvent("stderr ready");
  EXPECT_THAT(Send({0}, "n"), IsOk()) << "it is the write that fails";
  EXPECT_THAT(written_.Get(),
              ElementsAre(Pair(StatusIs(absl::StatusCode::kUnavailable), 0u)));
  EXPECT_THAT(ReasonOf(Send({0}, "n")), Optional(ErrorReason::kEndpointDown));
}

// --- A child that does not read --------------------------------------------

class DeafChildTest : public EndpointTest {
 protected:
  // Sends until nothing more is taken; the batch that was refused.
  FrameBatch Fill() {
    const std::string payload = BytesItem(32'000);
    for (int i = 0; i < 10'000; ++i) {
      FrameBatch batch({0});
      EXPECT_THAT(endpoint_->sender().Add({{0}, "n", {}, payload}, batch),
                  IsOk());
      absl::Status status = Submit(batch);
      ++sent_;
      if (status.ok()) continue;
      EXPECT_THAT(ReasonOf(status), Optional(ErrorReason::kQueueFull));
      --sent_;
      return batch;
    }
    ADD_FAILURE() << "the queue has no end";
    return FrameBatch({0});
  }

  size_t sent_ = 0;
};

TEST_F(DeafChildTest, ItsQueueIsBounded) {
  Start({"deaf"});
  const FrameBatch refused = Fill();
  EXPECT_EQ(refused.frames(), 1u) << "it can be submitted again";
  const EndpointStatus report = endpoint_->Status();
  EXPECT_GT(report.queued_bytes, 0u);
  EXPECT_LE(report.queued_bytes, endpoint_->facts().queue_limits.high_bytes);
  EXPECT_EQ(report.outbound.messages.taken, sent_);
  EXPECT_GT(report.outbound.messages.waiting, 0u);
}

TEST_F(DeafChildTest, WhatWasRefusedIsNotCountedForItsProxy) {
  Start({"send:1:x", "deaf"});
  AwaitEvent("created 1");
  EXPECT_THAT(Send({0}, RemoteId{1}), IsOk());
  Fill();
  const std::string payload = BytesItem(32'000);
  EXPECT_THAT(ReasonOf(Send({0}, RemoteId{1}, payload)),
              Optional(ErrorReason::kQueueFull));
  std::vector<ProxyRow> rows;
  uint64_t place = 0;
  Incarnation incarnation;
  endpoint_->proxies().List(/*most=*/10, place, rows, incarnation);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.front().sent, 1u);
}

TEST_F(DeafChildTest, ItsEndTellsAllWhoWait) {
  Start({"deaf"});
  Fill();
  Awaited<bool> room;
  endpoint_->sender().WhenRoom(
      [&room] { room.Update([](bool& r) { r = true; }); });
  EXPECT_FALSE(room.Get());
  endpoint_->Kill();
  EXPECT_TRUE(room.Await([](bool r) { return r; }));
  EXPECT_TRUE(
      written_.Await([this](const auto& all) { return all.size() == sent_; }));
}

TEST_F(DeafChildTest, WhatWaitsCanBeWithdrawn) {
  Start({"deaf"});
  Fill();
  FrameBatch batch({0});
  ASSERT_THAT(endpoint_->sender().Add({{0}, "n", {}, "\x01"}, batch), IsOk());
  Awaited<absl::Status> told;
  FrameWriter::Done done = [&told](const absl::Status& status, size_t) {
    told.Update([&](absl::Status& s) { s = status; });
  };
  const auto submitted = endpoint_->sender().Submit(batch, done);
  ASSERT_THAT(submitted, IsOk()) << "a small one still fits";
  EXPECT_TRUE(
      SessionSender::Withdraw(*submitted, absl::DeadlineExceededError("late")));
  EXPECT_THAT(told.Get(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_EQ(endpoint_->Status().outbound.messages.withdrawn, 1u);
}

// --- Links and ends --------------------------------------------------------

constexpr char kLinkFrame[] = "stderr 83646c696e6b0101";
constexpr char kExitFrame[] = "stderr 8364657869740166646f6e652e2e";  // done..

class LinkTest : public EndpointTest {
 protected:
  // A child whose actor 1 has said something to actor_, and that writes every
  // frame that it reads to its stderr.
  void SetUp() override {
    actor_ = Open();
    Start({"record:2", "send:1:x", "until-eof"});
    EXPECT_THAT(actor_->AwaitMail("1 says 6178"), Contains("1 says 6178"));
  }

  void End(const std::shared_ptr<TestActor>& actor) {
    locals_.Remove(actor->id());
    EXPECT_TRUE(actor->End("done.."));
    endpoint_->sender().EndLocal(actor);
  }

  std::shared_ptr<TestActor> actor_;
};

TEST_F(LinkTest, TheChildIsToldOfLinkAndEnd) {
  EXPECT_THAT(endpoint_->sender().Link(actor_, {1}, {}), IsOk());
  EXPECT_THAT(AwaitEvent(kLinkFrame), Contains("linked 1 and 1 by local"));
  End(actor_);
  EXPECT_THAT(AwaitEvent(kExitFrame), Contains("unlinked 1 and 1: done.."));
}

TEST_F(LinkTest, ASecondLinkIsNotTold) {
  EXPECT_THAT(endpoint_->sender().Link(actor_, {1}, {}), IsOk());
  AwaitEvent(kLinkFrame);
  EXPECT_THAT(endpoint_->sender().Link(actor_, {1}, {1}), IsOk());
  End(actor_);
  for (const std::string& event : AwaitEvent(kExitFrame)) {
    EXPECT_NE(event, kLinkFrame);
  }
}

TEST_F(LinkTest, TheEndOfAnActorThatSentIsTold) {
  EXPECT_THAT(Send(actor_->id(), RemoteId{1}), IsOk());
  End(actor_);
  EXPECT_THAT(AwaitEvent(kExitFrame), Contains(kExitFrame));
}

TEST_F(LinkTest, AnEndJustBeforeTheChildIsStoppedIsTold) {
  EXPECT_THAT(Send(actor_->id(), RemoteId{1}), IsOk());
  End(actor_);
  endpoint_->Stop();
  EXPECT_THAT(AwaitEvent(kExitFrame), Contains(kExitFrame));
}

TEST_F(LinkTest, TheEndOfAnActorThatTheChildDoesNotKnowIsNot) {
  End(Open());  // 2, which has sent nothing
  EXPECT_THAT(Send(actor_->id(), RemoteId{1}), IsOk());
  End(actor_);
  const std::vector<std::string> events = AwaitEvent(kExitFrame);
  EXPECT_THAT(events, Contains("stderr 846473656e64010101"));
  for (const std::string& event : events) {
    EXPECT_FALSE(event.starts_with("stderr 83") && event != kExitFrame)
        << event;
  }
}

TEST_F(LinkTest, ALinkToNobodyIsAnsweredWithExited) {
  EXPECT_THAT(endpoint_->sender().Link(actor_, {9}, {}), IsOk());
  EXPECT_THAT(actor_->AwaitMail("9 exited: no_such_actor"),
              ElementsAre("9 exited: no_such_actor"));
}

TEST_F(LinkTest, BadLinksAreRefused) {
  EXPECT_THAT(ReasonOf(endpoint_->sender().Link(actor_, {0}, {})),
              Optional(ErrorReason::kFieldInvalid));
  EXPECT_THAT(ReasonOf(endpoint_->sender().Link(actor_, {1}, {2})),
              Optional(ErrorReason::kIncarnationStale));
}

TEST_F(LinkTest, AReleasedProxyIsGone) {
  EXPECT_THAT(endpoint_->sender().Link(actor_, {1}, {}), IsOk());
  Awaited<std::optional<absl::StatusOr<Incarnation>>> released;
  const auto release = [&] {
    endpoint_->proxies().Release(
        {1}, {}, [&](absl::StatusOr<Incarnation> answer) {
          released.Update([&](auto& r) { r = std::move(answer); });
        });
    EXPECT_TRUE(released.Await([](const auto& r) { return r.has_value(); }));
    absl::StatusOr<Incarnation> answer;
    released.Update([&](auto& r) { answer = *std::exchange(r, {}); });
    return answer;
  };
  EXPECT_THAT(release(), IsOkAndHolds(Incarnation{1}));
  EXPECT_THAT(actor_->AwaitMail("1 exited: released"),
              Contains("1 exited: released"));
  EXPECT_THAT(ReasonOf(release().status()),
              Optional(ErrorReason::kActorUnknown));
  EXPECT_THAT(ReasonOf(Send({0}, RemoteId{1})),
              Optional(ErrorReason::kActorUnknown));
}

// The link is accepted while the loop is about to close the transport.
// Whoever hears that the child stops finds that nothing can be said to it.
TEST_F(EndpointTest, ALinkThatComesTooLateIsRefused) {
  const auto actor = Open();
  absl::Status refusal;
  on_state_ = [&](EndpointState state) {
    if (state != EndpointState::kStopping) return;
    refusal = endpoint_->sender().Link(actor, {1}, {});
  };
  Start({"send:1:x", "exit:0"});
  endpoint_->Stop();
  endpoint_->Join();
  EXPECT_EQ(refusal.code(), absl::StatusCode::kUnavailable);
}

TEST_F(EndpointTest, ProxiesAreListedInPages) {
  Start({"proxies:25"});
  AwaitEvent("created 25");
  std::vector<uint64_t> ids;
  uint64_t place = 0;
  Incarnation incarnation;
  for (bool more = true; more;) {
    std::vector<ProxyRow> rows;
    more = endpoint_->proxies().List(10, place, rows, incarnation);
    EXPECT_EQ(incarnation, Incarnation{1});
    for (const ProxyRow& row : rows) ids.push_back(row.id.value);
  }
  ASSERT_THAT(ids, SizeIs(25));
  for (uint64_t id = 1; id <= 25; ++id) EXPECT_EQ(ids[id - 1], id);
}

}  // namespace
}  // namespace thespian::gateway
