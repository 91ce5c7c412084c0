// What watchers are sent, as bytes that are made once for all watchers that
// want the same and have come as far: usually nearly all of them.
//
// Ownership: borrows the journal. Pages are shared, and never change.
// Threads:   the watchers' thread's alone.
// Errors:    OUT_OF_RANGE for a watcher that is too far behind the journal.
// Memory:    kKept pages of at most kMaxBatchBytes and one event each.
#ifndef SERVER_STREAM_WATCH_PAGES_H_
#define SERVER_STREAM_WATCH_PAGES_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "endpoint/journal/event_journal.h"
#include "server/codec/api_values.h"
#include "server/codec/event_buffer.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

// What a watcher wants of the journal.
struct WatchFilter {
  EventKinds kinds = kAllKinds;
  EndpointName endpoint = nullptr;  // or their pool; null: all of them
  EventDetails details;

  bool operator==(const WatchFilter&) const = default;
};

struct WatchPage {
  grpc::ByteBuffer bytes;  // empty: of all that was looked at nothing is wanted
  uint64_t last = 0;       // the sequence that was looked at last
  bool full = false;       // there may be more already
};

class WatchPages {
 public:
  explicit WatchPages(const EventJournal& journal) : journal_(journal) {}

  // What comes after `after`. A page that is not full has only what there was
  // when it was made: it is shared by those who ask in the same round. 0: in
  // none.
  absl::StatusOr<WatchPage> After(uint64_t after, const WatchFilter& filter,
                                  uint64_t round);

  // The same for one watcher alone, which may want less.
  using Wanted = absl::FunctionRef<bool(const ProxyEvent&)>;
  absl::StatusOr<WatchPage> Compose(uint64_t after, const WatchFilter& filter,
                                    Wanted wanted);

 private:
  static constexpr size_t kKept = 16;
  // Read at once; those with payloads are larger.
  static constexpr size_t kMaxEvents = 1'024;
  static constexpr size_t kMaxEventsWithPayloads = 64;

  struct KeptPage {
    WatchFilter filter;
    uint64_t after = 0;
    uint64_t round = 0;
    WatchPage page;
  };

  const WatchPage* Find(uint64_t after, const WatchFilter& filter,
                        uint64_t round) const;
  void Keep(KeptPage page);

  const EventJournal& journal_;
  std::vector<KeptPage> kept_;
  size_t next_ = 0;  // of kept_ to be replaced
  std::vector<ProxyEvent> events_;
  v1::ProxyEvent event_;
  EventBuffer buffer_;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_WATCH_PAGES_H_
