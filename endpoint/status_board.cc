#include "endpoint/status_board.h"

#include <utility>

namespace thespian::gateway {

StatusBoard::StatusBoard(EndpointName endpoint, Counter incarnations)
    : endpoint_(endpoint),
      incarnations_(incarnations != nullptr
                        ? std::move(incarnations)
                        : std::make_shared<std::atomic<uint64_t>>(0)) {}

absl::StatusOr<std::shared_ptr<Session>> StatusBoard::Current() const {
  EndpointState state{};
  std::string reason;
  {
    MutexLock lock(mutex_);
    if (open_) return last_;
    state = row_.state.state;
    reason = row_.state.reason;
  }
  return DownError(*endpoint_, state, reason);
}

bool StatusBoard::IsOpen() const {
  MutexLock lock(mutex_);
  return open_;
}

bool StatusBoard::ComesUp() const {
  MutexLock lock(mutex_);
  return open_ || row_.state.state == EndpointState::kStarting;
}

void StatusBoard::WhenSettled(absl::AnyInvocable<void() &&> settled) const {
  {
    MutexLock lock(mutex_);
    if (!open_ && row_.state.state == EndpointState::kStarting) {
      waiters_.push_back(std::move(settled));
      return;
    }
  }
  std::move(settled)();
}

std::shared_ptr<Session> StatusBoard::Last() const {
  MutexLock lock(mutex_);
  return last_;
}

EndpointState StatusBoard::state() const {
  MutexLock lock(mutex_);
  return row_.state.state;
}

StatusBoard::Row StatusBoard::Get() const {
  MutexLock lock(mutex_);
  return row_;
}

void StatusBoard::Begin(TimePoint now) {
  std::shared_ptr<Session> past;  // may end here, without the lock
  MutexLock lock(mutex_);
  row_.incarnation = {++*incarnations_};
  row_.started = now;
  open_ = false;
  past.swap(last_);
}

void StatusBoard::Publish(std::shared_ptr<Session> session) {
  MutexLock lock(mutex_);
  last_.swap(session);
  open_ = true;
}

void StatusBoard::Close() {
  MutexLock lock(mutex_);
  open_ = false;
}

bool StatusBoard::CloseIf(absl::FunctionRef<bool()> idle) {
  MutexLock lock(mutex_);
  if (!idle()) return false;
  open_ = false;
  return true;
}

void StatusBoard::NoteStart(TimePoint now) {
  MutexLock lock(mutex_);
  row_.started = now;
}

StatusBoard::Row StatusBoard::Enter(EndpointState state, std::string reason,
                                    int64_t pid) {
  const bool starting = state == EndpointState::kStarting;
  Waiters settled;
  Row row;
  {
    MutexLock lock(mutex_);
    if (!TakesMessages(state) && !starting) open_ = false;
    row_.state.state = state;
    row_.state.reason = std::move(reason);
    row_.state.pid = pid;
    row = row_;
    if (!starting) settled.swap(waiters_);
  }
  for (auto& waiter : settled) std::move(waiter)();
  return row;
}

void StatusBoard::SetExit(std::shared_ptr<const ChildExit> exit) {
  MutexLock lock(mutex_);
  row_.state.exit.swap(exit);
}

}  // namespace thespian::gateway
