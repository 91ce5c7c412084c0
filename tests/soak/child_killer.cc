#include "tests/soak/child_killer.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <random>

#include "absl/status/statusor.h"
#include "endpoint/process/unique_fd.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "tests/soak/pause.h"
#include "tests/support/process_view.h"

namespace thespian::gateway::soak {
namespace {

constexpr double kMeanSeconds = 2;

}  // namespace

ChildKiller::ChildKiller(client::Client& client, pid_t gateway, uint32_t seed,
                         Tally& tally)
    : client_(client), gateway_(gateway), tally_(tally) {
  thread_ = std::jthread(
      [this, seed](const std::stop_token& stop) { Run(stop, seed); });
}

void ChildKiller::Run(const std::stop_token& stop, uint32_t seed) {
  std::mt19937 random(seed);
  std::exponential_distribution<double> seconds(1 / kMeanSeconds);
  while (Pause(stop, std::chrono::duration_cast<std::chrono::nanoseconds>(
                         std::chrono::duration<double>(seconds(random))))) {
    KillOne();
  }
}

void ChildKiller::KillOne() {
  const absl::StatusOr<v1::Endpoint> endpoint = client_.GetEndpoint("");
  if (!endpoint.ok()) {
    return tally_.NoteFault(
        fmt::format("GetEndpoint: {}", MessageOf(endpoint.status())));
  }
  const auto pid = static_cast<pid_t>(endpoint->pid());
  if (pid == 0) return;
  const UniqueFd pidfd(
      static_cast<int>(syscall(SYS_pidfd_open, pid, /*flags=*/0)));
  // What the descriptor names is the gateway's child, or gone.
  if (pidfd.get() < 0 || ParentOf(pid) != gateway_) return;
  if (syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0) == 0) {
    tally_.NoteKill();
  }
}

}  // namespace thespian::gateway::soak
