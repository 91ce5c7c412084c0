// An endpoint's proxies, for operators and watchers: lists, snapshots, and
// their release.
//
// Ownership: borrows all of it.
// Threads:   safe from any thread.
// Errors:    as the API says, by MakeError.
// Memory:    a page, or a picture; see Snapshots.
#ifndef ENDPOINT_ENDPOINT_PROXIES_H_
#define ENDPOINT_ENDPOINT_PROXIES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "endpoint/actors/remote_actors.h"
#include "endpoint/clock.h"
#include "endpoint/endpoint_options.h"
#include "endpoint/journal/event_journal.h"
#include "endpoint/snapshots.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

class LoopThread;
class StatusBoard;

class EndpointProxies {
 public:
  struct Deps {
    const EndpointFacts& facts;
    const Clock& clock;
    EventJournal& journal;
    const StatusBoard& board;
    LoopThread& loop;
  };

  explicit EndpointProxies(const Deps& deps);

  // See RemoteActors::List. The incarnation listed goes to `incarnation`.
  bool List(size_t most, uint64_t& place, std::vector<ProxyRow>& rows,
            Incarnation& incarnation) const;

  // Calls `take` on the loop, with the state between two events, no earlier
  // than now unless Snapshots says so; or at once, by the calling thread, if
  // the loop has ended.
  void TakeSnapshot(Snapshots::Take take);

  // Drops a proxy; linked local actors are told. `done` is called with the
  // incarnation on the loop, or with why not, perhaps before this returns.
  using Released = absl::AnyInvocable<void(absl::StatusOr<Incarnation>) &&>;
  void Release(RemoteId remote, Incarnation incarnation, Released done);

 private:
  // All of a snapshot but the proxies.
  EndpointSnapshot DescribeState() const;
  void StepSnapshots();

  const Deps deps_;
  Snapshots snapshots_;  // the loop's
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_ENDPOINT_PROXIES_H_
