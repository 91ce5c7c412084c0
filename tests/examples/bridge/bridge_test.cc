// The bridge between a test that plays the near gateway, and a far gateway that
// does as the test says.
#include "examples/bridge-child/bridge.h"

#include <poll.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "endpoint/wire/frame_decoder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/fake_gateway.h"
#include "tests/examples/child_talk.h"
#include "tests/support/awaited.h"

namespace thespian::gateway::bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::AttachResponse Opened(uint64_t id) {
  v1::AttachResponse response;
  response.add_events()->mutable_opened()->set_actor_id(id);
  return response;
}

void AddDelivery(uint64_t from, v1::AttachResponse& response) {
  auto& delivery = *response.add_events()->mutable_delivery();
  delivery.set_endpoint("default");
  delivery.set_incarnation(1);
  delivery.set_from_id(from);
  delivery.mutable_payload()->set_cbor("\x01");
}

void AddExited(uint64_t id, v1::AttachResponse& response) {
  auto& exited = *response.add_events()->mutable_exited();
  exited.set_endpoint("default");
  exited.set_incarnation(1);
  exited.set_remote_id(id);
  exited.set_reason("no_such_actor");
}

// How a far gateway goes on: with the commands of one delegate, one by one.
using OnCommand =
    std::function<void(const v1::ActorCommand&, v1::AttachResponse& response)>;

// Opens actor 5, and answers each command as `on_command` says.
auto Answering(OnCommand on_command) {
  return [on_command](FakeGateway::AttachStream& stream) {
    v1::AttachRequest request;
    while (stream.Read(&request)) {
      for (const v1::ActorCommand& command : request.commands()) {
        v1::AttachResponse response;
        if (command.has_open()) {
          response = Opened(5);
        } else {
          on_command(command, response);
        }
        if (response.events_size() > 0) stream.Write(response);
      }
    }
    return grpc::Status::OK;
  };
}

class BridgeTest : public ::testing::Test {
 protected:
  BridgeTest() {
    far_.watch = [this](const v1::WatchProxiesRequest&,
                        FakeGateway::WatchStream& stream,
                        grpc::ServerContext&) {
      bool over = false;
      while (!over) {
        over = !watched_.Await(
            [](const Watched& now) { return now.over || !now.events.empty(); });
        v1::WatchProxiesResponse response;
        watched_.Update([&](Watched& now) {
          over |= now.over;
          for (; !now.events.empty(); now.events.pop_front()) {
            *response.add_events() = now.events.front();
          }
        });
        stream.Write(response);
      }
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "it is over");
    };
  }
  // Scripts that wait end, whatever became of the test.
  ~BridgeTest() override {
    EndWatch();
    if (!go_on_.HasBeenNotified()) go_on_.Notify();
  }

  void EndWatch() {
    watched_.Update([](Watched& now) { now.over = true; });
  }

  // The bridge of this test; returns when it takes messages.
  void Begin() {
    v1::ProxyEvent complete;
    complete.mutable_snapshot_complete();
    Watch(complete);
    client_.emplace(*client::Connect({.address = far_.address()}));
    bridge_.emplace(*client_, "default", outbox_);
    while (!bridge_->ready()) ASSERT_TRUE(Turn());
  }

  // The far gateway's watchers are told.
  void Watch(const v1::ProxyEvent& event) {
    watched_.Update([&event](Watched& now) { now.events.push_back(event); });
  }
  void WatchClosed(uint64_t id) {
    v1::ProxyEvent event;
    event.set_incarnation(1);
    event.mutable_proxy_closed()->set_remote_id(id);
    event.mutable_proxy_closed()->set_reason("why");
    event.mutable_proxy_closed()->set_cause(v1::PROXY_CLOSE_CAUSE_EXIT);
    Watch(event);
  }

  // The near gateway says this.
  void Say(const std::vector<std::string_view>& messages) {
    const absl::Status status = said_.Feed(
        FramesOf(messages),
        [this](std::string_view content) {
          bridge_->Handle(*DecodeMessage(content), {});
          return absl::OkStatus();
        },
        [](uint64_t) { return absl::InternalError("too large"); });
    EXPECT_TRUE(status.ok()) << status;
  }

  // Waits for the far gateway and lets the bridge have it.
  bool Turn() {
    pollfd polled{.fd = bridge_->wake_fd(), .events = POLLIN, .revents = 0};
    const auto patience = std::chrono::milliseconds(kPatience).count();
    if (poll(&polled, 1, static_cast<int>(patience)) != 1) return false;
    bridge_->OnWake();
    return true;
  }

  // The next messages of the bridge to the near gateway.
  std::vector<std::string> Hear(size_t count) {
    while (heard_.size() < count) {
      if (outbox_.empty() && !Turn()) break;
      const absl::Status status = decoder_.Feed(
          outbox_.waiting(),
          [this](std::string_view content) {
            heard_.push_back(MessageOfContent(content));
            return absl::OkStatus();
          },
          [](uint64_t) { return absl::InternalError("too large"); });
      EXPECT_TRUE(status.ok()) << status;
      outbox_.Written(outbox_.waiting().size());
    }
    return std::exchange(heard_, {});
  }

  struct Watched {
    std::deque<v1::ProxyEvent> events;
    bool over = false;
  };

  // What scripts use lives longer than the calls, which the gateway ends.
  Awaited<Watched> watched_;
  absl::Notification go_on_;
  FakeGateway far_;
  stdio::Outbox outbox_{64u << 20};
  FrameDecoder said_{1u << 20};
  FrameDecoder decoder_{1u << 20};
  std::vector<std::string> heard_;
  std::optional<client::Client> client_;
  std::optional<Bridge> bridge_;
};

