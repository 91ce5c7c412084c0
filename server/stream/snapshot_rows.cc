#include "server/stream/snapshot_rows.h"

#include <algorithm>
#include <utility>

#include "server/codec/api_values.h"
#include "server/stream/response_writer.h"

namespace thespian::gateway {
namespace {

bool IsFull(const EventBuffer& rows) { return rows.bytes() >= kMaxBatchBytes; }

}  // namespace

void SnapshotRows::Add(SharedSnapshot snapshot) {
  const uint64_t sequence = snapshot->sequence;
  const bool is_first = sequences_.empty();
  first_sequence_ = is_first ? sequence : std::min(first_sequence_, sequence);
  last_sequence_ = std::max(last_sequence_, sequence);
  time_ = snapshot->time;
  sequences_[snapshot->endpoint][snapshot->incarnation] = sequence;
  snapshots_.push_back(std::move(snapshot));
}

void SnapshotRows::BeginAfter(uint64_t sequence, absl::Time now) {
  first_sequence_ =
      sequences_.empty() ? sequence : std::min(first_sequence_, sequence);
  time_ = now;
}

bool SnapshotRows::Contains(const ProxyEvent& event) const {
  const auto found = sequences_.find(event.endpoint);
  if (found == sequences_.end()) return false;
  const auto& of_runs = found->second;
  const auto run = of_runs.lower_bound(event.incarnation);
  const uint64_t sequence =
      run != of_runs.end() ? run->second : of_runs.rbegin()->second;
  return event.sequence <= sequence;
}

bool SnapshotRows::Compose(const WatchFilter& filter, EventBuffer& rows) {
  for (; !snapshots_.empty(); snapshots_.pop_front()) {
    if (!ComposeOne(*snapshots_.front(), filter, rows)) return false;
    state_written_ = false;
    piece_ = 0;
  }
  AddRow({.sequence = first_sequence_,
          .time = time_,
          .endpoint = filter.endpoint,
          .body = SnapshotComplete{.proxies = proxies_}},
         filter, rows);
  return true;
}

bool SnapshotRows::ComposeOne(const EndpointSnapshot& snapshot,
                              const WatchFilter& filter, EventBuffer& rows) {
  ProxyEvent row = {.time = snapshot.time,
                    .endpoint = snapshot.endpoint,
                    .incarnation = snapshot.incarnation};
  if (!std::exchange(state_written_, true)) {
    row.body = snapshot.state;
    AddRow(row, filter, rows);
  }
  if (snapshot.proxies == nullptr) return true;
  for (; piece_ < snapshot.proxies->pieces.size(); ++piece_, row_ = 0) {
    const ProxyPicture::Piece& piece = *snapshot.proxies->pieces[piece_];
    for (; row_ < piece.size(); ++row_) {
      if (IsFull(rows)) return false;
      row.time = absl::FromUnixNanos(piece[row_].created_ns);
      row.body = ProxyCreated{.remote = piece[row_].id};
      AddRow(row, filter, rows);
      ++proxies_;
    }
  }
  return true;
}

void SnapshotRows::AddRow(ProxyEvent row, const WatchFilter& filter,
                          EventBuffer& rows) {
  constexpr EventKinds kAlways = KindOf<SnapshotComplete>();
  if ((KindOf(row) & (filter.kinds | kAlways)) == 0) return;
  scratch_.Clear();
  ToApi(row, filter.details, scratch_);
  rows.Add(scratch_);
}

}  // namespace thespian::gateway
