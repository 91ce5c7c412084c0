#include "clients/cpp/resuming_watch.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "clients/cpp/client.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/fake_gateway.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway::client {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::SizeIs;

v1::ProxyEvent EventAt(uint64_t sequence) {
  v1::ProxyEvent event;
  event.set_sequence(sequence);
  return event;
}

v1::ProxyEvent Received(uint64_t sequence) {
  v1::ProxyEvent event = EventAt(sequence);
  event.mutable_message_received();
  return event;
}

v1::ProxyEvent Row(uint64_t sequence) {
  v1::ProxyEvent event = EventAt(sequence);
  event.mutable_proxy_created()->set_remote_id(7);
  return event;
}

v1::ProxyEvent SnapshotComplete(uint64_t sequence) {
  v1::ProxyEvent event = EventAt(sequence);
  event.mutable_snapshot_complete();
  return event;
}

grpc::Status Lost() { return {grpc::StatusCode::UNAVAILABLE, "lost"}; }

// What one stream says, and how it ends.
struct Stream {
  std::vector<v1::ProxyEvent> events;
  grpc::Status end = Lost();
  uint64_t epoch = 0;  // told with the first event
};

grpc::Status Compacted() {
  return AsGrpc(
      RichError(StatusCode::kOutOfRange, "too long ago", "SEQUENCE_COMPACTED"));
}

std::string Line(WatchStep step, const v1::ProxyEvent& event,
                 const ResumingWatch& watch) {
  switch (step) {
    case WatchStep::kEvent:
      return fmt::format("event {}", event.sequence());
    case WatchStep::kStartOver:
      return "start over";
    case WatchStep::kEnded:
      break;
  }
  return absl::StatusCodeToString(watch.status().code());
}

// Everything up to the end.
std::vector<std::string> ReadAll(ResumingWatch& watch) {
  std::vector<std::string> lines;
  v1::ProxyEvent event;
  WatchStep step{};
  do {
    step = watch.Next(event);
    lines.push_back(Line(step, event, watch));
  } while (step != WatchStep::kEnded);
  return lines;
}

class ResumingWatchTest : public ::testing::Test {
 protected:
  ResumingWatchTest() {
    resume_.backoff.first = absl::Milliseconds(1);
    resume_.backoff.longest = absl::Milliseconds(4);
    resume_.random = [] { return 0.0; };
  }

  // One stream after the other; then NOT_FOUND, which ends the watch.
  void Serve(std::vector<Stream> streams) {
    gateway_.watch = [this, streams](const v1::WatchProxiesRequest& request,
                                     FakeGateway::WatchStream& stream,
                                     grpc::ServerContext&) {
      asked_.push_back(request);
      if (asked_.size() > streams.size()) {
        return grpc::Status(grpc::StatusCode::NOT_FOUND, "the end");
      }
      const Stream& script = streams[asked_.size() - 1];
      v1::WatchProxiesResponse response;
      response.set_epoch(script.epoch);
      for (const v1::ProxyEvent& event : script.events) {
        *response.add_events() = event;
        stream.Write(response);
        response.Clear();
      }
      return script.end;
    };
  }

  std::unique_ptr<ResumingWatch> Open(const WatchOptions& options = {}) {
    return Connect({.address = gateway_.address()})
        ->ResumeWatch(options, resume_);
  }

  // After which event, and whether with a snapshot, each stream was asked for.
  std::vector<std::string> Asked() const {
    std::vector<std::string> asked;
    for (const v1::WatchProxiesRequest& request : asked_) {
      asked.push_back(fmt::format("{}{}", request.after_sequence(),
                                  request.skip_snapshot() ? "" : " snapshot"));
    }
    return asked;
  }

  // Which run of the gateway each stream was asked to go on with.
  std::vector<uint64_t> AskedEpochs() const {
    std::vector<uint64_t> asked;
    for (const v1::WatchProxiesRequest& request : asked_) {
      asked.push_back(request.epoch());
    }
    return asked;
  }

  // What scripts use lives longer than the calls, which the gateway ends.
  std::vector<v1::WatchProxiesRequest> asked_;
  absl::Notification over_;
  FakeGateway gateway_;
  ResumeOptions resume_;
};

TEST_F(ResumingWatchTest, GoesOnAfterTheLastEvent) {
  Serve({{{Row(9), SnapshotComplete(9), Received(10), Row(11)}},
         {{Received(12)}},
         {{Received(13)}}});
  EXPECT_THAT(ReadAll(*Open({.endpoint = "e",
                             .kinds = {v1::PROXY_EVENT_KIND_PROXY_CREATED}})),
              ElementsAre("event 9", "event 9", "event 10", "event 11",
                          "event 12", "event 13", "NOT_FOUND"));
  EXPECT_THAT(Asked(), ElementsAre("0 snapshot", "11", "12", "13"));
  EXPECT_EQ(asked_.back().endpoint(), "e");
  EXPECT_THAT(asked_.back().kinds(), SizeIs(1));
}

