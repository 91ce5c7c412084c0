// Takes snapshots of one endpoint for whoever asks, in steps between which the
// loop goes on with its work.
//
// All who ask before a snapshot is begun share it. There are at most
// kMostPictures pictures of different tables at a time: while so many are in
// use, whoever asks gets the newest, provided that the journal still holds what
// has happened since.
//
// Ownership: borrows the journal. Snapshots belong to whoever was given them.
// Threads:   the loop's alone. Snapshots are safe from any thread.
// Errors:    none.
// Memory:    a picture while it is being taken; see ProxyPicture.
#ifndef ENDPOINT_SNAPSHOTS_H_
#define ENDPOINT_SNAPSHOTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "endpoint/actors/proxy_picture.h"
#include "endpoint/actors/remote_actors.h"
#include "endpoint/endpoint_state.h"
#include "endpoint/journal/event_journal.h"
#include "endpoint/journal/proxy_event.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

// The state of things when every event up to `sequence` had happened, and none
// after.
struct EndpointSnapshot {
  uint64_t sequence = 0;
  absl::Time time;
  EndpointName endpoint = nullptr;
  Incarnation incarnation;
  EndpointStateChanged state;
  std::shared_ptr<const ProxyPicture> proxies;  // null: none
};

using SharedSnapshot = std::shared_ptr<const EndpointSnapshot>;

class Snapshots {
 public:
  static constexpr size_t kMostPictures = 4;

  using Take = absl::AnyInvocable<void(SharedSnapshot) &&>;

  // The present state, without its proxies.
  using Describe = absl::AnyInvocable<EndpointSnapshot() const>;

  // What a step may take of the loop's time, in pieces of a picture.
  Snapshots(const EventJournal& journal, Describe describe,
            size_t pieces_in_step = 16)
      : journal_(journal),
        describe_(std::move(describe)),
        pieces_in_step_(pieces_in_step) {}

  // Asks for a snapshot. True: Step is to be called.
  bool Ask(Take take);

  // Goes on with what was asked for. `table` is that of the present run, null
  // if there is none; a table is kept until the picture of it is complete.
  // True: it is to be called again, when others had their turn.
  bool Step(const std::shared_ptr<RemoteActors>& table);

 private:
  void Begin(const std::shared_ptr<RemoteActors>& table);
  void Complete(std::shared_ptr<const ProxyPicture> proxies);
  void Give(const SharedSnapshot& snapshot);
  // One that was given already and has to do; null: a new one may be taken.
  SharedSnapshot Reusable(const RemoteActors& table);

  const EventJournal& journal_;
  const Describe describe_;
  const size_t pieces_in_step_;

  bool busy_ = false;
  std::vector<Take> asked_;  // for a snapshot that is not begun
  std::vector<std::weak_ptr<const EndpointSnapshot>> given_;  // oldest first

  // What is being taken, and for whom.
  std::shared_ptr<RemoteActors> table_;  // null: nothing is
  EndpointSnapshot taken_;
  std::vector<Take> takers_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SNAPSHOTS_H_
