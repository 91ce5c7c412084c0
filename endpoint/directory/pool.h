// A named group of endpoints that stand for each other, and which of them takes
// a message. An endpoint that stands alone is a pool of one.
//
// Ownership: owns its options. Members are the directory's.
// Threads:   safe from any thread.
// Errors:    FIELD_INVALID where an id is to be found in several members.
// Memory:    with Balance::kBySender, 16 bytes for each attached client that
//   has sent to the pool.
#ifndef ENDPOINT_DIRECTORY_POOL_H_
#define ENDPOINT_DIRECTORY_POOL_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "endpoint/directory/pool_options.h"
#include "endpoint/endpoint.h"
#include "endpoint/mutex.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

using EndpointHandle = std::shared_ptr<Endpoint>;

// What a request says of the endpoint that it means, besides the name.
struct EndpointChoice {
  // An attached client that sends; 0: nobody, or a call.
  LocalId sender;
  // Not any member will do: the request names a remote actor by its id, or is
  // about one endpoint.
  bool one = false;
  // Of the remote id; 0: the current one.
  Incarnation incarnation;
};

class Pool {
 public:
  // `before` is the one of the same name whose place it takes; null: none.
  explicit Pool(PoolOptions options, const Pool* before = nullptr);

  const PoolOptions& options() const { return options_; }
  const std::string& name() const { return options_.member.name; }
  // Whether its members have names of their own.
  bool has_members() const { return has_members_; }
  // How many members it begins with.
  size_t first_size() const;
  // That of member `number`: "NAME/3", or the pool's own.
  std::string MemberName(size_t number) const;

  // Of `members`, all of the pool's, which are not none.
  absl::StatusOr<EndpointHandle> Choose(std::span<const EndpointHandle> members,
                                        const EndpointChoice& choice) const;

  // An attached client has ended.
  void Forget(LocalId sender) const;

 private:
  const EndpointHandle& InTurn(std::span<const EndpointHandle> members) const;
  const EndpointHandle& LeastQueued(
      std::span<const EndpointHandle> members) const;
  const EndpointHandle& OfSender(std::span<const EndpointHandle> members,
                                 LocalId sender) const;

  const PoolOptions options_;
  const bool has_members_;
  mutable std::atomic<size_t> turn_ = 0;

  mutable Mutex mutex_;
  // Which member takes what a client sends.
  mutable absl::flat_hash_map<LocalId, EndpointName> of_senders_
      ABSL_GUARDED_BY(mutex_);
};

// "NAME" of "NAME/3", or all of it.
std::string_view PoolOf(std::string_view member);

}  // namespace thespian::gateway

#endif  // ENDPOINT_DIRECTORY_POOL_H_
