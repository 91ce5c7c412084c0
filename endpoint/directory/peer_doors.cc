#include "endpoint/directory/peer_doors.h"

#include <utility>
#include <vector>

#include "endpoint/error.h"
#include "endpoint/gateway.h"
#include "endpoint/loop/outcome.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "spdlog/logger.h"

namespace thespian::gateway {
namespace {

// As the directory has them, by rising numbers.
std::string FirstFreeName(const Pool& pool,
                          const std::vector<EndpointHandle>& members) {
  size_t number = 0;
  for (const EndpointHandle& member : members) {
    if (member->name() != pool.MemberName(number)) break;
    ++number;
  }
  return pool.MemberName(number);
}

}  // namespace

PeerDoors::PeerDoors(Gateway& gateway, spdlog::logger& log)
    : gateway_(gateway), log_(log) {}

PeerDoors::~PeerDoors() { CloseAll(); }

absl::Status PeerDoors::OpenAll() {
  for (const std::shared_ptr<Pool>& pool : gateway_.directory().Pools()) {
    if (pool->options().accept.empty() || doors_.contains(pool->name())) {
      continue;
    }
    absl::Status status = Open(*pool);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status PeerDoors::Open(const Pool& pool) {
  const PoolOptions& options = pool.options();
  auto listener = std::make_unique<PeerListener>(
      loop_.context(),
      PeerListenerOptions{.name = pool.name(),
                          .address = options.accept,
                          .users = options.accept_users,
                          .limit = options.accept_limit,
                          .insecure_peers = options.member.insecure_peers},
      log_, [this, name = pool.name()](AcceptedPeer peer) {
        Admit(name, std::move(peer));
      });
  const absl::StatusOr<std::string> address = listener->Listen();
  if (!address.ok()) {
    return MakeError(ErrorReason::kEndpointFailed,
                     fmt::format("endpoint '{}': {}", pool.name(),
                                 MessageOf(address.status())));
  }
  log_.info("endpoint {}: peers may dial in at {}", pool.name(), *address);
  if (!loop_.started()) loop_.Start();
  loop_.Post([&started = *listener] { started.Start(); });
  doors_[pool.name()] = std::move(listener);
  return absl::OkStatus();
}

void PeerDoors::Admit(const std::string& name, AcceptedPeer peer) {
  const std::shared_ptr<Pool> pool = gateway_.directory().FindPool(name);
  if (pool == nullptr || gateway_.stopping()) return;
  const EndpointHandle member = gateway_.MakeMember(
      *pool, FirstFreeName(*pool, gateway_.directory().MembersOf(pool->name())),
      std::move(peer));
  gateway_.directory().Put(pool->name(), member);
  member->BeginStart([](const absl::Status&) {});
}

void PeerDoors::NoteOver(const std::string& name) {
  loop_.Post([this, name] {
    const auto found = gateway_.directory().Serving(name);
    if (!found.ok()) return;
    for (const EndpointHandle& member : *found) {
      if (IsOver(member->state())) gateway_.directory().Retire(member);
    }
  });
}

void PeerDoors::Close(const std::string& pool) {
  const auto found = doors_.find(pool);
  if (found == doors_.end()) return;
  const auto closed = std::make_shared<Outcome>();
  loop_.Post([closed, &listener = found->second] {
    listener->Close();
    listener = nullptr;
    closed->Set({});
  });
  closed->Wait().IgnoreError();
  doors_.erase(found);
}

void PeerDoors::CloseAll() {
  while (!doors_.empty()) Close(doors_.begin()->first);
  if (!loop_.started()) return;
  loop_.LetEnd();
  loop_.Join();
}

}  // namespace thespian::gateway
