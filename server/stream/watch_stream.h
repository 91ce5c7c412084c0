// One WatchProxies: a snapshot, if one is wanted, and then the journal, read
// at the pace at which the client reads.
//
// Ownership: shared by gRPC, the journal (weakly) and the loops that take
//   snapshots for it; see StreamReactor.
// Threads:   composes on the watchers' thread, and nowhere else. Tick and
//   CloseForShutdown on the main thread.
// Errors:    MAILBOX_FULL when the client fell behind the journal's lives,
//   SEQUENCE_COMPACTED when it began there.
// Memory:    one response, which it mostly shares; the snapshot until it is
//   sent, which it shares with others: see Snapshots.
#ifndef SERVER_STREAM_WATCH_STREAM_H_
#define SERVER_STREAM_WATCH_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/gateway.h"
#include "server/access/access_control.h"
#include "server/stream/quiet_time.h"
#include "server/stream/response_writer.h"
#include "server/stream/snapshot_rows.h"
#include "server/stream/stream_reactor.h"
#include "server/stream/stream_registry.h"
#include "server/stream/watch_pages.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

// What the watchers of one gateway have in common. Outlives their RPCs.
struct Watchers {
  explicit Watchers(const EventJournal& journal) : pages(journal) {}

  StreamRegistry streams;
  std::atomic<size_t> live = 0;
  WatchPages pages;
};

class WatchStream final
    : private ResponseSource,
      public StreamReactor<grpc::ServerWriteReactor<grpc::ByteBuffer>>,
      public EventJournal::Watcher,
      public LiveStream,
      public std::enable_shared_from_this<WatchStream> {
 public:
  using Reactor = grpc::ServerWriteReactor<grpc::ByteBuffer>;

  static Reactor* Start(Gateway& gateway, Watchers& watchers,
                        grpc::CallbackServerContext& context,
                        const Caller& caller, const grpc::ByteBuffer& request);

  // Use Start.
  WatchStream(Gateway& gateway, Watchers& watchers,
              grpc::CallbackServerContext& context, const Caller& caller);

  // EventJournal::Watcher
  void OnTurn(const WatcherThread::Turn& turn) override;

  // LiveStream
  void CloseForShutdown() override;
  void Tick(std::chrono::steady_clock::time_point now) override;

 private:
  // StreamReactor
  void OnOver() override {
    --watchers_.live;
    lease_ = Lease();
  }

  // ResponseSource
  Composed Compose() override;
  bool SchedulePump() override;
  void OnBroken() override;

  absl::Status Begin(const grpc::ByteBuffer& request);
  absl::Status CheckRequest(const v1::WatchProxiesRequest& request);
  absl::Status AskForAll(const v1::WatchProxiesRequest& request);
  // Rules that came meanwhile count for what is still to be told.
  absl::Status AskAgain();
  absl::Status TakeFilter(const v1::WatchProxiesRequest& request);
  absl::Status TakePlace(const v1::WatchProxiesRequest& request);
  void TakeSnapshots();
  // Whether endpoints may be there that were not when the watch began.
  bool MayHaveNewcomers() const;
  // Each sets response_, if there is something.
  void ComposeSnapshot();
  void ComposeEvents();
  void ComposeHeartbeat();
  bool HasResponse() const { return response_.Length() > 0; }
  absl::StatusOr<WatchPage> NextPage();
  void Park();
  void CutOff(std::string_view why);

  Gateway& gateway_;
  Watchers& watchers_;
  const Caller caller_;
  uint64_t asked_at_;     // version of the terms
  AccessRequest access_;  // without the endpoint, which the filter has
  Lease lease_;           // until the RPC is over
  // That are watched, and after which event they were looked up.
  std::vector<EndpointHandle> endpoints_;
  uint64_t looked_up_after_ = 0;
  WatchFilter filter_;
  std::optional<EventJournal::PayloadWish> payload_wish_;

  QuietTime quiet_;  // the main thread's
  std::atomic<bool> heartbeat_due_ = false;
  std::atomic<uint64_t> composed_ = 0;  // responses

  // The loops' until ready_, the composer's from then on. Null once the events
  // have come to where the last of the snapshots was taken.
  std::unique_ptr<SnapshotRows> snapshot_;
  std::atomic<bool> ready_ = false;
  std::atomic<bool> snapshot_sent_ = false;
  std::atomic<uint64_t> after_ = 0;  // the event after which it goes on

  // The composer's alone; response_ is gRPC's while it is written.
  grpc::ByteBuffer response_;
  uint64_t round_ = 0;  // 0: this turn is not for news
  bool parked_ = false;
  bool more_ = false;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_WATCH_STREAM_H_
