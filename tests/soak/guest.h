// A local actor of a soak, attached or listening: it keeps account of what it
// is told.
//
// Threads:   called on gRPC's threads; its visitor waits for it on another.
// Errors:    faults, in the tally.
// Memory:    the ids of the remote actors that it has met.
#ifndef TESTS_SOAK_GUEST_H_
#define TESTS_SOAK_GUEST_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "clients/cpp/actor_handler.h"
#include "clients/cpp/target.h"
#include "endpoint/wire/ids.h"
#include "tests/soak/tally.h"

namespace thespian::gateway::soak {

class Guest final : public client::ActorHandler {
 public:
  explicit Guest(Tally& tally) : tally_(tally) {}

  // Who it is. Nothing if the stream ends, or takes too long to begin.
  std::optional<client::Speaker> AwaitOpened();

  // Waits until `results` commands were answered and `deliveries` have come,
  // or the time is over.
  void Await(uint64_t results, uint64_t deliveries,
             std::chrono::milliseconds most);

  uint64_t results() const;
  uint64_t deliveries() const;
  // Remote actors that have sent something, of their incarnation.
  std::vector<client::RemoteActor> met() const;

  // client::ActorHandler
  void OnOpened(LocalId id, const std::string& token) override;
  void OnDelivery(const v1::ActorEvent::Delivery& delivery) override;
  void OnExited(const v1::ActorEvent::Exited& exited) override;
  void OnCommandResult(uint64_t command_id,
                       const absl::Status& status) override;
  void OnEndpointChanged(
      const v1::ActorEvent::EndpointChanged& changed) override;
  void OnDone(const absl::Status& status) override;

 private:
  // What a guest may know at a time.
  static constexpr size_t kMostMet = 16;

  Tally& tally_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::optional<client::Speaker> speaker_;
  uint64_t results_ = 0;
  uint64_t deliveries_ = 0;
  uint64_t incarnation_ = 0;  // the newest that it was told of
  std::vector<client::RemoteActor> met_;
  bool done_ = false;
};

// The commands of a guest: the id says what kind it was.
inline constexpr uint64_t kSendCommand = 1;
inline constexpr uint64_t kLinkCommand = 2;

}  // namespace thespian::gateway::soak

#endif  // TESTS_SOAK_GUEST_H_
