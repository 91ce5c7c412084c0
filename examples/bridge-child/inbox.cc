#include "examples/bridge-child/inbox.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>
#include <variant>

#include "endpoint/check.h"

namespace thespian::gateway::bridge {
namespace {

size_t BytesOf(const FarEvent& event) {
  const auto* delivered = std::get_if<Delivered>(&event);
  return sizeof(event) +
         (delivered == nullptr ? 0 : delivered->payload.capacity());
}

}  // namespace

Inbox::Inbox(size_t bound)
    : bound_(bound), fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  Check(fd() >= 0, "the system has a descriptor for the bridge");
}

// The descriptor is readable exactly while there are events, so it is written
// and read under the lock.
void Inbox::Put(FarEvent event) {
  const std::lock_guard lock(mutex_);
  bytes_ += BytesOf(event);
  events_.push_back(std::move(event));
  if (events_.size() > 1) return;
  const uint64_t one = 1;
  while (write(fd(), &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

bool Inbox::IsFull() {
  const std::lock_guard lock(mutex_);
  found_full_ |= full();
  return full();
}

void Inbox::WaitForRoom() {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return closed_ || !full(); });
}

bool Inbox::Take(FarEvent& event) {
  const std::lock_guard lock(mutex_);
  if (events_.empty()) return false;
  const bool was_full = full();
  event = std::move(events_.front());
  events_.pop_front();
  bytes_ -= BytesOf(event);
  if (was_full && !full()) room_.notify_all();
  if (!events_.empty()) return true;
  uint64_t count = 0;
  while (read(fd(), &count, sizeof(count)) < 0 && errno == EINTR) {
  }
  return true;
}

bool Inbox::TookRoom() {
  const std::lock_guard lock(mutex_);
  if (!found_full_ || bytes_ > bound_ / 2) return false;
  found_full_ = false;
  return true;
}

void Inbox::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  room_.notify_all();
}

}  // namespace thespian::gateway::bridge
