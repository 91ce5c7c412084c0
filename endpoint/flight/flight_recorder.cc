#include "endpoint/flight/flight_recorder.h"

#include <algorithm>
#include <cstring>

#include "endpoint/wire/diagnostic_notation.h"
#include "endpoint/wire/message.h"

namespace thespian::gateway {

void FlightRecorder::NoteReceived(Incarnation incarnation, absl::Time time,
                                  std::string_view content) {
  received_.Add({.order = ++order_,
                 .time = time,
                 .incarnation = incarnation,
                 .from_child = true},
                content);
}

void FlightRecorder::NoteSent(Incarnation incarnation, absl::Time time,
                              std::string_view frames) {
  sent_.AddFrames({.order = ++order_,
                   .time = time,
                   .incarnation = incarnation,
                   .from_child = false},
                  frames);
}

void FlightRecorder::Track::Add(const Stamp& stamp, std::string_view content) {
  MutexLock lock(mutex_);
  AddLocked(stamp, content);
}

void FlightRecorder::Track::AddFrames(const Stamp& stamp,
                                      std::string_view frames) {
  MutexLock lock(mutex_);
  while (!frames.empty()) {
    const size_t size = OwnFrameSize(frames);
    AddLocked(stamp, frames.substr(kFrameHeadBytes, size - kFrameHeadBytes));
    frames.remove_prefix(size);
  }
}

void FlightRecorder::Track::AddLocked(const Stamp& stamp,
                                      std::string_view content) {
  if (ring_.size() < kRecords) ring_.emplace_back();
  Record& record = ring_[count_++ % kRecords];
  record.stamp = stamp;
  record.size = content.size();
  record.kept = static_cast<uint8_t>(std::min(content.size(), kKeptBytes));
  std::memcpy(record.bytes.data(), content.data(), record.kept);
}

void FlightRecorder::Track::CopyTo(std::vector<Record>& records) const {
  MutexLock lock(mutex_);
  const auto oldest =
      ring_.begin() +
      static_cast<std::ptrdiff_t>(count_ % std::max<size_t>(1, ring_.size()));
  records.insert(records.end(), oldest, ring_.end());
  records.insert(records.end(), ring_.begin(), oldest);
}

std::vector<RecordedFrame> FlightRecorder::Frames() const {
  std::vector<Record> records;
  received_.CopyTo(records);
  sent_.CopyTo(records);
  std::stable_sort(records.begin(), records.end(),
                   [](const Record& one, const Record& other) {
                     return one.stamp.order < other.stamp.order;
                   });
  if (records.size() > kRecords) {
    records.erase(records.begin(), records.end() - kRecords);
  }
  std::vector<RecordedFrame> frames;
  frames.reserve(records.size());
  for (const Record& record : records) {
    frames.push_back(
        {.time = record.stamp.time,
         .incarnation = record.stamp.incarnation,
         .from_child = record.stamp.from_child,
         .size = record.size,
         .text = ToDiagnosticNotation({record.bytes.data(), record.kept})});
  }
  return frames;
}

}  // namespace thespian::gateway
