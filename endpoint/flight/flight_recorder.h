// The last frames of an endpoint, both directions, for whoever asks afterwards
// what was said before something broke.
//
// Ownership: owns copies, each of the beginning of a frame.
// Threads:   safe from any thread.
// Errors:    none.
// Memory:    kRecords times the size of a record, about 40 KiB.
#ifndef ENDPOINT_FLIGHT_FLIGHT_RECORDER_H_
#define ENDPOINT_FLIGHT_FLIGHT_RECORDER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "endpoint/clock.h"
#include "endpoint/mutex.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

struct RecordedFrame {
  absl::Time time;
  Incarnation incarnation;
  bool from_child = false;
  uint64_t size = 0;  // of the content
  std::string text;   // the content in diagnostic notation, cut short
};

class FlightRecorder {
 public:
  static constexpr size_t kRecords = 256;
  static constexpr size_t kKeptBytes = 112;

  explicit FlightRecorder(const Clock& clock) : clock_(clock) {}

  // The content of a frame that came from the child.
  void NoteReceived(Incarnation incarnation, std::string_view content);

  // Whole frames, with their heads, that go to the child.
  void NoteSent(Incarnation incarnation, std::string_view frames);

  // Oldest first.
  std::vector<RecordedFrame> Frames() const;

 private:
  struct Stamp {
    absl::Time time;
    Incarnation incarnation;
    bool from_child = false;
  };
  struct Record {
    Stamp stamp;
    uint64_t size = 0;
    uint8_t kept = 0;
    std::array<char, kKeptBytes> bytes;
  };

  void AddLocked(const Stamp& stamp, std::string_view content)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;
  std::vector<Record> ring_ ABSL_GUARDED_BY(mutex_);
  uint64_t count_ ABSL_GUARDED_BY(mutex_) = 0;  // of all that were added
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_FLIGHT_FLIGHT_RECORDER_H_
