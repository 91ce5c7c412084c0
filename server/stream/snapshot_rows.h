// The snapshots with which a watch begins, as rows: one message after the
// other, as the client reads them.
//
// Ownership: shares the snapshots, each until its rows are written.
// Threads:   thread-compatible.
// Errors:    none.
// Memory:    of its own, a number for each snapshot.
#ifndef SERVER_STREAM_SNAPSHOT_ROWS_H_
#define SERVER_STREAM_SNAPSHOT_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "endpoint/journal/proxy_event.h"
#include "endpoint/snapshots.h"
#include "server/codec/event_buffer.h"
#include "server/stream/watch_pages.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

class SnapshotRows {
 public:
  // To be called for each endpoint before anything else.
  void Add(SharedSnapshot snapshot);

  // There may be endpoints without a snapshot, which have done nothing up to
  // this sequence.
  void BeginAfter(uint64_t sequence, absl::Time now);

  // Of how many endpoints it is so far.
  size_t endpoints() const { return snapshots_.size(); }

  // The first events that are in none, or not in all, of the snapshots come
  // after this sequence, and those after the other are in none.
  uint64_t first_sequence() const { return first_sequence_; }
  uint64_t last_sequence() const { return last_sequence_; }

  // Whether the rows have what this event changed.
  bool Contains(const ProxyEvent& event) const;

  // Adds rows until `rows` is full. True: that was all, and a SnapshotComplete
  // is the last. `filter` may have changed since the last time.
  bool Compose(const WatchFilter& filter, EventBuffer& rows);

 private:
  // False: `rows` is full.
  bool ComposeOne(const EndpointSnapshot& snapshot, const WatchFilter& filter,
                  EventBuffer& rows);
  void AddRow(ProxyEvent row, const WatchFilter& filter, EventBuffer& rows);

  std::deque<SharedSnapshot> snapshots_;  // that are not written
  // At which each was taken. Two that drain and serve have the same name.
  absl::flat_hash_map<EndpointName, std::map<Incarnation, uint64_t>> sequences_;
  uint64_t first_sequence_ = 0;
  uint64_t last_sequence_ = 0;
  absl::Time time_;

  // Where snapshots_.front() goes on.
  bool state_written_ = false;
  size_t piece_ = 0;
  size_t row_ = 0;  // of the piece

  uint64_t proxies_ = 0;  // written
  v1::ProxyEvent scratch_;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_SNAPSHOT_ROWS_H_
