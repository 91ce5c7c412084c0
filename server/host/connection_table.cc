#include "server/host/connection_table.h"

#include <sys/stat.h>

#include <utility>
#include <vector>

namespace thespian::gateway {
namespace {

// 0: the descriptor is closed.
ino_t InodeOf(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

ConnectionTable::Verdict ConnectionTable::Admit(int fd, PeerIdentity peer) {
  Forget(fd);  // the number is free again, so its connection had ended
  Verdict verdict = Judge(peer);
  if (verdict != Verdict::kAdmitted) {
    Sweep();
    verdict = Judge(peer);
  }
  if (verdict != Verdict::kAdmitted) return verdict;
  if (!peer.address.empty()) ++by_address_[peer.address];
  rows_[fd] = {.inode = InodeOf(fd), .peer = std::move(peer)};
  return Verdict::kAdmitted;
}

ConnectionTable::Verdict ConnectionTable::Judge(
    const PeerIdentity& peer) const {
  if (rows_.size() >= limits_.total) return Verdict::kTooMany;
  const auto of_address = by_address_.find(peer.address);
  const bool limited = limits_.per_address > 0 && !peer.address.empty();
  return limited && of_address != by_address_.end() &&
                 of_address->second >= limits_.per_address
             ? Verdict::kTooManyOfAddress
             : Verdict::kAdmitted;
}

void ConnectionTable::Sweep() {
  std::vector<int> ended;
  for (const auto& [fd, row] : rows_) {
    if (InodeOf(fd) != row.inode) ended.push_back(fd);
  }
  for (const int fd : ended) Forget(fd);
}

void ConnectionTable::Forget(int fd) {
  const auto it = rows_.find(fd);
  if (it == rows_.end()) return;
  const std::string& address = it->second.peer.address;
  const auto count = by_address_.find(address);
  if (count != by_address_.end() && --count->second == 0) {
    by_address_.erase(count);
  }
  rows_.erase(it);
}

}  // namespace thespian::gateway
