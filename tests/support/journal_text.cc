#include "tests/support/journal_text.h"

#include <algorithm>
#include <variant>

#include "fmt/format.h"

namespace thespian::gateway {
namespace {

template <typename Id>
std::string TargetText(const std::variant<Id, std::string>& to) {
  if (const auto* name = std::get_if<std::string>(&to))
    return "'" + *name + "'";
  return std::to_string(std::get<Id>(to).value);
}

std::string_view CauseText(CloseCause cause) {
  switch (cause) {
    case CloseCause::kExit:
      return "exit";
    case CloseCause::kReleased:
      return "release";
    case CloseCause::kTransportClosed:
      return "transport";
  }
  return {};
}

struct BodyText {
  std::string operator()(const EndpointStateChanged& e) const {
    return fmt::format("state {}", StateName(e.state));
  }
  std::string operator()(const ProxyCreated& e) const {
    return fmt::format("created {}", e.remote.value);
  }
  std::string operator()(const ProxyClosed& e) const {
    return fmt::format("closed {} by {}: {}", e.remote.value,
                       CauseText(e.cause), e.reason);
  }
  std::string operator()(const MessageReceived& e) const {
    return fmt::format("received {} -> {}", e.from.value, TargetText(e.to));
  }
  std::string operator()(const MessageSent& e) const {
    return fmt::format("sent {} -> {}", e.from.value, TargetText(e.to));
  }
  std::string operator()(const LinkCreated& e) const {
    return fmt::format("linked {} and {} by {}", e.remote.value, e.local.value,
                       e.by_remote ? "remote" : "local");
  }
  std::string operator()(const LinkClosed& e) const {
    return fmt::format("unlinked {} and {}: {}", e.remote.value, e.local.value,
                       e.reason);
  }
  std::string operator()(const MessageUndeliverable& e) const {
    return fmt::format("undeliverable: {}: {}", std::visit(*this, e.message),
                       e.reason);
  }
  std::string operator()(const FrameRejected& e) const {
    return fmt::format("rejected {} bytes", e.size);
  }
  std::string operator()(const ProtocolWarning& e) const {
    return fmt::format("warning: {} ({})", e.text, e.hint);
  }
  std::string operator()(const StderrLine& e) const {
    return fmt::format("stderr {}", e.line);
  }
  std::string operator()(const SnapshotComplete& e) const {
    return fmt::format("snapshot of {}", e.proxies);
  }
  std::string operator()(const Gap& e) const {
    return fmt::format("gap {}-{}", e.first, e.last);
  }
};

}  // namespace

std::string EventText(const ProxyEvent& event) {
  return std::visit(BodyText(), event.body);
}

std::vector<std::string> EventTexts(const std::vector<ProxyEvent>& events) {
  std::vector<std::string> texts;
  for (const ProxyEvent& event : events) texts.push_back(EventText(event));
  return texts;
}

JournalReader::JournalReader(EventJournal& journal, EventKinds kinds)
    : journal_(journal), kinds_(kinds) {}

std::vector<ProxyEvent> JournalReader::Read() {
  std::vector<ProxyEvent> events;
  uint64_t before = 0;
  do {
    before = after_;
    if (!journal_.Read(kinds_, events.size() + 100, after_, events).ok()) break;
  } while (after_ > before);
  return events;
}

std::vector<std::string> JournalReader::AwaitEvent(const std::string& last) {
  std::vector<std::string> all;
  for (;;) {
    const int seen = wakes_->count.Get();
    for (std::string& text : ReadTexts()) all.push_back(std::move(text));
    if (std::find(all.begin(), all.end(), last) != all.end()) return all;
    journal_.Park(kinds_, after_, wakes_);
    if (!wakes_->count.Await([seen](int n) { return n > seen; })) return all;
  }
}

}  // namespace thespian::gateway