TEST_F(BridgeTest, WhatIsSaidToNobodyIsAnsweredWithItsEnd) {
  Begin();
  Say({R"(["send",1,99,"x"])", R"(["link",1,98])", R"(["send",0,97,"x"])"});
  EXPECT_THAT(Hear(3), ElementsAre(R"(["exit",99,"no_such_actor"])",
                                   R"(["exit",98,"no_such_actor"])",
                                   R"(["exit",97,"no_such_actor"])"));
}

TEST_F(BridgeTest, AnActorThatTheFarGatewayDoesNotKnowAnyMoreHasEnded) {
  far_.attach = Answering(
      [](const v1::ActorCommand& command, v1::AttachResponse& response) {
        if (command.has_send_named()) return AddDelivery(7, response);
        auto& result = *response.add_events()->mutable_command_result();
        result.set_command_id(command.command_id());
        *result.mutable_status() =
            RichError(absl::StatusCode::kNotFound, "gone", "ACTOR_UNKNOWN");
      });
  Begin();
  Say({R"(["send_named",1,"echo","x"])"});
  EXPECT_THAT(Hear(1), ElementsAre(R"(["send",7,1,1])"));
  Say({R"(["send",1,7,"x"])"});
  EXPECT_THAT(Hear(1), ElementsAre(R"(["exit",7,"no_such_actor"])"));
}

// The watch tells of the end before the delegate's stream brings the last
// message, which is the first that is heard of the actor.
TEST_F(BridgeTest, AnEndDoesNotOvertakeTheLastMessage) {
  far_.attach = Answering(
      [this](const v1::ActorCommand& command, v1::AttachResponse& response) {
        if (command.has_send_named()) {
          go_on_.WaitForNotification();
          return AddDelivery(7, response);
        }
        ASSERT_EQ(command.link().remote_id(), 7u);
        AddDelivery(7, response);
        AddExited(7, response);
      });
  Begin();
  Say({R"(["send_named",1,"echo","x"])"});
  ASSERT_TRUE(Turn()) << "that the delegate is there";
  WatchClosed(7);
  ASSERT_TRUE(Turn());
  go_on_.Notify();
  EXPECT_THAT(Hear(3), ElementsAre(R"(["send",7,1,1])", R"(["send",7,1,1])",
                                   R"(["exit",7,"why"])"));
}

TEST_F(BridgeTest, ALinkToAnActorThatIsEndingIsAnsweredByItsEnd) {
  far_.attach = Answering(
      [this](const v1::ActorCommand& command, v1::AttachResponse& response) {
        if (command.has_send_named()) return AddDelivery(7, response);
        go_on_.WaitForNotification();
        AddExited(7, response);
      });
  Begin();
  Say({R"(["send_named",1,"echo","x"])"});
  EXPECT_THAT(Hear(1), ElementsAre(R"(["send",7,1,1])"));
  WatchClosed(7);
  ASSERT_TRUE(Turn());
  Say({R"(["link",1,7])", R"(["send",1,7,"x"])"});
  go_on_.Notify();
  EXPECT_THAT(Hear(1), ElementsAre(R"(["exit",7,"why"])"));
  EXPECT_TRUE(outbox_.empty());
}

