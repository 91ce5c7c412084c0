#include "tests/fuzz/event_ledger.h"

#include <algorithm>
#include <variant>

#include "endpoint/check.h"

namespace thespian::gateway {

struct EventLedger::Visitor {
  EventLedger& ledger;

  void operator()(const ProxyCreated& e) const {
    Check(ledger.live_.insert(e.remote).second, "a proxy is created once");
    ++ledger.created_;
  }
  void operator()(const ProxyClosed& e) const {
    Check(ledger.live_.erase(e.remote) > 0, "a proxy is closed once");
    Check(std::none_of(ledger.links_.begin(), ledger.links_.end(),
                       [&e](const auto& l) { return l.first == e.remote; }),
          "a proxy's links end before it");
    ++ledger.closed_;
  }
  void operator()(const MessageReceived& e) const {
    CheckSpeaks(e.from);
    ++ledger.received_;
  }
  void operator()(const MessageUndeliverable& e) const {
    CheckSpeaks(std::get<MessageReceived>(e.message).from);
    ++ledger.undeliverable_;
  }
  void operator()(const LinkCreated& e) const {
    Check(ledger.live_.contains(e.remote), "only a live proxy is linked");
    Check(ledger.links_.insert({e.remote, e.local}).second,
          "a link is created once");
  }
  void operator()(const LinkClosed& e) const {
    Check(ledger.links_.erase({e.remote, e.local}) > 0,
          "a link is closed once");
  }
  void operator()(const MessageSent&) const { ++ledger.sent_; }
  void operator()(const FrameRejected&) const { ++ledger.rejected_; }
  void operator()(const ProtocolWarning&) const {}
  template <typename Other>
  void operator()(const Other&) const {
    Check(false, "the dispatcher tells of no such thing");
  }

  void CheckSpeaks(RemoteId from) const {
    Check(from.value == 0 || ledger.live_.contains(from),
          "only a live proxy speaks");
  }
};

void EventLedger::Take(const ProxyEvent& event) {
  Check(event.sequence > last_sequence_, "sequences rise");
  last_sequence_ = event.sequence;
  std::visit(Visitor{*this}, event.body);
}

}  // namespace thespian::gateway
