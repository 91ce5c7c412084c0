#include "server/stream/watch_pages.h"

#include <utility>

#include "endpoint/directory/pool.h"
#include "server/codec/api_values.h"
#include "server/stream/response_writer.h"

namespace thespian::gateway {
namespace {

bool IsElsewhere(const ProxyEvent& event, EndpointName endpoint) {
  return endpoint != nullptr && event.endpoint != nullptr &&
         event.endpoint != endpoint && PoolOf(*event.endpoint) != *endpoint;
}

}  // namespace

absl::StatusOr<WatchPage> WatchPages::After(uint64_t after,
                                            const WatchFilter& filter,
                                            uint64_t round) {
  const WatchPage* const kept = Find(after, filter, round);
  if (kept != nullptr) return *kept;
  absl::StatusOr<WatchPage> page =
      Compose(after, filter, [](const ProxyEvent&) { return true; });
  if (page.ok()) {
    Keep({.filter = filter, .after = after, .round = round, .page = *page});
  }
  return page;
}

const WatchPage* WatchPages::Find(uint64_t after, const WatchFilter& filter,
                                  uint64_t round) const {
  for (const KeptPage& kept : kept_) {
    if (kept.after != after || kept.filter != filter) continue;
    if (kept.page.full || (round != 0 && kept.round == round)) {
      return &kept.page;
    }
  }
  return nullptr;
}

void WatchPages::Keep(KeptPage page) {
  if (kept_.size() < kKept) {
    kept_.push_back(std::move(page));
    return;
  }
  kept_[next_] = std::move(page);
  next_ = (next_ + 1) % kKept;
}

absl::StatusOr<WatchPage> WatchPages::Compose(uint64_t after,
                                              const WatchFilter& filter,
                                              Wanted wanted) {
  events_.clear();
  uint64_t looked = after;
  const absl::StatusOr<bool> more = journal_.Read(
      filter.kinds,
      filter.details.payloads ? kMaxEventsWithPayloads : kMaxEvents, looked,
      events_);
  if (!more.ok()) return more.status();
  WatchPage page = {.last = after, .full = *more};
  buffer_.Renew();
  for (const ProxyEvent& event : events_) {
    if (buffer_.bytes() >= kMaxBatchBytes) {
      page.full = true;
      looked = page.last;
      break;
    }
    page.last = event.sequence;
    if (IsElsewhere(event, filter.endpoint) || !wanted(event)) continue;
    event_.Clear();
    ToApi(event, filter.details, event_);
    buffer_.Add(event_);
  }
  page.last = looked;
  if (!buffer_.empty()) page.bytes = *buffer_.wire();
  return page;
}

}  // namespace thespian::gateway
