// A dispatcher on real tables, and a child's stdin that is not there. What is
// received must be delivered or not, whatever a test did.
#ifndef TESTS_ENDPOINT_SESSION_DISPATCHER_FIXTURE_H_
#define TESTS_ENDPOINT_SESSION_DISPATCHER_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/session/dispatcher.h"
#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/support/dispatcher_world.h"
#include "tests/support/frames.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_actor.h"

namespace thespian::gateway {

inline const std::string kOne("\x01", 1);  // the CBOR item 1
inline constexpr FrameWriter::Limits kQueue{.high_bytes = 1'000,
                                            .low_bytes = 500};

template <typename AnyMessage>
std::string ContentOf(const AnyMessage& message) {
  std::string frame;
  AppendFrame(message, frame);
  return frame.substr(kFrameHeadBytes);
}

class DispatcherTest : public ::testing::Test, protected DispatcherWorld {
 protected:
  DispatcherTest() : DispatcherWorld(kQueue) {}
  // received = delivered + undeliverable, whatever a test did.
  ~DispatcherTest() override {
    dispatcher_.Flush();
    uint64_t undeliverable = 0;
    for (const auto& [why, count] : Tally().undeliverable) {
      undeliverable += count;
    }
    EXPECT_EQ(Tally().received, Tally().delivered + undeliverable);
    EXPECT_EQ(Tally().proxies_created - Tally().proxies_closed,
              remotes_.live());
    writer_.Close(absl::UnavailableError("the end"));
  }

  // The child says something.
  template <typename AnyMessage>
  void Say(const AnyMessage& message) {
    EXPECT_THAT(dispatcher_.OnFrame(ContentOf(message), clock_.Now()), IsOk());
  }
  void Send(uint64_t from, uint64_t to) {
    Say(SendMessage{{from}, {to}, kOne});
  }
  void SendNamed(uint64_t from, std::string_view name) {
    Say(SendNamedMessage{{from}, name, kOne});
  }
  void Link(uint64_t remote, uint64_t local) {
    Say(LinkMessage{{remote}, {local}});
  }
  void Exit(uint64_t remote, std::string_view reason = "normal") {
    Say(ExitMessage{{remote}, reason});
  }

  std::shared_ptr<TestActor> Open(std::string_view name = "",
                                  MailboxLimits limits = {}) {
    auto actor = std::make_shared<TestActor>(limits);
    EXPECT_THAT(locals_.Open(actor, name), IsOk());
    return actor;
  }

  std::vector<std::string> Events() {
    dispatcher_.Flush();
    return reader_.ReadTexts();
  }
  InboundStats Tally() const { return inbound_.Get(); }

  // What the child was answered, as `exit` frames.
  static std::string ExitFrame(uint64_t local, std::string_view reason) {
    return FrameOf(ContentOf(ExitMessage{{local}, reason}));
  }

  Dispatcher::Deps around_ = MakeDeps();
  Dispatcher dispatcher_{around_, name_, Incarnation{3}};
};

}  // namespace thespian::gateway

#endif  // TESTS_ENDPOINT_SESSION_DISPATCHER_FIXTURE_H_
