#include "endpoint/endpoint.h"

#include <algorithm>
#include <asio/post.hpp>
#include <utility>

#include "endpoint/actors/mail_round.h"
#include "endpoint/check.h"
#include "endpoint/error.h"
#include "endpoint/wire/message.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway {

void WriteFigures::Add(const FrameWriter& writer) {
  messages += writer.messages();
  controls += writer.controls();
  bytes += writer.written_bytes();
}

namespace {

// One batch may follow where low_bytes wait already: a batch that waited for
// room always finds it.
FrameWriter::Limits RoomFor(size_t frame_bytes, FrameWriter::Limits limits) {
  const size_t least = 2 * (frame_bytes + kFullBatchBytes);
  limits.high_bytes = std::max(limits.high_bytes, least);
  limits.low_bytes = limits.high_bytes / 2;
  return limits;
}

}  // namespace

Endpoint::Endpoint(EndpointOptions options, Surroundings surroundings)
    : options_(std::move(options)),
      dialect_(RowOf(options_.dialect)),
      max_outgoing_(
          std::min(dialect_.max_frame_bytes, options_.max_frame_bytes)),
      queue_limits_(RoomFor(max_outgoing_, options_.queue)),
      shared_name_(surroundings.journal.NameOf(options_.name)),
      with_(std::move(surroundings)),
      supervisor_(options_.name, options_.hang,
                  RestartPolicy(options_.restart, std::move(with_.chance))),
      snapshots_(with_.journal, [this] { return DescribeState(); }) {}

Endpoint::~Endpoint() {
  if (!thread_.joinable()) return;
  Stop();
  Join();
}

EndpointReport Endpoint::Report() const {
  Standing standing;
  std::map<std::string, uint64_t> unread;
  {
    MutexLock lock(mutex_);
    standing = standing_;
    unread = unread_;
  }
  EndpointReport report = {.name = name(),
                           .state = standing.state,
                           .reason = standing.reason,
                           .pid = standing.pid,
                           .incarnation = standing.incarnation,
                           .last_exit = standing.last_exit,
                           .inbound = figures_.Get(),
                           .outbound = standing.past,
                           .refused = refused_,
                           .unread = std::move(unread)};
  if (standing.pid != 0) {
    report.uptime = with_.clock.Steady() - standing.started;
  }
  for (const auto& run : standing.past_runs) report.outbound.Add(run->writer);
  if (standing.last_run != nullptr) {
    report.outbound.Add(standing.last_run->writer);
    report.queued_bytes = standing.last_run->writer.queued_bytes();
  }
  return report;
}

bool Endpoint::ListProxies(size_t most, uint64_t& place,
                           std::vector<ProxyRow>& rows,
                           Incarnation& incarnation) const {
  std::shared_ptr<ChildRun> run;
  {
    MutexLock lock(mutex_);
    run = standing_.last_run;
  }
  if (run == nullptr) return false;
  incarnation = run->incarnation;
  return run->remotes.List(most, place, rows);
}

void Endpoint::TakeSnapshot(Snapshots::Take take) {
  absl::AnyInvocable<void()&&> task = [this, take = std::move(take)]() mutable {
    if (loop_.get_executor().running_in_this_thread()) {
      if (snapshots_.Ask(std::move(take))) StepSnapshots();
    } else {
      std::move(take)(
          std::make_shared<const EndpointSnapshot>(DescribeState()));
    }
  };
  if (!Post(task)) std::move(task)();
}

void Endpoint::StepSnapshots() {
  std::shared_ptr<RemoteActors> table;
  if (run_ != nullptr) table = {run_, &run_->remotes};
  if (!snapshots_.Step(table)) return;
  asio::post(loop_, [this] { StepSnapshots(); });
}

void Endpoint::ReleaseProxy(RemoteId remote, Incarnation incarnation,
                            Released done) {
  const absl::StatusOr<std::shared_ptr<ChildRun>> run = CurrentRun();
  if (!run.ok()) return std::move(done)(run.status());
  absl::Status status = CheckIncarnation(**run, incarnation);
  if (!status.ok()) return std::move(done)(status);
  absl::AnyInvocable<void()&&> task = [this, run = *run, remote,
                                       done = std::move(done)]() mutable {
    if (run != run_ || !dispatcher_->Release(remote, kReleasedReason)) {
      return std::move(done)(
          ActorUnknownError("remote_id", remote, run->incarnation));
    }
    dispatcher_->Flush();
    std::move(done)(run->incarnation);
  };
  if (!Post(task)) std::move(task)();
}

void Endpoint::CountUnread(const std::string& reason) {
  MutexLock lock(mutex_);
  ++unread_[reason];
}

EndpointSnapshot Endpoint::DescribeState() const {
  EndpointSnapshot snapshot = {.sequence = with_.journal.last_sequence(),
                               .time = with_.clock.Now(),
                               .endpoint = shared_name_};
  MutexLock lock(mutex_);
  snapshot.incarnation = standing_.incarnation;
  snapshot.state = {.state = standing_.state,
                    .pid = standing_.pid,
                    .reason = standing_.reason,
                    .exit = standing_.last_exit};
  return snapshot;
}

}  // namespace thespian::gateway
