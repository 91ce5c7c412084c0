// The events of a journal as texts that a test can compare: "created 7",
// "received 7 -> 1", "closed 7 by exit: normal".
//
// Threads:   EventText is stateless; a JournalReader is for one thread.
// Errors:    AwaitEvent returns what there is at its deadline.
#ifndef TESTS_SUPPORT_JOURNAL_TEXT_H_
#define TESTS_SUPPORT_JOURNAL_TEXT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "endpoint/journal/event_journal.h"
#include "endpoint/journal/proxy_event.h"
#include "tests/support/awaited.h"

namespace thespian::gateway {

std::string EventText(const ProxyEvent& event);
std::vector<std::string> EventTexts(const std::vector<ProxyEvent>& events);

// Nothing is gathered: for a clock that stands still.
inline constexpr WatcherThread::Pace kAtOnce{.linger = {}, .gather = {}};

// Reads a journal from its beginning on.
class JournalReader {
 public:
  explicit JournalReader(EventJournal& journal, EventKinds kinds = kAllKinds);

  // What has come since the last call.
  std::vector<ProxyEvent> Read();
  std::vector<std::string> ReadTexts() { return EventTexts(Read()); }

  // What has come since the last call, as soon as `last` has.
  std::vector<std::string> AwaitEvent(const std::string& last);

 private:
  class Wakes final : public EventJournal::Watcher {
   public:
    void OnTurn(const WatcherThread::Turn& /*turn*/) override {
      count.Update([](int& n) { ++n; });
    }
    Awaited<int> count;
  };

  EventJournal& journal_;
  const EventKinds kinds_;
  const std::shared_ptr<Wakes> wakes_ = std::make_shared<Wakes>();
  uint64_t after_ = 0;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_JOURNAL_TEXT_H_
