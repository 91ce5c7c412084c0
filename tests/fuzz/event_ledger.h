// Keeps account of the lives that a journal tells of: that each proxy and each
// link begins before anything happens to it, and ends once, and nothing
// happens to it after that.
//
// Threads:   thread-compatible.
// Errors:    an event that can't be ends the process (Check).
#ifndef TESTS_FUZZ_EVENT_LEDGER_H_
#define TESTS_FUZZ_EVENT_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

#include "endpoint/journal/proxy_event.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

class EventLedger {
 public:
  // The next event of one incarnation.
  void Take(const ProxyEvent& event);

  size_t live() const { return live_.size(); }
  size_t links() const { return links_.size(); }

  // How many there were, by kind.
  uint64_t created() const { return created_; }
  uint64_t closed() const { return closed_; }
  uint64_t received() const { return received_; }
  uint64_t undeliverable() const { return undeliverable_; }
  uint64_t rejected() const { return rejected_; }
  uint64_t sent() const { return sent_; }

 private:
  struct Visitor;

  uint64_t last_sequence_ = 0;
  std::set<RemoteId> live_;
  std::set<std::pair<RemoteId, LocalId>> links_;
  uint64_t created_ = 0;
  uint64_t closed_ = 0;
  uint64_t received_ = 0;
  uint64_t undeliverable_ = 0;
  uint64_t rejected_ = 0;
  uint64_t sent_ = 0;
};

}  // namespace thespian::gateway

#endif  // TESTS_FUZZ_EVENT_LEDGER_H_
