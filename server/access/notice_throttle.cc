#include "server/access/notice_throttle.h"

#include <arpa/inet.h>

#include <array>
#include <utility>

#include "absl/strings/str_replace.h"

namespace thespian::gateway {
namespace {

constexpr char kTheRest[] = "others";

// "[2001:db8::1%eth0]" as its network: "2001:db8::". Nothing: it is none.
std::optional<std::string> NetworkOf(std::string host) {
  if (host.starts_with('[')) host.erase(0, 1);
  if (host.ends_with(']')) host.pop_back();
  host.resize(std::min(host.size(), host.find('%')));
  in6_addr address;
  if (inet_pton(AF_INET6, host.c_str(), &address) != 1) return std::nullopt;
  for (size_t i = 8; i < 16; ++i) address.s6_addr[i] = 0;
  std::array<char, INET6_ADDRSTRLEN> text;
  return inet_ntop(AF_INET6, &address, text.data(), text.size());
}

}  // namespace

std::string PeerHost(std::string_view peer) {
  if (peer.starts_with("ipv4:")) {
    return std::string(peer.substr(0, peer.rfind(':')));
  }
  if (!peer.starts_with("ipv6:")) return std::string(peer.substr(0, 128));
  const std::string written = absl::StrReplaceAll(std::string(peer.substr(5)),
                                                  {{"%5B", "["}, {"%5D", "]"}});
  const auto network = NetworkOf(written.substr(0, written.rfind(':')));
  return "ipv6:" + network.value_or("?");
}

std::optional<uint64_t> NoticeThrottle::Count(std::string key, TimePoint now) {
  MutexLock lock(mutex_);
  ++total_;
  Row& row = RowOf(std::move(key), now);
  if (row.bucket.Take(1, now)) return std::exchange(row.held_back, 0);
  ++row.held_back;
  return std::nullopt;
}

// Those that have been quiet for a while go. Looked for once a second at most.
void NoticeThrottle::MakeRoom(TimePoint now) {
  if (now < made_room_ + std::chrono::seconds(1)) return;
  made_room_ = now;
  absl::erase_if(rows_, [now](auto& entry) {
    return entry.second.held_back == 0 && entry.second.bucket.IsFull(now);
  });
}

NoticeThrottle::Row& NoticeThrottle::RowOf(std::string key, TimePoint now) {
  if (rows_.size() >= kMostKeys && !rows_.contains(key)) {
    MakeRoom(now);
    if (rows_.size() >= kMostKeys) key = kTheRest;
  }
  return rows_.try_emplace(std::move(key), Row{.bucket = {kRate, kBurst, now}})
      .first->second;
}

uint64_t NoticeThrottle::total() const {
  MutexLock lock(mutex_);
  return total_;
}

size_t NoticeThrottle::keys() const {
  MutexLock lock(mutex_);
  return rows_.size();
}

}  // namespace thespian::gateway
