#include "clients/cli/attach_session.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "clients/cli/actor_text.h"
#include "clients/cli/exit_code.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

constexpr absl::Duration kPipeLinger = absl::Seconds(1);

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace

AttachSession::AttachSession(const Options& options, const Streams& streams,
                             int stop_fd, size_t max_queued_bytes)
    : options_(options),
      streams_(streams),
      stop_fd_(stop_fd),
      max_queued_bytes_(max_queued_bytes),
      reader_(streams.input) {}

absl::Status AttachSession::Run(client::Client& client) {
  actor_ = client.Attach(
      {.name = options_.actor_name, .max_queued_bytes = max_queued_bytes_},
      *this);
  while (true) {
    SendLines();
    if (Over()) break;
    Wait();
  }
  return Result(actor_->Close(options_.timeout));
}

void AttachSession::SendLines() {
  while (!leaving_ && (line_waits_ || reader_.Next(line_))) {
    if (!line_waits_) ++line_number_;
    line_waits_ = !SendOneLine();
    if (line_waits_) return;
  }
  const bool ended = reader_.at_end() && !leave_at_.has_value();
  if (ended) leave_at_ = std::chrono::steady_clock::now() + Linger();
}

// False if there is no room for what the line asks.
bool AttachSession::SendOneLine() {
  absl::StatusOr<AttachLine> line = ParseAttachLine(line_);
  if (!line.ok()) {
    Fail(line_number_, line.status());
    return true;
  }
  const absl::Status status = Execute(*line);
  if (absl::IsResourceExhausted(status)) return false;
  // The stream has ended, and its status is told soon.
  leaving_ = leaving_ || !status.ok();
  MutexLock lock(mutex_);
  news_.failure.Update(status);
  return true;
}

absl::Status AttachSession::Execute(const AttachLine& line) {
  const std::string& endpoint = options_.endpoint;
  return std::visit(
      Overloaded{
          [](const EmptyLine&) { return absl::OkStatus(); },
          [&](const SendLine& send) {
            return actor_->Send({.endpoint = endpoint, .id = send.to},
                                send.payload, line_number_);
          },
          [&](const SendNamedLine& send) {
            return actor_->SendNamed({.endpoint = endpoint, .name = send.name},
                                     send.payload, line_number_);
          },
          [&](const LinkLine& link) {
            return actor_->Link({.endpoint = endpoint, .id = link.to},
                                line_number_);
          },
          [&](const QuitLine&) {
            leaving_ = true;
            return absl::OkStatus();
          },
          [&](const HelpLine&) {
            PrintLine(streams_.notes, std::string(AttachHelp()));
            return absl::OkStatus();
          },
      },
      line);
}

bool AttachSession::Over() {
  MutexLock lock(mutex_);
  if (leaving_ || news_.done) return true;
  if (options_.count.has_value() && news_.delivered >= *options_.count) {
    return true;
  }
  return leave_at_.has_value() &&
         std::chrono::steady_clock::now() >= *leave_at_;
}

void AttachSession::Wait() {
  const bool reading = !reader_.at_end() && !line_waits_;
  std::array<pollfd, 3> fds = {{
      {.fd = wakeup_.fd(), .events = POLLIN, .revents = 0},
      {.fd = stop_fd_, .events = POLLIN, .revents = 0},
      {.fd = reading ? streams_.input : -1, .events = POLLIN, .revents = 0},
  }};
  if (poll(fds.data(), fds.size(), PollTimeout()) <= 0) return;
  if (fds[0].revents != 0) wakeup_.Clear();
  if (fds[1].revents != 0) leaving_ = true;
  if (fds[2].revents != 0) ReadInput();
}

// Milliseconds, rounded up; -1: until something happens.
int AttachSession::PollTimeout() const {
  if (!leave_at_.has_value()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      *leave_at_ - std::chrono::steady_clock::now());
  return static_cast<int>(
      std::clamp<int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
}

void AttachSession::ReadInput() {
  const absl::Status status = reader_.Fill();
  if (status.ok()) return;
  Fail(line_number_ + 1, status);
  leaving_ = true;
}

std::chrono::nanoseconds AttachSession::Linger() const {
  absl::Duration linger =
      streams_.terminal ? absl::ZeroDuration() : kPipeLinger;
  if (options_.count.has_value()) linger = options_.timeout;
  return absl::ToChronoNanoseconds(options_.linger.value_or(linger));
}

absl::Status AttachSession::Result(const absl::Status& final) {
  if (!final.ok()) return final;
  MutexLock lock(mutex_);
  if (!news_.failure.ok()) return news_.failure;
  if (leaving_ || news_.delivered >= options_.count.value_or(0)) {
    return absl::OkStatus();
  }
  return absl::DeadlineExceededError(fmt::format(
      "{} of {} messages have come", news_.delivered, *options_.count));
}

void AttachSession::Fail(uint64_t line, const absl::Status& status) {
  PrintLine(streams_.notes,
            fmt::format("!! line {}: {}", line,
                        Explain(status, {.address = options_.address})));
  // A person has seen it and may type it again.
  if (streams_.terminal) return;
  MutexLock lock(mutex_);
  news_.failure.Update(status);
}

void AttachSession::OnOpened(LocalId id, const std::string& /*token*/) {
  PrintLine(streams_.notes,
            NoteLine(fmt::format(
                "attached as actor {}{}", id.value,
                streams_.terminal ? "; /help shows what to type" : "")));
}

void AttachSession::OnDelivery(const v1::ActorEvent::Delivery& delivery) {
  bool last = false;
  {
    MutexLock lock(mutex_);
    if (options_.count.has_value() && news_.delivered >= *options_.count) {
      return;
    }
    last = ++news_.delivered == options_.count;
  }
  PrintLine(streams_.output, DeliveryLine(delivery));
  if (last) wakeup_.Wake();
}

void AttachSession::OnExited(const v1::ActorEvent::Exited& exited) {
  PrintLine(streams_.output, ExitedLine(exited));
}

void AttachSession::OnCommandResult(uint64_t command_id,
                                    const absl::Status& status) {
  if (!status.ok()) Fail(command_id, status);
}

void AttachSession::OnEndpointChanged(
    const v1::ActorEvent::EndpointChanged& changed) {
  PrintLine(streams_.notes, ChangedLine(changed));
}

void AttachSession::OnClosing(const std::string& reason) {
  PrintLine(streams_.notes, ClosingLine(reason));
}

// The line that waits is tried again whenever the loop wakes.
void AttachSession::OnRoom() { wakeup_.Wake(); }

void AttachSession::OnDone(const absl::Status& /*status*/) {
  {
    MutexLock lock(mutex_);
    news_.done = true;
  }
  wakeup_.Wake();
}

}  // namespace thespian::gateway::cli
