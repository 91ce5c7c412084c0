// What changes the endpoints of a gateway while it serves: replace, scale,
// reload. One operation at a time, on a thread of their own.
//
// An endpoint that has been replaced, or is one too many, drains: it serves
// nobody new, and is stopped when its pool's time for that is over.
//
// Ownership: borrows the gateway. Owns its thread, which it starts with the
//   first operation.
// Threads:   safe from any thread, except SetSource and Stop, which are the
//   owner's. Completions are called on the thread of the operations, or by
//   Stop.
// Errors:    FIELD_INVALID, ENDPOINT_UNKNOWN, ENDPOINT_FAILED (the new one did
//   not come up, and the old one stays), SHUTTING_DOWN.
// Memory:    the operations that wait, and the endpoints that drain.
#ifndef ENDPOINT_DIRECTORY_OPERATIONS_H_
#define ENDPOINT_DIRECTORY_OPERATIONS_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/directory/pool.h"
#include "endpoint/directory/pool_options.h"
#include "endpoint/mutex.h"

namespace spdlog {
class logger;
}

namespace thespian::gateway {

class Gateway;
class Outcome;

class Operations {
 public:
  // The most members that a pool may have.
  static constexpr size_t kMostReplicas = 1'000;

  using Completion = absl::AnyInvocable<void(absl::Status) &&>;
  // What a reload did, by the names of pools.
  struct Reloaded {
    std::vector<std::string> added;
    std::vector<std::string> removed;
    std::vector<std::string> changed;
    std::vector<std::string> unchanged;
  };
  using ReloadCompletion =
      absl::AnyInvocable<void(absl::StatusOr<Reloaded>) &&>;
  // The pools as they are to be, or why that can't be read.
  using Source = absl::AnyInvocable<absl::StatusOr<std::vector<PoolOptions>>()>;

  Operations(Gateway& gateway, spdlog::logger& log);
  ~Operations();
  Operations(const Operations&) = delete;
  Operations& operator=(const Operations&) = delete;

  // To be called before the first Reload.
  void SetSource(Source source) { source_ = std::move(source); }

  // The pools become those that the source gives. Those that did not change are
  // not touched; if something can't be read, none is.
  void Reload(ReloadCompletion done);

  // The pool has so many members from now on.
  void Scale(std::string pool, size_t replicas, Completion done);

  // A new endpoint takes the place of the member `name`, or new ones, one after
  // the other, of all members of the pool `name`.
  void Replace(std::string name, Completion done);

  // What is under way is given up, what waits is refused, and nothing drains
  // any longer.
  void Stop();

 private:
  // False: it is not to be done any more.
  using Task = absl::AnyInvocable<void(bool) &&>;
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Draining {
    TimePoint until;
    EndpointHandle endpoint;
  };

  // Completes with what `work` returns, when it is its turn.
  template <typename Result>
  void Add(absl::AnyInvocable<void(Result) &&> done,
           absl::AnyInvocable<Result()> work);
  void Enqueue(Task task);
  void Run();
  // The next one, once there is one; null: the end.
  Task Next();
  // How long until an endpoint has drained; those that have are stopped.
  std::chrono::nanoseconds EndDrained();

  absl::StatusOr<Reloaded> DoReload();
  absl::Status DoScale(const std::string& name, size_t replicas);
  absl::Status DoReplace(const std::string& name);

  std::vector<std::string> RemovePoolsExcept(
      const std::vector<PoolOptions>& pools);
  void AddPool(const PoolOptions& options);
  // Gives the pool new options, and does what follows from them.
  absl::Status ChangePool(const Pool& pool, const PoolOptions& options);
  absl::Status Resize(const Pool& pool);
  absl::Status AddMember(const Pool& pool, const std::string& name);
  absl::Status ReplaceMember(const Pool& pool, const EndpointHandle& member);
  // Starts an endpoint, and returns when it is ready, or why it is not.
  absl::Status BringUp(const Pool& pool, const EndpointHandle& endpoint);
  absl::Status AwaitAnswer(const Pool& pool, Endpoint& endpoint);
  // Waits for `outcome`, unless Stop is called first.
  absl::Status Await(const std::shared_ptr<Outcome>& outcome);
  void Drain(const Pool& pool, const EndpointHandle& endpoint);

  Gateway& gateway_;
  spdlog::logger& log_;
  Source source_;
  std::vector<Draining> draining_;  // the thread's

  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<Outcome> awaited_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_DIRECTORY_OPERATIONS_H_
