#include "server/host/listeners.h"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "endpoint/socket/tcp_options.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr std::chrono::seconds kSweepEvery{1};

// Some of the process's descriptors are kept for other things than connections:
// pipes, sockets of watchers, files.
ConnectionTable::Limits Fitting(ConnectionTable::Limits limits) {
  constexpr size_t kKept = 256;
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  const size_t most = descriptors.rlim_cur;
  limits.total =
      std::min(limits.total, most > 2 * kKept ? most - kKept : most / 2);
  return limits;
}

}  // namespace

Listeners::Listeners(const ListenerOptions& options, spdlog::logger& log,
                     ConnectionStats& stats)
    : log_(log),
      stats_(stats),
      table_(Fitting(options.connections)),
      sockets_(loop_, options.files, [this](const std::error_code& error) {
        ++stats_.refused_descriptors;
        Log(error.message());
      }) {}

Listeners::~Listeners() { Stop(); }

absl::StatusOr<std::string> Listeners::Add(const std::string& address,
                                           Serve serve) {
  return sockets_.Add(address, [this, serve = std::move(serve)](UniqueFd fd) {
    Take(serve, std::move(fd));
  });
}

void Listeners::Start() {
  sockets_.Start();
  SweepLater();
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "accept");
    loop_.run();
  });
}

void Listeners::Stop() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
  sockets_.Close();
}

void Listeners::Take(const Serve& serve, UniqueFd fd) {
  const ConnectionTable::Limits& limits = table_.limits();
  const PeerIdentity peer = IdentityOf(fd.get());
  switch (table_.Admit(fd.get(), peer)) {
    case ConnectionTable::Verdict::kAdmitted:
      break;
    case ConnectionTable::Verdict::kTooMany:
      ++stats_.refused_total;
      return Log(
          fmt::format("there are {} connections, as many as "
                      "max-connections allows",
                      limits.total));
    case ConnectionTable::Verdict::kTooManyOfAddress:
      ++stats_.refused_address;
      return Log(
          fmt::format("{} has {} connections, as many as "
                      "max-connections-per-address allows",
                      peer.address, limits.per_address));
  }
  ++stats_.accepted;
  stats_.open = table_.size();
  SetTcpOptions(fd.get());
  if (serve(std::move(fd), peer)) return;
  ++stats_.refused_user;
  Log(
      fmt::format("{}: there have been connections of as many other users as "
                  "there may be",
                  Describe(peer)));
}

void Listeners::Log(std::string_view text) {
  const auto held_back = throttle_.Admit(std::chrono::steady_clock::now());
  if (!held_back.has_value()) return;
  log_.warn("connections are refused: {} ({} more since the last such line)",
            text, *held_back);
}

void Listeners::SweepLater() {
  sweep_timer_.expires_after(kSweepEvery);
  sweep_timer_.async_wait([this](const std::error_code& error) {
    if (error) return;
    table_.Sweep();
    stats_.open = table_.size();
    SweepLater();
  });
}

}  // namespace thespian::gateway