TEST_F(ResumingWatchTest, GoesOnAfterASnapshot) {
  Serve({{{Row(9), SnapshotComplete(9)}}, {{Received(10)}}});
  EXPECT_THAT(ReadAll(*Open()),
              ElementsAre("event 9", "event 9", "event 10", "NOT_FOUND"));
  EXPECT_THAT(Asked(), ElementsAre("0 snapshot", "9", "10"));
}

TEST_F(ResumingWatchTest, GoesOnAfterTheEventItWasGiven) {
  Serve({{}, {{Received(9)}}, {{Received(10)}}});
  EXPECT_THAT(ReadAll(*Open({.after_sequence = 8})),
              ElementsAre("event 9", "event 10", "NOT_FOUND"));
  EXPECT_THAT(Asked(), ElementsAre("8", "8", "9", "10"));
}

TEST_F(ResumingWatchTest, NamesTheRunThatItsPlaceIsOf) {
  Serve({{{SnapshotComplete(9), Received(10)}, Lost(), 70},
         {},
         {{Received(11)}, Lost(), 70},
         {{}, Compacted()},
         {{SnapshotComplete(8)}, Lost(), 71}});
  EXPECT_THAT(ReadAll(*Open()),
              ElementsAre("event 9", "event 10", "event 11", "start over",
                          "event 8", "NOT_FOUND"));
  EXPECT_THAT(Asked(),
              ElementsAre("0 snapshot", "10", "10", "11", "0 snapshot", "8"));
  EXPECT_THAT(AskedEpochs(), ElementsAre(0, 70, 70, 70, 0, 71));
}

TEST_F(ResumingWatchTest, NamesTheRunThatItWasGiven) {
  Serve({{}, {{Received(9)}}});
  EXPECT_THAT(ReadAll(*Open({.after_sequence = 8, .epoch = 70})),
              ElementsAre("event 9", "NOT_FOUND"));
  EXPECT_THAT(AskedEpochs(), ElementsAre(70, 70, 70));
}

TEST_F(ResumingWatchTest, StartsOverIfTheEventsAreNotHeldAnyMore) {
  Serve({{{SnapshotComplete(9)}},
         {{}, Compacted()},
         {{Row(900), SnapshotComplete(900)}}});
  EXPECT_THAT(ReadAll(*Open()),
              ElementsAre("event 9", "start over", "event 900", "event 900",
                          "NOT_FOUND"));
  EXPECT_THAT(Asked(), ElementsAre("0 snapshot", "9", "0 snapshot", "900"));
}

TEST_F(ResumingWatchTest, WithoutSnapshotsItStartsOverFromNow) {
  Serve({{{Received(9)}}, {{}, Compacted()}, {{Received(900)}}});
  EXPECT_THAT(ReadAll(*Open({.skip_snapshot = true})),
              ElementsAre("event 9", "start over", "event 900", "NOT_FOUND"));
  EXPECT_THAT(Asked(), ElementsAre("0", "9", "0", "900"));
}

TEST_F(ResumingWatchTest, AStreamWithoutSnapshotThatSaidNothingStartsOver) {
  Serve({{}, {{Received(9)}}});
  EXPECT_THAT(ReadAll(*Open({.skip_snapshot = true})),
              ElementsAre("start over", "event 9", "NOT_FOUND"));
}

TEST_F(ResumingWatchTest, ASnapshotThatIsCutShortIsStartedOver) {
  Serve({{{Row(9), Row(9)}}, {{Row(10), SnapshotComplete(10)}}});
  EXPECT_THAT(ReadAll(*Open()),
              ElementsAre("event 9", "event 9", "start over", "event 10",
                          "event 10", "NOT_FOUND"));
}

TEST_F(ResumingWatchTest, EndsWithWhatDoesNotPass) {
  for (const StatusCode code :
       {StatusCode::kInvalidArgument, StatusCode::kPermissionDenied,
        StatusCode::kUnauthenticated, StatusCode::kUnimplemented}) {
    asked_.clear();
    Serve({{{}, {static_cast<grpc::StatusCode>(code), "no"}}});
    const auto watch = Open();
    EXPECT_THAT(ReadAll(*watch), SizeIs(1));
    EXPECT_THAT(watch->status(), StatusIs(code, "no"));
    EXPECT_THAT(asked_, SizeIs(1));
    v1::ProxyEvent event;
    EXPECT_EQ(watch->Next(event), WatchStep::kEnded) << "and again";
  }
}

