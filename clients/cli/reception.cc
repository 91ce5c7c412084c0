#include "clients/cli/reception.h"

#include <poll.h>

#include <array>
#include <memory>

#include "clients/cli/actor_text.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {

absl::Status Reception::Listen(client::Client& client) {
  const auto listener = client.Listen({.name = options_.actor_name}, *this);
  WaitUntilOver();
  listener->Cancel();
  const absl::Status final = listener->Wait();
  MutexLock lock(mutex_);
  return stopped_ || Enough(news_) ? absl::OkStatus() : final;
}

absl::Status Reception::Link(client::Client& client) {
  const auto actor = client.Attach({.name = options_.actor_name}, *this);
  // If the stream has ended already, its status says why.
  actor
      ->Link({.endpoint = options_.endpoint,
              .id = {options_.to_id},
              .incarnation = {options_.incarnation}},
             /*command_id=*/1)
      .IgnoreError();
  WaitUntilOver();
  absl::Status final = actor->Close(options_.timeout);
  MutexLock lock(mutex_);
  if (news_.exited) return absl::OkStatus();
  if (!news_.failure.ok()) return news_.failure;
  if (!final.ok()) return final;
  return absl::CancelledError(
      fmt::format("stopped before {} has ended", options_.to_id));
}

void Reception::WaitUntilOver() {
  while (!Over()) {
    std::array<pollfd, 2> fds = {{
        {.fd = wakeup_.fd(), .events = POLLIN, .revents = 0},
        {.fd = stop_fd_, .events = POLLIN, .revents = 0},
    }};
    if (poll(fds.data(), fds.size(), /*timeout=*/-1) <= 0) continue;
    if (fds[0].revents != 0) wakeup_.Clear();
    stopped_ = fds[1].revents != 0;
  }
}

bool Reception::Over() {
  MutexLock lock(mutex_);
  return stopped_ || news_.done || news_.exited || !news_.failure.ok() ||
         Enough(news_);
}

bool Reception::Enough(const News& news) const {
  return options_.count.has_value() && news.delivered >= *options_.count;
}

void Reception::OnOpened(LocalId id, const std::string& /*token*/) {
  const std::string_view verb =
      options_.command == Command::kListen ? "listening" : "attached";
  PrintLine(streams_.notes,
            NoteLine(fmt::format("{} as actor {}", verb, id.value)));
}

void Reception::OnDelivery(const v1::ActorEvent::Delivery& delivery) {
  {
    MutexLock lock(mutex_);
    if (Enough(news_)) return;
    ++news_.delivered;
  }
  PrintLine(streams_.output, DeliveryLine(delivery));
  wakeup_.Wake();
}

void Reception::OnExited(const v1::ActorEvent::Exited& exited) {
  PrintLine(streams_.output, ExitedLine(exited));
  {
    MutexLock lock(mutex_);
    news_.exited = exited.remote_id() == options_.to_id;
  }
  wakeup_.Wake();
}

void Reception::OnCommandResult(uint64_t /*command_id*/,
                                const absl::Status& status) {
  if (status.ok()) {
    return PrintLine(streams_.notes,
                     NoteLine(fmt::format("linked to {}", options_.to_id)));
  }
  {
    MutexLock lock(mutex_);
    news_.failure = status;
  }
  wakeup_.Wake();
}

void Reception::OnEndpointChanged(
    const v1::ActorEvent::EndpointChanged& changed) {
  PrintLine(streams_.notes, ChangedLine(changed));
}

void Reception::OnClosing(const std::string& reason) {
  PrintLine(streams_.notes, ClosingLine(reason));
}

void Reception::OnDone(const absl::Status& /*status*/) {
  {
    MutexLock lock(mutex_);
    news_.done = true;
  }
  wakeup_.Wake();
}

}  // namespace thespian::gateway::cli
