#include "endpoint/flight/flight_recorder.h"

#include <algorithm>
#include <cstring>

#include "endpoint/wire/diagnostic_notation.h"
#include "endpoint/wire/message.h"

namespace thespian::gateway {

void FlightRecorder::NoteReceived(Incarnation incarnation,
                                  std::string_view content) {
  const Stamp stamp{
      .time = clock_.Now(), .incarnation = incarnation, .from_child = true};
  MutexLock lock(mutex_);
  AddLocked(stamp, content);
}

void FlightRecorder::NoteSent(Incarnation incarnation,
                              std::string_view frames) {
  const Stamp stamp{.time = clock_.Now(), .incarnation = incarnation};
  MutexLock lock(mutex_);
  while (!frames.empty()) {
    const size_t size = OwnFrameSize(frames);
    AddLocked(stamp, frames.substr(kFrameHeadBytes, size - kFrameHeadBytes));
    frames.remove_prefix(size);
  }
}

void FlightRecorder::AddLocked(const Stamp& stamp, std::string_view content) {
  if (ring_.size() < kRecords) ring_.emplace_back();
  Record& record = ring_[count_++ % kRecords];
  record.stamp = stamp;
  record.size = content.size();
  record.kept = static_cast<uint8_t>(std::min(content.size(), kKeptBytes));
  std::memcpy(record.bytes.data(), content.data(), record.kept);
}

std::vector<RecordedFrame> FlightRecorder::Frames() const {
  std::vector<Record> records;
  {
    MutexLock lock(mutex_);
    records = ring_;
    std::rotate(
        records.begin(),
        records.begin() + static_cast<std::ptrdiff_t>(
                              count_ % std::max<size_t>(1, records.size())),
        records.end());
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
