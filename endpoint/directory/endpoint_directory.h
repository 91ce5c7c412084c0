// The endpoints of a gateway by name: pools, and the members that serve in
// them or drain.
//
// A lookup reads a table that never changes; whoever changes something puts a
// new table in its place.
//
// Ownership: owns the pools, and shares the endpoints with whoever uses them.
//   An endpoint that nobody uses any more is destroyed by Sweep or by the
//   destructor, never by its last user: that joins its loop.
// Threads:   lookups are safe from any thread; Put, Retire, Remove and Sweep
//   too, though one after the other is what they are meant for.
// Errors:    ENDPOINT_UNKNOWN, FIELD_INVALID.
// Memory:    the endpoints, a name for each, and the totals of those gone.
#ifndef ENDPOINT_DIRECTORY_ENDPOINT_DIRECTORY_H_
#define ENDPOINT_DIRECTORY_ENDPOINT_DIRECTORY_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/directory/pool.h"
#include "endpoint/endpoint.h"
#include "endpoint/endpoint_status.h"
#include "endpoint/mutex.h"

namespace thespian::gateway {

class EndpointDirectory {
 public:
  EndpointDirectory();
  // Nobody uses an endpoint any more.
  ~EndpointDirectory();
  EndpointDirectory(const EndpointDirectory&) = delete;
  EndpointDirectory& operator=(const EndpointDirectory&) = delete;

  // The endpoint that a request means: a member by its own name, or the one
  // that its pool chooses. An empty name means the only pool or the one named
  // "default".
  absl::StatusOr<EndpointHandle> Find(std::string_view name,
                                      const EndpointChoice& choice) const;

  // The name that `name`, as in Find, stands for, whether there is one or not.
  std::string NameMeant(std::string_view name) const;

  // The pool of this name; null if there is none.
  std::shared_ptr<Pool> FindPool(std::string_view name) const;
  // Ordered by name.
  std::vector<std::shared_ptr<Pool>> Pools() const;
  // In service: ordered by pool, and within it by number.
  std::vector<EndpointHandle> Members() const;
  std::vector<EndpointHandle> MembersOf(std::string_view pool) const;
  // Those that `name`, as in Find, stands for: of a pool all. ENDPOINT_UNKNOWN.
  absl::StatusOr<std::vector<EndpointHandle>> Serving(
      std::string_view name) const;
  // Those in service, and those that drain.
  std::vector<EndpointHandle> All() const;
  // Those of a member's name that drain, oldest first.
  std::vector<EndpointHandle> Draining(std::string_view member) const;
  // A sender of EndpointChoice sends nothing more.
  void Forget(LocalId sender) const;
  // A local actor has ended: tells those endpoints that may know it.
  void EndLocal(const std::shared_ptr<LocalActor>& actor) const;
  // The members that `name`, of one of them or of a pool, stands for, and those
  // of these names that drain; of an empty name all. ENDPOINT_UNKNOWN.
  absl::StatusOr<std::vector<EndpointHandle>> Named(
      std::string_view name) const;

  // What is called after each change of what follows, by whoever made it. To be
  // set before there are pools.
  void OnChange(std::function<void()> on_change) {
    on_change_ = std::move(on_change);
  }

  // Adds a pool without members, or gives the one of this name new options.
  void PutPool(std::shared_ptr<Pool> pool);
  // The pool goes, and its members are retired.
  void RemovePool(std::string_view pool);

  // Counts the incarnations of all endpoints that ever had this name.
  std::shared_ptr<std::atomic<uint64_t>> IncarnationsOf(
      const std::string& member);
  // A handle to `endpoint`, which serves in no pool yet.
  EndpointHandle Own(std::unique_ptr<Endpoint> endpoint);
  // `endpoint` serves in `pool` from now on. The one of the same name, which it
  // takes the place of, drains; null if there is none.
  EndpointHandle Put(std::string_view pool, const EndpointHandle& endpoint);
  // The endpoint serves no longer: it drains. It is found by its incarnation
  // until it has ended.
  void Withdraw(const EndpointHandle& endpoint);
  // The same, and it is stopped.
  void Retire(const EndpointHandle& endpoint);

  // How an endpoint in service is, with what is counted of those whose place it
  // took.
  EndpointStatus StatusOf(const Endpoint& endpoint) const;

  // Lets go of what was retired and has ended, and destroys what nobody uses.
  // To be called about once a second, by one thread.
  void Sweep();

 private:
  struct Table;
  class Graveyard;

  std::shared_ptr<const Table> Get() const;
  // `change` makes the new table out of a copy of the present one.
  template <typename Change>
  void Update(Change change);
  void LetGoOfEnded();
  void TellChange() const;

  std::function<void()> on_change_;  // empty: nobody is told
  const std::shared_ptr<Graveyard> graveyard_;

  mutable Mutex mutex_;
  std::shared_ptr<const Table> table_ ABSL_GUARDED_BY(mutex_);

  std::map<std::string, std::shared_ptr<std::atomic<uint64_t>>> incarnations_
      ABSL_GUARDED_BY(mutex_);

  // Those that had ended at the last Sweep. The next one lets go of them: what
  // their last users still count is counted by then.
  std::vector<EndpointHandle> ended_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_DIRECTORY_ENDPOINT_DIRECTORY_H_
