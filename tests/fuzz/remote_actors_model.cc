// RemoteActors against a map of proxies and a set of links.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "endpoint/actors/remote_actors.h"
#include "endpoint/check.h"
#include "endpoint/wire/ids.h"
#include "tests/fuzz/actor_models.h"

namespace thespian::gateway {
namespace {

// Few enough that every choice of a victim looks at them all.
constexpr uint8_t kMostRemotes = 12;
constexpr uint8_t kMostLocals = 4;
constexpr size_t kAllPieces = std::numeric_limits<size_t>::max() / 2;

using LocalSet = std::set<LocalId>;
using RemoteSet = std::set<RemoteId>;

template <typename List>
auto SetOf(const List& list) {
  std::set<typename List::value_type> set(list.begin(), list.end());
  Check(set.size() == list.size(), "nobody is told twice");
  return set;
}

class RemoteActorsScript {
 public:
  explicit RemoteActorsScript(ByteScript& script) : script_(script) {}

  void Run() {
    while (!script_.empty()) {
      Step();
      Check(table_.live() == proxies_.size(), "every live proxy is counted");
    }
    CheckList();
    CloseAll();
    FinishPicture();
    table_.BeginPicture();
    Check(table_.ContinuePicture(kAllPieces)->proxies() == 0,
          "nothing is left");
  }

 private:
  struct Proxy {
    absl::Time created;
    absl::Time last;
    uint64_t received = 0;
    uint64_t sent = 0;
  };

  void Step();
  void NoteSpoke();
  void NoteSent();
  void Close();
  void CloseAll();
  void Link();
  void Forget();
  void AskForIdle();
  void PickVictim();
  void CheckList();
  void GoOnWithPicture();
  void FinishPicture();
  void CheckPicture(const ProxyPicture& picture);

  RemoteId AnyRemote() { return {1u + script_.UpTo(kMostRemotes - 1)}; }
  LocalId AnyLocal() { return {1u + script_.UpTo(kMostLocals - 1)}; }
  LocalSet LinkedTo(RemoteId remote) const;
  RemoteSet LinkedTo(LocalId local) const;
  void Unlink(RemoteId remote);

