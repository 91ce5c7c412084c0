// What the clients of a soak know of their messages, to be compared with the
// gateway's figures, and what went wrong.
//
// Threads:   safe from any thread.
#ifndef TESTS_SOAK_TALLY_H_
#define TESTS_SOAK_TALLY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/mutex.h"

namespace thespian::gateway::soak {

class Tally {
 public:
  // A message was answered OK, was refused for a reason that a dying child
  // explains, or nobody knows what became of it. Any other error is a fault.
  void NoteSent(const absl::Status& status);
  void NoteUncertain(uint64_t messages) { uncertain_ += messages; }

  // Deliveries that came, and those that may have been on their way to a
  // client that went away.
  void NoteSeen(uint64_t deliveries) { seen_ += deliveries; }
  void NoteMissed(uint64_t deliveries) { missed_ += deliveries; }

  void NoteVisit() { ++visits_; }
  void NoteKill() { ++kills_; }

  // Something that must not happen. The first of them are kept.
  void NoteFault(std::string_view what);

  uint64_t written() const { return written_; }
  uint64_t refused() const { return refused_; }
  uint64_t uncertain() const { return uncertain_; }
  uint64_t seen() const { return seen_; }
  uint64_t missed() const { return missed_; }
  uint64_t visits() const { return visits_; }
  uint64_t kills() const { return kills_; }

  size_t fault_count() const { return fault_count_; }
  std::vector<std::string> faults() const;

 private:
  std::atomic<uint64_t> written_ = 0;
  std::atomic<uint64_t> refused_ = 0;
  std::atomic<uint64_t> uncertain_ = 0;
  std::atomic<uint64_t> seen_ = 0;
  std::atomic<uint64_t> missed_ = 0;
  std::atomic<uint64_t> visits_ = 0;
  std::atomic<uint64_t> kills_ = 0;
  std::atomic<size_t> fault_count_ = 0;
  mutable Mutex mutex_;
  std::vector<std::string> faults_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway::soak

#endif  // TESTS_SOAK_TALLY_H_
