// What a stream has told, until steps ask for it.
//
// Threads:   one side is the stream's thread or threads, the other the
//   scenario's. Every function is safe from any thread.
// Errors:    DEADLINE_EXCEEDED: nothing came by the step's deadline.
// Memory:    without bound, unless who fills it waits for room.
#ifndef CLIENTS_CPP_CONFORMANCE_INBOX_H_
#define CLIENTS_CPP_CONFORMANCE_INBOX_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cpp/conformance/outcome.h"
#include "clients/cpp/target.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway::conformance {

class Inbox {
 public:
  // From the stream.
  void Open(const client::Speaker& speaker);
  void Add(nlohmann::json event);
  void AddResult(uint64_t command_id, const absl::Status& status);
  void End(const absl::Status& status);

  // Waits until few events wait. False: it was closed.
  bool AwaitRoom();
  void Close();

  // For the steps. The next event, {kind: fields}; null: the stream has ended.
  absl::StatusOr<nlohmann::json> Next(Deadline deadline);
  // The actor's id, or why the stream ended before there was one.
  StepResult AwaitOpen(Deadline deadline);
  // How the command ended, or why the stream ended before.
  StepResult AwaitResult(uint64_t command_id, Deadline deadline);

  // After AwaitOpen.
  client::Speaker speaker();
  // After Next has returned null.
  absl::Status end();

 private:
  void Change(absl::FunctionRef<void()> change);
  // Waits, with the lock, until `holds` or the stream has ended.
  absl::Status Await(std::unique_lock<std::mutex>& lock, Deadline deadline,
                     absl::FunctionRef<bool()> holds);

  std::mutex mutex_;
  std::condition_variable changed_;
  // Under the mutex.
  std::deque<nlohmann::json> events_;
  std::map<uint64_t, absl::Status> results_;
  std::optional<client::Speaker> speaker_;
  std::optional<absl::Status> end_;
  bool closed_ = false;
};

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_INBOX_H_
