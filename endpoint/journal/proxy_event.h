// The events of which the gateway keeps a journal: one struct a kind, as
// values that own what they hold.
#ifndef ENDPOINT_JOURNAL_PROXY_EVENT_H_
#define ENDPOINT_JOURNAL_PROXY_EVENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <variant>

#include "absl/time/time.h"
#include "endpoint/endpoint_state.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

struct EndpointStateChanged {
  EndpointState state = EndpointState::kStarting;
  int64_t pid = 0;
  std::string reason;
  std::shared_ptr<const ChildExit> exit;  // null: no child has ended yet
};

struct ProxyCreated {
  RemoteId remote;
};

enum class CloseCause { kExit, kReleased, kTransportClosed };

struct ProxyClosed {
  RemoteId remote;
  std::string reason;
  CloseCause cause = CloseCause::kExit;
};

// From a remote to a local actor, given by id or by name.
struct MessageReceived {
  RemoteId from;
  std::variant<LocalId, std::string> to;
  uint64_t size = 0;    // of the payload
  std::string payload;  // its beginning, if anyone asked for it
};

// From a local to a remote actor, given by id or by name.
struct MessageSent {
  LocalId from;
  std::variant<RemoteId, std::string> to;
  uint64_t size = 0;
  std::string payload;
};

struct LinkCreated {
  RemoteId remote;
  LocalId local;
  bool by_remote = false;
};

struct LinkClosed {
  RemoteId remote;
  LocalId local;
  std::string reason;
};

struct MessageUndeliverable {
  std::variant<MessageReceived, MessageSent> message;
  std::string reason;
};

struct FrameRejected {
  uint64_t size = 0;  // of the content
  std::string reason;
};

// The child keeps to the protocol, but probably not to what its endpoint was
// told of it. Once a run for each `text`.
struct ProtocolWarning {
  std::string text;
  std::string hint;  // the option that would help
};

struct StderrLine {
  std::string line;
  bool truncated = false;
};

// Not in the journal; made for one watcher.
struct SnapshotComplete {
  uint64_t proxies = 0;
};

// Not in the journal; made for one watcher.
struct Gap {
  uint64_t first = 0;
  uint64_t last = 0;
};

using ProxyEventBody =
    std::variant<EndpointStateChanged, ProxyCreated, ProxyClosed,
                 MessageReceived, MessageSent, LinkCreated, LinkClosed,
                 MessageUndeliverable, FrameRejected, StderrLine,
                 SnapshotComplete, Gap, ProtocolWarning>;

struct ProxyEvent {
  uint64_t sequence = 0;            // given by the journal
  absl::Time time;                  // given by the journal
  EndpointName endpoint = nullptr;  // null: of no endpoint
  Incarnation incarnation;
  ProxyEventBody body;
};

// The kinds are the alternatives of ProxyEventBody, in their order; a set of
// them is a bit each.
using EventKinds = uint32_t;
template <typename Body, typename... Bodies>
constexpr size_t IndexAmong(const std::variant<Bodies...>*) {
  size_t index = 0;
  (void)((std::is_same_v<Body, Bodies> || (++index, false)) || ...);
  return index;
}
template <typename Body>
constexpr EventKinds KindOf() {
  constexpr const ProxyEventBody* kBodies = nullptr;
  return EventKinds{1} << IndexAmong<Body>(kBodies);
}
inline EventKinds KindOf(const ProxyEvent& event) {
  return EventKinds{1} << event.body.index();
}
inline constexpr EventKinds kAllKinds = ~EventKinds{0};

// Those of which a slow watcher may miss some. Every other kind tells of a
// life that begins or ends.
inline constexpr EventKinds kMessageKinds =
    KindOf<MessageReceived>() | KindOf<MessageSent>() |
    KindOf<MessageUndeliverable>() | KindOf<FrameRejected>() |
    KindOf<StderrLine>();

}  // namespace thespian::gateway

#endif  // ENDPOINT_JOURNAL_PROXY_EVENT_H_
