// A transport that does what a test says. What the peer does is said by
// events().
//
// Ownership: owns what was written to it.
// Threads:   as a Transport: one thread at a time. That two never write at once
//   is checked.
// Errors:    those of the script.
#ifndef TESTS_SUPPORT_FAKE_TRANSPORT_H_
#define TESTS_SUPPORT_FAKE_TRANSPORT_H_

#include <sys/uio.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/check.h"
#include "endpoint/transport/transport.h"

namespace thespian::gateway {

class FakeTransport final : public Transport {
 public:
  static constexpr size_t kAll = std::numeric_limits<size_t>::max();

  // What the next writes do: take at most so many bytes (0: no room), or fail.
  // Without a script they take `usual` bytes each.
  void Next(absl::StatusOr<size_t> most) { script_.push_back(std::move(most)); }
  void Usually(size_t most) { usual_ = most; }

  // Called in the middle of every write, before anything is taken.
  std::function<void()> during_write = [] {};
  std::function<void()> on_await_room = [] {};

  void Open(TransportEvents& events) override {
    events_ = &events;
    events.OnOpened();
  }
  void Drain() override { ++drains_; }

  absl::StatusOr<size_t> Write(std::span<const iovec> pieces) override {
    Check(!inside_.exchange(true), "one thread writes at a time");
    most_pieces_ = std::max(most_pieces_, pieces.size());
    ++writes_;
    const std::function<void()> hook = during_write;  // it may set another
    hook();
    absl::StatusOr<size_t> most = usual_;
    if (!script_.empty()) {
      most = std::move(script_.front());
      script_.pop_front();
    }
    if (most.ok()) most = Take(pieces, *most);
    inside_ = false;
    return most;
  }

  void AwaitRoom() override {
    ++awaits_;
    on_await_room();
  }

  void Close() override { ++closes_; }

  // Null: not opened.
  TransportEvents* events() const { return events_; }
  int drains() const { return drains_; }
  const std::string& bytes() const { return bytes_; }
  int writes() const { return writes_; }
  int awaits() const { return awaits_; }
  int closes() const { return closes_; }
  size_t most_pieces() const { return most_pieces_; }

 private:
  size_t Take(std::span<const iovec> pieces, size_t most) {
    const size_t start = bytes_.size();
    for (const iovec& piece : pieces) {
      const size_t taken = bytes_.size() - start;
      bytes_.append(static_cast<const char*>(piece.iov_base),
                    std::min(piece.iov_len, most - taken));
    }
    return bytes_.size() - start;
  }

  TransportEvents* events_ = nullptr;
  int drains_ = 0;
  std::deque<absl::StatusOr<size_t>> script_;
  size_t usual_ = kAll;
  std::atomic<bool> inside_ = false;
  std::string bytes_;
  int writes_ = 0;
  std::atomic<int> awaits_ = 0;
  std::atomic<int> closes_ = 0;
  size_t most_pieces_ = 0;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_FAKE_TRANSPORT_H_