TEST_F(ResumingWatchTest, EndsIfItCantBeginWhereItIsToldTo) {
  Serve({{{}, Compacted()}});
  EXPECT_THAT(ReadAll(*Open({.after_sequence = 8, .skip_snapshot = true})),
              ElementsAre("OUT_OF_RANGE"));
  Serve({{{}, Compacted()}, {{SnapshotComplete(9)}}});
  asked_.clear();
  EXPECT_THAT(ReadAll(*Open({.after_sequence = 8})),
              ElementsAre("start over", "event 9", "NOT_FOUND"))
      << "a snapshot will do";
}

grpc::Status Exhausted(const std::string& reason) {
  return AsGrpc(RichError(StatusCode::kResourceExhausted, "no", reason));
}

TEST_F(ResumingWatchTest, ALimitEndsItAndAFullMailboxDoesNot) {
  Serve({{{Received(9)}, Exhausted("MAILBOX_FULL")},
         {{Received(10)}, Exhausted("LIMIT_REACHED")}});
  EXPECT_THAT(ReadAll(*Open({.skip_snapshot = true})),
              ElementsAre("event 9", "event 10", "RESOURCE_EXHAUSTED"));
  EXPECT_THAT(Asked(), ElementsAre("0", "9"));
}

TEST_F(ResumingWatchTest, WaitsLongerEachTimeAndGivesUp) {
  std::vector<absl::Duration> delays;
  resume_.max_attempts = 4;
  resume_.on_lost = [&delays](const absl::Status& status,
                              absl::Duration delay) {
    EXPECT_THAT(status, StatusIs(StatusCode::kUnavailable, "lost"));
    delays.push_back(delay);
  };
  Serve({{}, {}, {{SnapshotComplete(9)}}, {}, {}, {}, {}});
  EXPECT_THAT(ReadAll(*Open()), ElementsAre("event 9", "UNAVAILABLE"));
  EXPECT_THAT(delays, ElementsAre(absl::Milliseconds(1), absl::Milliseconds(2),
                                  absl::Milliseconds(1), absl::Milliseconds(2),
                                  absl::Milliseconds(4)));
  EXPECT_THAT(asked_, SizeIs(6));
}

TEST_F(ResumingWatchTest, CancelEndsItsWaitForTheNextAttempt) {
  std::unique_ptr<ResumingWatch> watch;
  resume_.backoff.first = absl::Hours(1);
  resume_.on_lost = [&watch](const absl::Status&, absl::Duration) {
    watch->Cancel();
  };
  Serve({{}});
  watch = Open();
  EXPECT_THAT(ReadAll(*watch), ElementsAre("CANCELLED"));
  EXPECT_THAT(asked_, SizeIs(1));
}

TEST_F(ResumingWatchTest, CancelEndsAStreamAndWhatHasNotBegun) {
  std::unique_ptr<ResumingWatch> watch;
  gateway_.watch = [&](const v1::WatchProxiesRequest&,
                       FakeGateway::WatchStream&, grpc::ServerContext&) {
    watch->Cancel();
    over_.WaitForNotification();
    return grpc::Status::OK;
  };
  watch = Open();
  EXPECT_THAT(ReadAll(*watch), ElementsAre("CANCELLED"));
  over_.Notify();
  const auto another = Open();
  another->Cancel();
  EXPECT_THAT(ReadAll(*another), ElementsAre("CANCELLED"));
}

// Says one event and holds the stream until the gateway ends.
auto SayAndHold(const v1::ProxyEvent& event) {
  return [event](const v1::WatchProxiesRequest&,
                 FakeGateway::WatchStream& stream, grpc::ServerContext&) {
    v1::WatchProxiesResponse response;
    *response.add_events() = event;
    while (stream.Write(response)) response.Clear();
    return grpc::Status::OK;
  };
}

// On one socket, one gateway after the other.
TEST_F(ResumingWatchTest, OutlivesTheGateway) {
  const TempDir directory;
  const std::string address = "unix:" + directory.File("socket");
  std::optional<FakeGateway> gateway(std::in_place, address);
  gateway->watch = SayAndHold(SnapshotComplete(9));
  int lost = 0;
  resume_.on_lost = [&](const absl::Status& status, absl::Duration) {
    EXPECT_NE(status.code(), StatusCode::kOk);
    if (++lost > 1) return;
    gateway.emplace(address);
    gateway->watch = SayAndHold(Received(10));
  };
  const auto watch = Connect({.address = address})->ResumeWatch({}, resume_);
  v1::ProxyEvent event;
  ASSERT_EQ(watch->Next(event), WatchStep::kEvent);
  gateway.reset();
  ASSERT_EQ(watch->Next(event), WatchStep::kEvent);
  EXPECT_EQ(event.sequence(), 10u);
}

}  // namespace
}  // namespace thespian::gateway::client
