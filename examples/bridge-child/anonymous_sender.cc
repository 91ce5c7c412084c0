#include "examples/bridge-child/anonymous_sender.h"

#include <utility>

#include "endpoint/wire/status_text.h"
#include "examples/stdio/log.h"
#include "fmt/format.h"

namespace thespian::gateway::bridge {

AnonymousSender::AnonymousSender(client::Client& gateway, std::string endpoint,
                                 Inbox& inbox)
    : gateway_(gateway),
      endpoint_(std::move(endpoint)),
      inbox_(inbox),
      thread_([this] { Run(); }) {}

AnonymousSender::~AnonymousSender() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

absl::Status AnonymousSender::Send(Target to, std::string_view payload) {
  Letter letter{std::move(to), std::string(payload)};
  {
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty() && bytes_ + letter.bytes() > kMaxQueuedBytes) {
      refused_ = true;
      return absl::ResourceExhaustedError("too many anonymous messages wait");
    }
    bytes_ += letter.bytes();
    waiting_.push_back(std::move(letter));
  }
  changed_.notify_all();
  return absl::OkStatus();
}

void AnonymousSender::Run() {
  Letter letter;
  while (Next(letter)) {
    const absl::Status status = Deliver(letter);
    if (status.ok()) continue;
    stdio::Log(fmt::format("an anonymous message was not sent: {}",
                           MessageOf(status)));
  }
}

bool AnonymousSender::Next(Letter& letter) {
  bool room = false;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
    if (over_) return false;
    letter = std::move(waiting_.front());
    waiting_.pop_front();
    bytes_ -= letter.bytes();
    if (bytes_ <= kMaxQueuedBytes / 2) room = std::exchange(refused_, false);
  }
  if (room) inbox_.Put(HasRoom{});
  return true;
}

absl::Status AnonymousSender::Deliver(const Letter& letter) {
  if (const auto* name = std::get_if<std::string>(&letter.to)) {
    return gateway_
        .SendNamed({.endpoint = endpoint_, .name = *name}, letter.payload)
        .status();
  }
  const FarActor& to = std::get<FarActor>(letter.to);
  return gateway_
      .Send({.endpoint = endpoint_, .id = to.id, .incarnation = to.incarnation},
            letter.payload)
      .status();
}

}  // namespace thespian::gateway::bridge
