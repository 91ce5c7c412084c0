// One WatchProxies: a snapshot, if one is wanted, and then the journal, read
// at the pace at which the client reads.
//
// Ownership: shared by gRPC, the journal (weakly) and the loops that take
//   snapshots for it; see PumpedStream.
// Threads:   Compose on gRPC's threads or on the appending one.
// Errors:    MAILBOX_FULL when the client fell behind the journal's lives,
//   SEQUENCE_COMPACTED when it began there.
// Memory:    one response; the rows of a snapshot until they are sent: 24
//   bytes a live proxy.
#ifndef SERVER_STREAM_WATCH_STREAM_H_
#define SERVER_STREAM_WATCH_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "endpoint/gateway.h"
#include "server/codec/arena_message.h"
#include "server/stream/pumped_stream.h"
#include "server/stream/stream_registry.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

class WatchStream final
    : public PumpedStream<grpc::ServerWriteReactor<v1::WatchProxiesResponse>,
                          ArenaMessage<v1::WatchProxiesResponse>>,
      public EventJournal::Listener,
      public LiveStream,
      public std::enable_shared_from_this<WatchStream> {
 public:
  using Reactor = grpc::ServerWriteReactor<v1::WatchProxiesResponse>;

  // `watchers` counts the live ones.
  static Reactor* Start(Gateway& gateway, StreamRegistry& streams,
                        std::atomic<size_t>& watchers,
                        grpc::CallbackServerContext* context,
                        const v1::WatchProxiesRequest& request);

  // Use Start.
  WatchStream(Gateway& gateway, std::atomic<size_t>& watchers,
              grpc::CallbackServerContext* context,
              const v1::WatchProxiesRequest& request);
  ~WatchStream() override;

  // EventJournal::Listener
  void OnEvents() override { Pump(); }

  // LiveStream
  void CloseForShutdown() override;
  void Tick(std::chrono::steady_clock::time_point now) override;

 private:
  // Reactor
  void OnCancel() override;

  // PumpedStream
  void Compose(ArenaMessage<v1::WatchProxiesResponse>& response) override;
  bool IsEmpty(
      const ArenaMessage<v1::WatchProxiesResponse>& response) const override;
  bool HasMore() const override { return true; }  // until it parks
  void OnBroken() override { OnCancel(); }

  absl::Status Begin(const v1::WatchProxiesRequest& request);
  absl::Status CheckRequest(const v1::WatchProxiesRequest& request);
  bool IsHeld(uint64_t after) const;
  void TakeSnapshots();
  void ComposeSnapshot(v1::WatchProxiesResponse& response);
  void ComposeEvents(v1::WatchProxiesResponse& response);
  bool ReadEvents(v1::WatchProxiesResponse& response);
  bool Wanted(const ProxyEvent& event) const;

  Gateway& gateway_;
  std::atomic<size_t>& watchers_;
  std::vector<Endpoint*> endpoints_;  // that are watched
  bool all_endpoints_ = false;
  EventKinds kinds_ = kAllKinds;
  bool with_payloads_ = false;
  std::optional<EventJournal::PayloadWish> payload_wish_;

  // Set by the loops, one after the other; read once all are there.
  std::deque<Endpoint::Snapshot> snapshots_;
  std::atomic<bool> ready_ = false;

  // The composer's alone.
  size_t next_row_ = 0;  // of snapshots_.front(); 0: its state
  uint64_t rows_ = 0;
  bool snapshot_sent_ = false;
  uint64_t after_ = 0;
  absl::Time snapshot_time_;
  // An endpoint's events up to here are in its snapshot.
  absl::flat_hash_map<std::string, uint64_t> told_until_;
  std::vector<ProxyEvent> events_;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_WATCH_STREAM_H_
