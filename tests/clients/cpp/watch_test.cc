#include "clients/cpp/watch.h"

#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "clients/cpp/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/fake_gateway.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::client {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;

v1::ProxyEvent Created(uint64_t sequence) {
  v1::ProxyEvent event;
  event.set_sequence(sequence);
  event.mutable_proxy_created()->set_remote_id(7);
  return event;
}

// Of a snapshot.
v1::ProxyEvent Row() { return Created(0); }

v1::ProxyEvent Heartbeat(uint64_t sequence) {
  v1::ProxyEvent event;
  event.set_sequence(sequence);
  event.mutable_heartbeat();
  return event;
}

v1::ProxyEvent SnapshotComplete(uint64_t sequence) {
  v1::ProxyEvent event;
  event.set_sequence(sequence);
  event.mutable_snapshot_complete();
  return event;
}

v1::ProxyEvent Received(uint64_t sequence) {
  v1::ProxyEvent event;
  event.set_sequence(sequence);
  event.mutable_message_received();
  return event;
}

class WatchTest : public ::testing::Test {
 protected:
  // The gateway sends the batches, one response each, and ends the stream.
  void Serve(std::vector<std::vector<v1::ProxyEvent>> batches,
             grpc::Status status = grpc::Status::OK) {
    gateway_.watch = [this, batches, status](
                         const v1::WatchProxiesRequest& request,
                         FakeGateway::WatchStream& stream,
                         grpc::ServerContext&) {
      asked_ = request;
      for (const std::vector<v1::ProxyEvent>& batch : batches) {
        v1::WatchProxiesResponse response;
        for (const v1::ProxyEvent& event : batch) {
          *response.add_events() = event;
        }
        stream.Write(response);
      }
      return status;
    };
  }

  std::unique_ptr<Watch> Open(const WatchOptions& options = {}) {
    return Connect({.address = gateway_.address()})->WatchProxies(options);
  }

  // What scripts use lives longer than the calls, which the gateway ends.
  v1::WatchProxiesRequest asked_;
  absl::Notification over_;
  FakeGateway gateway_;
};

// The sequence of each event, and where a watch would go on after it.
using Steps = std::vector<std::pair<uint64_t, uint64_t>>;

Steps ReadAll(Watch& watch) {
  Steps steps;
  v1::ProxyEvent event;
  while (watch.Next(event)) {
    steps.emplace_back(event.sequence(), watch.resume_after());
  }
  return steps;
}

TEST_F(WatchTest, YieldsTheEventsOfEveryResponse) {
  Serve({{Received(1), Received(2)}, {}, {Received(3)}});
  const auto watch = Open();
  EXPECT_THAT(ReadAll(*watch),
              ElementsAre(std::pair(1, 1), std::pair(2, 2), std::pair(3, 3)));
  EXPECT_THAT(watch->Finish(), IsOk());
}

TEST_F(WatchTest, AsksWhatItWasAskedFor) {
  Serve({});
  const auto watch = Open({.endpoint = "e",
                           .after_sequence = 4,
                           .epoch = 70,
                           .skip_snapshot = true,
                           .kinds = {v1::PROXY_EVENT_KIND_PROXY_CREATED},
                           .include_payloads = true});
  EXPECT_EQ(watch->resume_after(), 4u);
  EXPECT_EQ(watch->epoch(), 70u);
  EXPECT_THAT(ReadAll(*watch), ElementsAre());
  EXPECT_EQ(asked_.endpoint(), "e");
  EXPECT_EQ(asked_.after_sequence(), 4u);
  EXPECT_EQ(asked_.epoch(), 70u);
  EXPECT_TRUE(asked_.skip_snapshot());
  EXPECT_TRUE(asked_.include_payloads());
  EXPECT_THAT(asked_.kinds(), ElementsAre(v1::PROXY_EVENT_KIND_PROXY_CREATED));
}

TEST_F(WatchTest, ASnapshotThatIsCutShortIsAskedForAgain) {
  Serve({{Row(), Row()}});
  EXPECT_THAT(ReadAll(*Open({.after_sequence = 4})),
              ElementsAre(std::pair(0, 0), std::pair(0, 0)));
}

TEST_F(WatchTest, GoesOnAfterTheSnapshotAndEveryEventThatFollows) {
  Serve({{Row(), SnapshotComplete(9), Created(10), Received(11)}});
  EXPECT_THAT(ReadAll(*Open()),
              ElementsAre(std::pair(0, 0), std::pair(9, 9), std::pair(10, 10),
                          std::pair(11, 11)));
}

TEST_F(WatchTest, HeartbeatsAreNotPassedOnButArePlacesToGoOnFrom) {
  Serve({{Heartbeat(0), Row(), SnapshotComplete(9)}, {Heartbeat(12)}});
  const auto watch = Open();
  EXPECT_THAT(ReadAll(*watch), ElementsAre(std::pair(0, 0), std::pair(9, 9)));
  EXPECT_EQ(watch->resume_after(), 12u);
}

TEST_F(WatchTest, TellsWhyTheStreamEnded) {
  Serve({}, AsGrpc(RichError(StatusCode::kOutOfRange, "too long ago",
                             "SEQUENCE_COMPACTED")));
  const auto watch = Open();
  EXPECT_THAT(ReadAll(*watch), ElementsAre());
  const absl::Status status = watch->Finish();
  EXPECT_THAT(status, StatusIs(StatusCode::kOutOfRange, "too long ago"));
  EXPECT_EQ(ReasonOf(status), "SEQUENCE_COMPACTED");
  EXPECT_THAT(watch->Finish(), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(WatchTest, CancelEndsIt) {
  gateway_.watch = [this](const v1::WatchProxiesRequest&,
                          FakeGateway::WatchStream& stream,
                          grpc::ServerContext&) {
    v1::WatchProxiesResponse response;
    *response.add_events() = Received(1);
    stream.Write(response);
    over_.WaitForNotification();
    return grpc::Status::OK;
  };
  const auto watch = Open();
  v1::ProxyEvent event;
  ASSERT_TRUE(watch->Next(event));
  watch->Cancel();
  EXPECT_FALSE(watch->Next(event));
  EXPECT_THAT(watch->Finish(), StatusIs(StatusCode::kCancelled));
  over_.Notify();
}

TEST_F(WatchTest, CancelBeforeTheFirstEventEndsItToo) {
  Serve({{Received(1)}});
  const auto watch = Open();
  watch->Cancel();
  v1::ProxyEvent event;
  EXPECT_FALSE(watch->Next(event));
  EXPECT_THAT(watch->Finish(), StatusIs(StatusCode::kCancelled));
}

TEST_F(WatchTest, MayBeDroppedAtAnyTime) {
  Serve({{Received(1), Received(2)}, {Received(3)}});
  Open();
  const auto watch = Open();
  v1::ProxyEvent event;
  EXPECT_TRUE(watch->Next(event));
}

}  // namespace
}  // namespace thespian::gateway::client
