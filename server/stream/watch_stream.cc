#include "server/stream/watch_stream.h"

#include <algorithm>
#include <utility>

#include "endpoint/check.h"
#include "endpoint/error.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "server/codec/api_values.h"
#include "server/codec/raw_message.h"
#include "server/codec/rpc_error.h"
#include "server/stream/access_of.h"

namespace thespian::gateway {
namespace {

// What Protobuf has written one after the other, it reads as one message.
void AppendEpoch(uint64_t epoch, grpc::ByteBuffer& response) {
  v1::WatchProxiesResponse message;
  message.set_epoch(epoch);
  std::vector<grpc::Slice> slices;
  Check(response.Dump(&slices).ok(),
        "a response that was composed can be read");
  slices.emplace_back(message.SerializeAsString());
  response = grpc::ByteBuffer(slices.data(), slices.size());
}

bool IsOfAnotherRun(const v1::WatchProxiesRequest& request,
                    const EventJournal& journal) {
  return request.epoch() != 0 && request.epoch() != journal.epoch();
}

// A sequence that has not been given yet is of another run, too.
bool CanGoOn(const v1::WatchProxiesRequest& request,
             const EventJournal& journal) {
  return request.after_sequence() > 0 && !IsOfAnotherRun(request, journal) &&
         journal.Holds(request.after_sequence());
}

absl::Status NotHeldError(const v1::WatchProxiesRequest& request,
                          const EventJournal& journal) {
  if (IsOfAnotherRun(request, journal)) {
    return MakeFieldError(
        ErrorReason::kSequenceCompacted, "epoch",
        fmt::format("after_sequence {} is of another run of the gateway "
                    "(epoch {}, this one is {}); watch again with a snapshot",
                    request.after_sequence(), request.epoch(),
                    journal.epoch()));
  }
  return MakeFieldError(
      ErrorReason::kSequenceCompacted, "after_sequence",
      fmt::format("the events after_sequence {} are not held (the newest is "
                  "{}); watch again with a snapshot",
                  request.after_sequence(), journal.last_sequence()));
}

}  // namespace

WatchStream::Reactor* WatchStream::Start(Gateway& gateway, Watchers& watchers,
                                         grpc::CallbackServerContext& context,
                                         const Caller& caller,
                                         const grpc::ByteBuffer& request) {
  auto stream =
      std::make_shared<WatchStream>(gateway, watchers, context, caller);
  watchers.streams.Add(stream);
  Reactor* reactor = Keep(stream);
  const absl::Status status = stream->Begin(request);
  if (!status.ok()) {
    stream->writer().FinishNow(ToGrpcStatus(status));
    return reactor;
  }
  reactor->StartSendInitialMetadata();
  if (stream->snapshot_ != nullptr) {
    stream->TakeSnapshots();
  } else {
    stream->ready_ = true;
    stream->SchedulePump();
  }
  return reactor;
}

WatchStream::WatchStream(Gateway& gateway, Watchers& watchers,
                         grpc::CallbackServerContext& context,
                         const Caller& caller)
    : StreamReactor(context, *this),
      gateway_(gateway),
      watchers_(watchers),
      caller_(caller),
      asked_at_(caller.terms_version()) {
  ++watchers_.live;
}

// --- Beginning -------------------------------------------------------------

absl::Status WatchStream::Begin(const grpc::ByteBuffer& bytes) {
  v1::WatchProxiesRequest request;
  absl::Status status = Parse(bytes, request);
  if (status.ok()) status = AskForAll(request);
  if (status.ok()) status = CheckRequest(request);
  if (status.ok()) status = TakeFilter(request);
  if (status.ok()) status = TakePlace(request);
  return status;
}

// What shows more than that there are messages is left out of a watch that does
// not ask for it.
absl::Status WatchStream::AskForAll(const v1::WatchProxiesRequest& request) {
  AccessRequest access = AccessOf(request);
  absl::Status status = Ask(gateway_, caller_, access);
  if (!status.ok()) return status;
  absl::StatusOr<Lease> lease = caller_.Take(access.method, Cap::kWatchers);
  if (!lease.ok()) return lease.status();
  lease_ = *std::move(lease);
  access_ = access;
  access_.endpoint = {};
  access.payloads = true;
  filter_.details.stderr_lines = MayAsk(gateway_, caller_, access);
  return absl::OkStatus();
}

absl::Status WatchStream::AskAgain() {
  const uint64_t version = caller_.terms_version();
  if (std::exchange(asked_at_, version) == version) return absl::OkStatus();
  AccessRequest access = access_;
  if (filter_.endpoint != nullptr) access.endpoint = *filter_.endpoint;
  absl::Status status = Ask(gateway_, caller_, access);
  access.payloads = true;
  if (filter_.details.stderr_lines && !MayAsk(gateway_, caller_, access)) {
    filter_.details.stderr_lines = false;
    filter_.kinds &= ~KindOf<StderrLine>();
  }
  return status;
}

absl::Status WatchStream::CheckRequest(const v1::WatchProxiesRequest& request) {
  if (gateway_.stopping()) return ShuttingDownError();
  const size_t most = gateway_.options().max_watchers;
  if (watchers_.live > most) {
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

absl::Status WatchStream::TakeFilter(const v1::WatchProxiesRequest& request) {
  filter_.kinds = KindsOf(request);
  if (!filter_.details.stderr_lines) filter_.kinds &= ~KindOf<StderrLine>();
  filter_.details.payloads = request.include_payloads();
  looked_up_after_ = gateway_.journal().last_sequence();
  absl::StatusOr<std::vector<EndpointHandle>> endpoints =
      gateway_.directory().Named(request.endpoint());
  if (!endpoints.ok()) return endpoints.status();
  endpoints_ = *std::move(endpoints);
  if (!request.endpoint().empty()) {
    filter_.endpoint = gateway_.journal().NameOf(request.endpoint());
  }
  if (filter_.details.payloads) payload_wish_.emplace(gateway_.journal());
  return absl::OkStatus();
}

absl::Status WatchStream::TakePlace(const v1::WatchProxiesRequest& request) {
  const EventJournal& journal = gateway_.journal();
  const uint64_t after = request.after_sequence();
  if (CanGoOn(request, journal)) {
    after_ = after;
  } else if (!request.skip_snapshot()) {
    snapshot_ = std::make_unique<SnapshotRows>();
    return absl::OkStatus();
  } else if (after == 0) {
    after_ = journal.last_sequence();
  } else {
    return NotHeldError(request, journal);
  }
  snapshot_sent_ = true;
  return absl::OkStatus();
}

void WatchStream::TakeSnapshots() {
  const size_t taken = snapshot_->endpoints();
  if (taken < endpoints_.size()) {
    return endpoints_[taken]->proxies().TakeSnapshot(
        [self = shared_from_this()](SharedSnapshot snapshot) {
          self->snapshot_->Add(std::move(snapshot));
          self->TakeSnapshots();
        });
  }
  if (MayHaveNewcomers()) {
    snapshot_->BeginAfter(looked_up_after_, gateway_.clock().Now());
  }
  after_ = snapshot_->first_sequence();
  ready_ = true;
  SchedulePump();
}

bool WatchStream::MayHaveNewcomers() const {
  if (endpoints_.empty()) return true;
  const absl::StatusOr<std::vector<EndpointHandle>> now =
      gateway_.directory().Named(filter_.endpoint ? *filter_.endpoint : "");
  if (!now.ok()) return false;
  return !std::all_of(now->begin(), now->end(), [&](const EndpointHandle& one) {
    return std::find(endpoints_.begin(), endpoints_.end(), one) !=
           endpoints_.end();
  });
}

// --- Composing -------------------------------------------------------------

void WatchStream::OnTurn(const WatcherThread::Turn& turn) {
  if (turn.news) parked_ = false;
  round_ = turn.news ? turn.round : 0;
  writer().Pump();
}

bool WatchStream::SchedulePump() {
  gateway_.journal().Schedule(weak_from_this());
  return true;
}

ResponseSource::Composed WatchStream::Compose() {
  response_.Clear();
  more_ = false;
  const absl::Status allowed = AskAgain();
  if (!allowed.ok()) {
    writer().FinishNow(ToGrpcStatus(allowed));
    return {};
  }
  // What comes last must not be missed for what others were given before.
  if (writer().ending()) round_ = 0;
  if (ready_) {
    if (snapshot_sent_) {
      ComposeEvents();
    } else {
      ComposeSnapshot();
    }
  }
  const bool quiet = heartbeat_due_.exchange(false);
  if (quiet && !HasResponse()) ComposeHeartbeat();
  if (!HasResponse()) return {};
  if (composed_++ == 0) AppendEpoch(gateway_.journal().epoch(), response_);
  return {.response = &response_, .more = more_};
}

void WatchStream::ComposeSnapshot() {
  EventBuffer rows;
  snapshot_sent_ = snapshot_->Compose(filter_, rows);
  more_ = true;
  response_ = *rows.wire();
}

void WatchStream::ComposeEvents() {
  do {
    const absl::StatusOr<WatchPage> page = NextPage();
    if (!page.ok()) return CutOff(MessageOf(page.status()));
    after_ = page->last;
    more_ = page->full;
    response_ = page->bytes;
  } while (!HasResponse() && more_);
  if (!more_) Park();
}

absl::StatusOr<WatchPage> WatchStream::NextPage() {
  WatchPages& pages = watchers_.pages;
  if (snapshot_ != nullptr && after_ < snapshot_->last_sequence()) {
    return pages.Compose(after_, filter_, [this](const ProxyEvent& event) {
      return !snapshot_->Contains(event);
    });
  }
  snapshot_ = nullptr;
  return pages.After(after_, filter_, round_);
}

void WatchStream::Park() {
  if (std::exchange(parked_, true)) return;
  gateway_.journal().Park(filter_.kinds, after_, weak_from_this());
}

void WatchStream::ComposeHeartbeat() {
  v1::ProxyEvent event;
  event.set_sequence(snapshot_sent_ ? after_.load() : 0);
  ToApi(gateway_.clock().Now(), *event.mutable_time());
  event.mutable_heartbeat();
  EventBuffer events;
  events.Add(event);
  response_ = *events.wire();
}

// --- Ends ------------------------------------------------------------------

void WatchStream::CutOff(std::string_view why) {
  writer().FinishNow(ToGrpcStatus(MakeError(
      ErrorReason::kMailboxFull,
      fmt::format("the watcher reads too slowly: {}; watch again from the "
                  "last sequence seen",
                  why))));
}

void WatchStream::OnBroken() {
  writer().FinishNow(
      grpc::Status(grpc::StatusCode::CANCELLED, "the client went away"));
}

void WatchStream::CloseForShutdown() {
  writer().FinishDrained(ToGrpcStatus(ShuttingDownError()));
}

void WatchStream::Tick(std::chrono::steady_clock::time_point now) {
  writer().CancelIfStuck(now);
  // What it holds of a snapshot is of no use any more, and others need room.
  if (ready_ && !snapshot_sent_ && !gateway_.journal().Holds(after_)) {
    CutOff("the events after its snapshot are not held any more");
  }
  if (!quiet_.IsOver(composed_, now)) return;
  heartbeat_due_ = true;
  SchedulePump();
}

}  // namespace thespian::gateway
