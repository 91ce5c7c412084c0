#include "server/stream/watch_stream.h"

#include <algorithm>
#include <utility>

#include "endpoint/error.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "server/codec/api_values.h"
#include "server/codec/rpc_error.h"

namespace thespian::gateway {

WatchStream::Reactor* WatchStream::Start(
    Gateway& gateway, StreamRegistry& streams, std::atomic<size_t>& watchers,
    grpc::CallbackServerContext* context,
    const v1::WatchProxiesRequest& request) {
  auto stream =
      std::make_shared<WatchStream>(gateway, watchers, context, request);
  streams.Add(stream);
  Reactor* reactor = Keep(stream);
  const absl::Status status = stream->Begin(request);
  if (!status.ok()) {
    stream->FinishNow(ToGrpcStatus(status));
    return reactor;
  }
  reactor->StartSendInitialMetadata();
  if (stream->ready_) {
    stream->Pump();
  } else {
    stream->TakeSnapshots();
  }
  return reactor;
}

WatchStream::WatchStream(Gateway& gateway, std::atomic<size_t>& watchers,
                         grpc::CallbackServerContext* context,
                         const v1::WatchProxiesRequest& request)
    : PumpedStream(context),
      gateway_(gateway),
      watchers_(watchers),
      all_endpoints_(request.endpoint().empty()),
      kinds_(KindsOf(request)),
      with_payloads_(request.include_payloads()) {
  ++watchers_;
}

WatchStream::~WatchStream() { --watchers_; }

// --- Beginning -------------------------------------------------------------

absl::Status WatchStream::CheckRequest(const v1::WatchProxiesRequest& request) {
  if (gateway_.stopping()) return ShuttingDownError();
  const size_t most = gateway_.options().max_watchers;
  if (watchers_ > most) {
    return MakeError(
        ErrorReason::kLimitReached,
        fmt::format("there are {} watchers already, as many as may be", most));
  }
  for (const int kind : request.kinds()) {
    if (v1::ProxyEventKind_IsValid(kind) &&
        kind != v1::PROXY_EVENT_KIND_UNSPECIFIED) {
      continue;
    }
    return MakeFieldError(
        ErrorReason::kFieldInvalid, "kinds",
        fmt::format("kinds has {}, which is no kind of event", kind));
  }
  return absl::OkStatus();
}

absl::Status WatchStream::Begin(const v1::WatchProxiesRequest& request) {
  absl::Status status = CheckRequest(request);
  if (!status.ok()) return status;
  if (all_endpoints_) {
    endpoints_ = gateway_.Endpoints();
  } else {
    const absl::StatusOr<Endpoint*> endpoint =
        gateway_.FindEndpoint(request.endpoint());
    if (!endpoint.ok()) return endpoint.status();
    endpoints_ = {*endpoint};
  }
  if (with_payloads_) payload_wish_.emplace(gateway_.journal());
  const uint64_t after = request.after_sequence();
  if (request.skip_snapshot() && after == 0) {
    after_ = gateway_.journal().last_sequence();
    ready_ = snapshot_sent_ = true;
  } else if (after > 0 && IsHeld(after)) {
    after_ = after;
    ready_ = snapshot_sent_ = true;
  } else if (request.skip_snapshot()) {
    return MakeFieldError(
        ErrorReason::kSequenceCompacted, "after_sequence",
        fmt::format("the events after_sequence {} are not held (the newest is "
                    "{}); watch again with a snapshot",
                    after, gateway_.journal().last_sequence()));
  }
  return absl::OkStatus();
}

// Whether the journal can go on where the client stopped. A sequence that has
// not been given yet is of another life of the gateway.
bool WatchStream::IsHeld(uint64_t after) const {
  if (after > gateway_.journal().last_sequence()) return false;
  std::vector<ProxyEvent> none;
  uint64_t from = after;
  return gateway_.journal().Read(kinds_, 0, from, none).ok();
}

void WatchStream::TakeSnapshots() {
  const size_t number = snapshots_.size();
  if (number == endpoints_.size()) {
    after_ = gateway_.journal().last_sequence();
    for (const Endpoint::Snapshot& snapshot : snapshots_) {
      told_until_[*snapshot.endpoint] = snapshot.sequence;
      after_ = std::min(after_, snapshot.sequence);
      snapshot_time_ = snapshot.time;
    }
    ready_ = true;
    return Pump();
  }
  endpoints_[number]->TakeSnapshot(
      [self = shared_from_this()](Endpoint::Snapshot snapshot) {
        self->snapshots_.push_back(std::move(snapshot));
        self->TakeSnapshots();
      });
}

// --- Composing -------------------------------------------------------------

void WatchStream::Compose(ArenaMessage<v1::WatchProxiesResponse>& response) {
  if (!ready_) return;
  if (snapshot_sent_) {
    ComposeEvents(*response);
  } else {
    ComposeSnapshot(*response);
  }
}

bool WatchStream::IsEmpty(
    const ArenaMessage<v1::WatchProxiesResponse>& response) const {
  return response->events().empty();
}

void WatchStream::ComposeSnapshot(v1::WatchProxiesResponse& response) {
  while (!snapshots_.empty()) {
    const Endpoint::Snapshot& snapshot = snapshots_.front();
    for (; next_row_ <= snapshot.proxies.size(); ++next_row_) {
      if (response.events_size() == kMaxBatchEvents) return;
      ProxyEvent row = {.sequence = snapshot.sequence,
                        .time = snapshot.time,
                        .endpoint = snapshot.endpoint,
                        .incarnation = snapshot.incarnation};
      if (next_row_ == 0) {
        row.body = snapshot.state;
      } else {
        const RemoteActors::LiveProxy& proxy = snapshot.proxies[next_row_ - 1];
        row.time = proxy.created;
        row.body = ProxyCreated{.remote = proxy.id};
        ++rows_;
      }
      if ((KindOf(row) & kinds_) == 0) continue;
      ToApi(row, with_payloads_, *response.add_events());
    }
    next_row_ = 0;
    snapshots_.pop_front();
  }
  snapshot_sent_ = true;
  ToApi({.sequence = after_,
         .time = snapshot_time_,
         .endpoint = all_endpoints_ ? nullptr : &endpoints_.front()->name(),
         .body = SnapshotComplete{.proxies = rows_}},
        with_payloads_, *response.add_events());
}

void WatchStream::ComposeEvents(v1::WatchProxiesResponse& response) {
  do {
    if (!ReadEvents(response)) return;
  } while (response.events().empty() &&
           !gateway_.journal().Park(kinds_, after_, weak_from_this()));
}

// False: the stream ends.
bool WatchStream::ReadEvents(v1::WatchProxiesResponse& response) {
  events_.clear();
  const size_t most =
      with_payloads_ ? kMaxBatchBytes / kEventPayloadBytes : kMaxBatchEvents;
  const absl::Status status =
      gateway_.journal().Read(kinds_, most, after_, events_);
  if (!status.ok()) {
    FinishNow(ToGrpcStatus(MakeError(
        ErrorReason::kMailboxFull,
        fmt::format("the watcher reads too slowly: {}; watch again from the "
                    "last sequence seen",
                    MessageOf(status)))));
    return false;
  }
  for (const ProxyEvent& event : events_) {
    if (Wanted(event)) ToApi(event, with_payloads_, *response.add_events());
  }
  return true;
}

bool WatchStream::Wanted(const ProxyEvent& event) const {
  if (event.endpoint == nullptr) return true;
  if (!all_endpoints_ && *event.endpoint != endpoints_.front()->name()) {
    return false;
  }
  const auto told = told_until_.find(*event.endpoint);
  return told == told_until_.end() || event.sequence > told->second;
}

// --- Ends ------------------------------------------------------------------

void WatchStream::OnCancel() {
  FinishNow(grpc::Status(grpc::StatusCode::CANCELLED, "the client went away"));
}

void WatchStream::CloseForShutdown() {
  FinishDrained(ToGrpcStatus(ShuttingDownError()));
}

void WatchStream::Tick(std::chrono::steady_clock::time_point now) {
  CancelIfStuck(now);
}

}  // namespace thespian::gateway