TEST_F(BridgeTest, ALinkOfTheFarSideMayBeKnownBeforeItsDelegateIs) {
  far_.attach = [this](FakeGateway::AttachStream& stream) {
    go_on_.WaitForNotification();
    stream.Write(Opened(5));
    v1::AttachRequest request;
    while (stream.Read(&request)) {
    }
    return grpc::Status::OK;
  };
  Begin();
  Say({R"(["send_named",1,"echo","x"])"});
  v1::ProxyEvent event;
  event.set_incarnation(1);
  event.mutable_link_created()->set_remote_id(7);
  event.mutable_link_created()->set_local_id(5);
  event.mutable_link_created()->set_by_remote(true);
  Watch(event);
  ASSERT_TRUE(Turn());
  EXPECT_TRUE(outbox_.empty());
  go_on_.Notify();
  EXPECT_THAT(Hear(1), ElementsAre(R"(["link",7,1])"));
}

TEST_F(BridgeTest, ADelegateThatIsCutOffEndsItsLinksAndIsReplaced) {
  std::atomic<int> attached = 0;
  far_.attach = [&attached](FakeGateway::AttachStream& stream) {
    ++attached;
    v1::AttachRequest request;
    while (stream.Read(&request)) {
      for (const v1::ActorCommand& command : request.commands()) {
        v1::AttachResponse response;
        if (command.has_send_named()) AddDelivery(7, response);
        if (command.has_link()) {
          return AsGrpc(RichError(absl::StatusCode::kResourceExhausted,
                                  "too slow", "MAILBOX_FULL"));
        }
        stream.Write(response);
      }
    }
    return grpc::Status::OK;
  };
  Begin();
  Say({R"(["send_named",1,"echo","x"])"});
  EXPECT_THAT(Hear(1), ElementsAre(R"(["send",7,1,1])"));
  Say({R"(["link",1,7])"});
  EXPECT_THAT(Hear(1), ElementsAre(R"(["exit",7,"mailbox_full"])"));
  EXPECT_FALSE(bridge_->over());
  Say({R"(["send_named",1,"echo","x"])"});
  EXPECT_THAT(Hear(1), ElementsAre(R"(["send",7,1,1])"));
  EXPECT_EQ(attached, 2);
}

// A far gateway that reads nothing until it is told to.
TEST_F(BridgeTest, TakesNoMoreThanTheFarGatewayReadsAndLosesNothing) {
  static constexpr int kMessages = 400;
  Awaited<int> got;
  far_.attach = [this, &got](FakeGateway::AttachStream& stream) {
    go_on_.WaitForNotification();
    v1::AttachRequest request;
    while (stream.Read(&request)) {
      for (const v1::ActorCommand& command : request.commands()) {
        if (!command.has_send_named()) continue;
        EXPECT_EQ(command.send_named().to_name(), std::to_string(got.Get()));
        got.Update([](int& number) { ++number; });
      }
    }
    return grpc::Status::OK;
  };
  Begin();
  const std::string text(100'000, 'x');
  int said = 0;
  while (said < kMessages && bridge_->ready()) {
    Say({R"(["send_named",1,")" + std::to_string(said) + R"(",")" + text +
         R"("])"});
    ++said;
  }
  EXPECT_LT(said, kMessages) << "it takes whatever it is given";
  go_on_.Notify();
  while (!bridge_->ready()) ASSERT_TRUE(Turn());
  EXPECT_TRUE(got.Await([said](int number) { return number == said; }));
  bridge_.reset();
}

TEST_F(BridgeTest, TheLossOfTheFarGatewayEndsIt) {
  Begin();
  EndWatch();
  EXPECT_THAT(
      Hear(1),
      ElementsAre(HasSubstr(R"(["transport_error","far_gateway_lost: it is)")));
  EXPECT_TRUE(bridge_->over());
  EXPECT_EQ(bridge_->lost().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace thespian::gateway::bridge
