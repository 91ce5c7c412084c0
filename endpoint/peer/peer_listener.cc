#include "endpoint/peer/peer_listener.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "endpoint/peer/dialler.h"
#include "endpoint/socket/address.h"
#include "endpoint/socket/tcp_options.h"
#include "fmt/format.h"

namespace thespian::gateway {
std::optional<uid_t> FindUser(const std::string& text) {
  uid_t number = 0;
  if (absl::SimpleAtoi(text, &number)) return number;
  std::array<char, 16'384> buffer;
  passwd entry{};
  passwd* found = nullptr;
  getpwnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? std::optional(found->pw_uid) : std::nullopt;
}

absl::Status CheckPeerAddress(const std::string& address, bool insecure_peers) {
  const absl::StatusOr<Address> parsed = ParseAddress(address);
  if (!parsed.ok()) return parsed.status();
  const auto places = PlacesOf(*parsed);  // it has some
  if (!places.ok()) return places.status();
  if (insecure_peers || IsLocal(*parsed)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("'{}' is not an address of this machine alone: peers are not "
                  "authenticated, and what they say is not encrypted; "
                  "insecure-peers allows that",
                  address));
}

PeerListener::PeerListener(asio::io_context& loop, PeerListenerOptions options,
                           spdlog::logger& log, Take take)
    : options_(std::move(options)),
      log_(log),
      take_(std::move(take)),
      places_(std::make_shared<std::atomic<size_t>>(0)),
      sockets_(loop, options_.files, [this](const std::error_code& error) {
        LogRefusal(error.message());
      }) {}

absl::StatusOr<std::string> PeerListener::Listen() {
  absl::Status status =
      CheckPeerAddress(options_.address, options_.insecure_peers);
  if (status.ok()) status = FindUsers();
  if (!status.ok()) return status;
  return sockets_.Add(options_.address,
                      [this](UniqueFd fd) { Admit(std::move(fd)); });
}

absl::Status PeerListener::FindUsers() {
  for (const std::string& user : options_.users) {
    const std::optional<uid_t> uid = FindUser(user);
    if (!uid.has_value()) {
      return absl::InvalidArgumentError(
          fmt::format("there is no user '{}'", user));
    }
    users_.push_back(*uid);
  }
  if (users_.empty()) users_.push_back(geteuid());
  return absl::OkStatus();
}

void PeerListener::Admit(UniqueFd fd) {
  const PeerIdentity peer = IdentityOf(fd.get());
  if (!IsAllowed(peer)) {
    return LogRefusal(
        fmt::format("{} is not among accept-users", Describe(peer)));
  }
  std::shared_ptr<const void> place = TakePlace();
  if (place == nullptr) {
    return LogRefusal(fmt::format(
        "there are {}, as many as accept-limit allows", options_.limit));
  }
  SetTcpOptions(fd.get());
  take_({.fd = std::move(fd),
         .description = Describe(peer),
         .place = std::move(place)});
}

bool PeerListener::IsAllowed(const PeerIdentity& peer) const {
  if (!peer.address.empty()) return true;  // TCP tells nothing of users
  return peer.uid.has_value() &&
         std::find(users_.begin(), users_.end(), *peer.uid) != users_.end();
}

std::shared_ptr<const void> PeerListener::TakePlace() {
  // They are taken on the loop alone: nobody takes one meanwhile.
  if (places_->load() >= options_.limit) return nullptr;
  ++*places_;
  return {static_cast<const void*>(places_.get()),
          [places = places_](const void*) { --*places; }};
}

void PeerListener::LogRefusal(std::string_view why) {
  const auto held_back = throttle_.Admit(std::chrono::steady_clock::now());
  if (!held_back.has_value()) return;
  log_.warn(
      "endpoint {}: a peer is refused: {} ({} more since the last such "
      "line)",
      options_.name, why, *held_back);
}

}  // namespace thespian::gateway
