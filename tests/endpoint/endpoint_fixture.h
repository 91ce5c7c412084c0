// An Endpoint with a real child, and what surrounds it. At the end of every
// test the child is killed, the figures must add up and nothing may be left.
#ifndef TESTS_ENDPOINT_ENDPOINT_FIXTURE_H_
#define TESTS_ENDPOINT_ENDPOINT_FIXTURE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/endpoint.h"
#include "gmock/gmock.h"
#include "spdlog/logger.h"
#include "tests/support/awaited.h"
#include "tests/support/journal_text.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/silent_log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/submit_noting.h"
#include "tests/support/test_actor.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {

class EndpointTest : public ::testing::Test {
 protected:
  using Target = std::variant<RemoteId, std::string_view>;

  ~EndpointTest() override {
    if (endpoint_ == nullptr) return;
    endpoint_->Kill();
    endpoint_->Join();
    CheckStats();
    endpoint_ = nullptr;
  }

  // A child that does what `verbs` say; see scripted-child.
  void Make(std::vector<std::string> verbs) {
    verbs.insert(verbs.begin(), TG_SCRIPTED_CHILD);
    options_.name = "east";
    options_.command.arguments = std::move(verbs);
    options_.command.stop_grace = grace_;
    endpoint_ = std::make_unique<Endpoint>(
        options_,
        EndpointDeps{clock_, journal_, locals_, log_,
                     [this](EndpointState state) { on_state_(state); }});
  }

  void Start(std::vector<std::string> verbs) {
    Make(std::move(verbs));
    ASSERT_THAT(endpoint_->Start(), IsOk());
  }

  std::shared_ptr<TestActor> Open(std::string_view name = "") {
    auto actor = std::make_shared<TestActor>();
    EXPECT_THAT(locals_.Open(actor, name), IsOk());
    return actor;
  }

  // Sends the CBOR item 1, or another; how it was written goes to written_.
  absl::Status Send(LocalId from, Target to, std::string_view payload = "\x01",
                    Incarnation incarnation = {}) {
    FrameBatch batch(from);
    absl::Status status =
        endpoint_->sender().Add({from, to, incarnation, payload}, batch);
    return status.ok() ? Submit(batch) : status;
  }
  absl::Status Submit(FrameBatch& batch) {
    const auto note = [this](const absl::Status& status, size_t frames) {
      written_.Update([&](auto& all) { all.emplace_back(status, frames); });
    };
    return SubmitNoting(endpoint_->sender(), batch, note).status();
  }

  std::vector<std::string> AwaitEvent(const std::string& last) {
    return reader_.AwaitEvent(last);
  }

  void CheckStats() const {
    const EndpointStatus report = endpoint_->Status();
    for (const FrameStats& t :
         {report.outbound.messages, report.outbound.controls}) {
      EXPECT_EQ(t.taken, t.written + t.dropped + t.waiting);
      EXPECT_EQ(t.waiting, 0u);
    }
    uint64_t undeliverable = 0;
    for (const auto& [why, count] : report.inbound.undeliverable) {
      undeliverable += count;
    }
    EXPECT_EQ(report.inbound.received,
              report.inbound.delivered + undeliverable);
    EXPECT_EQ(report.inbound.proxies_created, report.inbound.proxies_closed);
    EXPECT_EQ(report.pid, 0);
    EXPECT_EQ(report.queued_bytes, 0u);
  }

  NoTraceLeft no_trace_left_;
  TestClock clock_;
  EventJournal journal_{clock_, {.pace = kAtOnce}};  // the clock stands still
  JournalReader reader_{journal_};
  LocalActors locals_{clock_, 1'000};
  spdlog::logger log_ = SilentLog();
  EndpointOptions options_;
  // Nobody waits for it who ends when its stdin does.
  std::chrono::milliseconds grace_ = kPatience;
  std::function<void(EndpointState)> on_state_ = [](EndpointState) {};
  Awaited<std::vector<std::pair<absl::Status, size_t>>> written_;
  std::unique_ptr<Endpoint> endpoint_;
};

}  // namespace thespian::gateway

#endif  // TESTS_ENDPOINT_ENDPOINT_FIXTURE_H_
