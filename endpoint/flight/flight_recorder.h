// The last frames of an endpoint, both directions, for whoever asks afterwards
// what was said before something broke.
//
// Ownership: owns copies, each of the beginning of a frame.
// Threads:   safe from any thread. Each direction has a lock of its own: those
//   who send do not wait for the loop, which receives.
// Errors:    none.
// Memory:    twice kRecords times the size of a record, about 80 KiB.
#ifndef ENDPOINT_FLIGHT_FLIGHT_RECORDER_H_
#define ENDPOINT_FLIGHT_FLIGHT_RECORDER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
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

  // The content of a frame that came from the child.
  void NoteReceived(Incarnation incarnation, absl::Time time,
                    std::string_view content);

  // Whole frames, with their heads, that go to the child.
  void NoteSent(Incarnation incarnation, absl::Time time,
                std::string_view frames);

  // The last kRecords of both directions, oldest first.
  std::vector<RecordedFrame> Frames() const;

 private:
  struct Stamp {
    uint64_t order = 0;  // rises over both directions
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

  // The last frames of one direction.
  class Track {
   public:
    void Add(const Stamp& stamp, std::string_view content);
    // Whole frames, with their heads.
    void AddFrames(const Stamp& stamp, std::string_view frames);
    // Appends them, oldest first.
    void CopyTo(std::vector<Record>& records) const;

   private:
    void AddLocked(const Stamp& stamp, std::string_view content)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

    mutable Mutex mutex_;
    std::vector<Record> ring_ ABSL_GUARDED_BY(mutex_);
    uint64_t count_ ABSL_GUARDED_BY(mutex_) = 0;  // of all that were added
  };

  std::atomic<uint64_t> order_ = 0;
  Track received_;
  Track sent_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_FLIGHT_FLIGHT_RECORDER_H_