  ByteScript& script_;
  absl::Time now_ = absl::UnixEpoch();
  RemoteActors table_{/*piece_places=*/2};
  std::map<RemoteId, Proxy> proxies_;
  // Those that lived when the picture was begun that is being taken.
  std::optional<std::map<RemoteId, absl::Time>> pictured_;
  std::shared_ptr<const ProxyPicture> kept_;  // of whatever moment
  std::set<std::pair<RemoteId, LocalId>> links_;
  LocalSet seen_;
};

void RemoteActorsScript::Step() {
  now_ += absl::Seconds(1);
  switch (script_.UpTo(9)) {
    case 0:
    case 1:
      return NoteSpoke();
    case 2:
      return NoteSent();
    case 3:
      return Close();
    case 4:
    case 5:
      return Link();
    case 6:
      return Forget();
    case 7:
      return AskForIdle();
    case 8:
      return PickVictim();
    default:
      // Rare, for it empties the table.
      return script_.UpTo(7) == 7 ? CloseAll() : GoOnWithPicture();
  }
}

void RemoteActorsScript::NoteSpoke() {
  const RemoteId remote = AnyRemote();
  const bool message = script_.Coin();
  const bool is_new = table_.NoteSpoke(remote, message, now_);
  Check(is_new == !proxies_.contains(remote), "the first word makes a proxy");
  Proxy& proxy = proxies_.try_emplace(remote, Proxy{now_}).first->second;
  proxy.last = now_;
  proxy.received += message ? 1 : 0;
}

void RemoteActorsScript::NoteSent() {
  const RemoteId remote = AnyRemote();
  const auto proxy = proxies_.find(remote);
  const bool live = proxy != proxies_.end();
  Check(table_.IsLive(remote) == live, "one sends to live ones only");
  table_.NoteSent({remote}, now_);
  if (!live) return;
  proxy->second.last = now_;
  ++proxy->second.sent;
}

void RemoteActorsScript::Close() {
  const RemoteId remote = AnyRemote();
  const RemoteActors::Closed closed = table_.Close(remote);
  Check(closed.was_live == (proxies_.erase(remote) > 0), "one end for each");
  Check(SetOf(closed.linked) == LinkedTo(remote), "the linked are told");
  Unlink(remote);
}

void RemoteActorsScript::CloseAll() {
  for (const RemoteActors::ClosedProxy& closed : table_.CloseAll()) {
    Check(proxies_.erase(closed.id) > 0, "one end for each");
    Check(SetOf(closed.linked) == LinkedTo(closed.id), "the linked are told");
    Unlink(closed.id);
  }
  Check(proxies_.empty() && table_.live() == 0, "all are closed");
}

void RemoteActorsScript::Link() {
  const RemoteId remote = AnyRemote();
  const LocalId local = AnyLocal();
  const bool is_linked = links_.contains({remote, local});
  Check(table_.IsLinked(remote, local) == is_linked, "links are known");
  const bool live = proxies_.contains(remote);
  Check(table_.IsLive(remote) == live, "live ones are known");
  const auto expected = !live       ? RemoteActors::Linked::kGone
                        : is_linked ? RemoteActors::Linked::kAlready
                                    : RemoteActors::Linked::kNew;
  Check(table_.Link(remote, local) == expected, "one link to each live one");
  if (!live) return;
  links_.insert({remote, local});
  seen_.insert(local);
}

void RemoteActorsScript::Forget() {
  const LocalId local = AnyLocal();
  if (script_.Coin()) {
    table_.NoteSeen(local);
    seen_.insert(local);
  }
  const RemoteActors::EndedLocal ended = table_.EndLocal(local);
  Check(ended.seen == (seen_.erase(local) > 0), "who was seen is told");
  Check(SetOf(ended.linked) == LinkedTo(local), "its links are told");
  std::erase_if(links_, [local](const auto& l) { return l.second == local; });
}

void RemoteActorsScript::AskForIdle() {
  const absl::Time since = now_ - absl::Seconds(script_.UpTo(20));
  const size_t most = script_.UpTo(kMostRemotes);
  RemoteSet idle;
  for (const auto& [id, proxy] : proxies_) {
    if (proxy.last < since && LinkedTo(id).empty()) idle.insert(id);
  }
  const RemoteSet got = SetOf(table_.IdleSince(since, most));
  Check(got.size() == std::min(most, idle.size()), "as many as are idle");
  Check(std::includes(idle.begin(), idle.end(), got.begin(), got.end()),
        "only idle ones are named");
}

void RemoteActorsScript::PickVictim() {
  if (proxies_.size() < 2) return;
  const RemoteId except = AnyRemote();
  const auto worth = [this](RemoteId id) {
    return std::pair(!LinkedTo(id).empty(), proxies_.at(id).last);
  };
  const RemoteId victim = table_.PickVictim(except);
  Check(proxies_.contains(victim) && victim != except, "a victim is another");
  for (const auto& [id, proxy] : proxies_) {
    Check(id == except || worth(victim) <= worth(id),
          "the victim is the one that is missed least");
  }
}

void RemoteActorsScript::CheckList() {
  RemoteSet listed;
  std::vector<ProxyRow> rows;
  uint64_t place = 0;
  bool more = true;
  while (more) {
    rows.clear();
    more = table_.List(/*most=*/3, place, rows);
    Check(rows.size() == 3 || !more, "pages are full but for the last");
    for (const ProxyRow& row : rows) {
      Check(listed.insert(row.id).second && proxies_.contains(row.id),
            "each live proxy is listed once");
      const Proxy& proxy = proxies_.at(row.id);
      Check(row.created == proxy.created && row.received == proxy.received &&
                row.sent == proxy.sent && row.links == LinkedTo(row.id).size(),
            "a row has the proxy's figures");
    }
  }
  Check(listed.size() == proxies_.size(), "every live proxy is listed");
}

void RemoteActorsScript::GoOnWithPicture() {
  CheckList();
  if (!pictured_.has_value()) {
    pictured_.emplace();
    for (const auto& [id, proxy] : proxies_) {
      pictured_->emplace(id, proxy.created);
    }
    table_.BeginPicture();
  }
  const auto picture = table_.ContinuePicture(script_.UpTo(2));
  if (picture == nullptr) return;
  CheckPicture(*picture);
  if (script_.Coin()) kept_ = picture;
}

void RemoteActorsScript::FinishPicture() {
  if (pictured_.has_value()) CheckPicture(*table_.ContinuePicture(kAllPieces));
}

void RemoteActorsScript::CheckPicture(const ProxyPicture& picture) {
  Check(picture.proxies() == pictured_->size(), "a picture has them all");
  for (const auto& piece : picture.pieces) {
    for (const LiveProxy& proxy : *piece) {
      const auto it = pictured_->find(proxy.id);
      Check(it != pictured_->end() &&
                it->second == absl::FromUnixNanos(proxy.created_ns),
            "a picture has those that lived when it was begun");
    }
  }
  pictured_.reset();
}

LocalSet RemoteActorsScript::LinkedTo(RemoteId remote) const {
  LocalSet linked;
  for (const auto& [r, l] : links_) {
    if (r == remote) linked.insert(l);
  }
  return linked;
}

RemoteSet RemoteActorsScript::LinkedTo(LocalId local) const {
  RemoteSet linked;
  for (const auto& [r, l] : links_) {
    if (l == local) linked.insert(r);
  }
  return linked;
}

void RemoteActorsScript::Unlink(RemoteId remote) {
  std::erase_if(links_, [remote](const auto& l) { return l.first == remote; });
}

}  // namespace

void TryRemoteActors(ByteScript& script) { RemoteActorsScript(script).Run(); }

}  // namespace thespian::gateway
