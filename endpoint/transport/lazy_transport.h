// A transport before there is a peer: what is written waits for room, the first
// write asks for a peer, and once its transport is given and opened, all goes
// there.
//
// That nothing is lost between a thread that writes and the loop that opens:
// all of it is one atomic word, whose changes have one order.
//   * A Write that finds the word not open takes nothing and sets kWoken. Of
//     all that do, exactly one finds it unset, and wakes. That a peer is open
//     by then does no harm: whoever is woken sees that there is one.
//   * Whoever was refused asks by AwaitRoom, which sets kAwaits; Open sets
//     kOpen. The later of the two finds the other's bit, and that one alone
//     asks the real transport. Until it has room, nobody writes.
//   * Close sets kClosed and Give sets kGiven; again the later one closes.
//   * The real transport is there before kGiven and kOpen are set, and whoever
//     finds one of these reads it after that.
//
// Ownership: shares the real transport once it is given.
// Threads:   as a Transport; Give is the loop's. AwaitRoom and Close may meet.
//   `wake` is called once at most, by a thread that writes.
// Errors:    those of the real transport.
#ifndef ENDPOINT_TRANSPORT_LAZY_TRANSPORT_H_
#define ENDPOINT_TRANSPORT_LAZY_TRANSPORT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "endpoint/transport/transport.h"

namespace thespian::gateway {

class LazyTransport final : public Transport {
 public:
  using Wake = absl::AnyInvocable<void()>;

  explicit LazyTransport(Wake wake) : wake_(std::move(wake)) {}

  // Once, before Open.
  void Give(std::shared_ptr<Transport> real);

  void Open(TransportEvents& events) override;
  void Drain() override;
  absl::StatusOr<size_t> Write(std::span<const iovec> pieces) override;
  void AwaitRoom() override;
  void Close() override;

 private:
  static constexpr uint32_t kWoken = 1;
  static constexpr uint32_t kAwaits = 2;
  static constexpr uint32_t kClosed = 4;
  static constexpr uint32_t kGiven = 8;
  static constexpr uint32_t kOpen = 16;

  // Whether `bit` was set before; `to_set` is now.
  bool Had(uint32_t bit, uint32_t to_set) {
    return (word_.fetch_or(to_set, std::memory_order_acq_rel) & bit) != 0;
  }

  Wake wake_;
  std::atomic<uint32_t> word_ = 0;
  std::shared_ptr<Transport> real_;  // null: not given yet
  bool draining_ = false;            // the loop's
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_TRANSPORT_LAZY_TRANSPORT_H_
