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

using Rung = ChildProcess::Rung;

void WriteFigures::Add(const FrameWriter& writer) {
  messages += writer.messages();
  controls += writer.controls();
  bytes += writer.written_bytes();
}

namespace {

spdlog::level::level_enum LevelOf(EndpointState state) {
  switch (state) {
    case EndpointState::kStarting:
      return spdlog::level::debug;
    case EndpointState::kFailed:
      return spdlog::level::err;
    case EndpointState::kBackoff:
    case EndpointState::kUnresponsive:
      return spdlog::level::warn;
    case EndpointState::kRunning:
    case EndpointState::kStopping:
    case EndpointState::kStopped:
      return spdlog::level::info;
  }
  return spdlog::level::info;
}

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
      max_outgoing_(
          MaxOutgoingFrameBytes(options_.profile, options_.max_frame_bytes)),
      queue_limits_(RoomFor(max_outgoing_, options_.queue)),
      shared_name_(std::make_shared<const std::string>(options_.name)),
      with_(std::move(surroundings)) {}

Endpoint::~Endpoint() {
  if (!thread_.joinable()) return;
  Stop();
  Join();
}

// --- Life ------------------------------------------------------------------

absl::Status Endpoint::Start() {
  Check(!thread_.joinable(), "an endpoint is started once");
  std::promise<absl::Status> started;
  on_started_ = [&started](absl::Status status) {
    started.set_value(std::move(status));
  };
  keep_loop_.emplace(asio::make_work_guard(loop_));
  asio::post(loop_, [this] { StartChild(); });
  thread_ = std::thread([this] { RunLoop(); });
  return started.get_future().get();
}

void Endpoint::Stop() {
  asio::post(loop_, [this] { StopOnLoop(Rung::kWait); });
}

void Endpoint::Kill() {
  asio::post(loop_, [this] { StopOnLoop(Rung::kKill); });
}

void Endpoint::Join() {
  asio::post(loop_, [this] { keep_loop_.reset(); });
  if (thread_.joinable()) thread_.join();
}

void Endpoint::RunLoop() {
  loop_.run();
  {
    MutexLock lock(mutex_);
    loop_ended_ = true;
  }
  // What was asked for before that is answered.
  loop_.restart();
  loop_.poll();
}

void Endpoint::StartChild() {
  {
    MutexLock lock(mutex_);
    ++standing_.incarnation.value;
    standing_.started = with_.clock.Steady();
    if (standing_.last_run != nullptr) {
      standing_.past.Add(standing_.last_run->writer);
      standing_.last_run = nullptr;
    }
  }
  Enter(EndpointState::kStarting, "the child is being started");
  absl::StatusOr<std::shared_ptr<ChildProcess>> child =
      ChildProcess::Start(loop_, options_.command, *this);
  if (!child.ok()) {
    Enter(EndpointState::kFailed, std::string(MessageOf(child.status())));
    return ReportStart(child.status());
  }
  child_ = *std::move(child);
  const Incarnation incarnation = Report().incarnation;
  run_ = std::make_shared<ChildRun>(incarnation, child_, queue_limits_);
  decoder_ = std::make_unique<FrameDecoder>(options_.max_frame_bytes);
  dispatcher_ = std::make_unique<Dispatcher>(
      Dispatcher::Surroundings{.clock = with_.clock,
                               .journal = with_.journal,
                               .locals = with_.locals,
                               .remotes = run_->remotes,
                               .writer = run_->writer,
                               .figures = figures_,
                               .max_proxies = options_.max_proxies},
      shared_name_, incarnation);
  transport_open_ = true;
  end_cause_.clear();
  exec_failure_ = absl::OkStatus();
  if (options_.proxy_idle_timeout.count() > 0) AwaitIdle();
}

// Looks for idle proxies twice in each timeout, while the transport is open.
void Endpoint::AwaitIdle() {
  idle_timer_.expires_after(options_.proxy_idle_timeout / 2);
  idle_timer_.async_wait([this](const std::error_code& error) {
    if (error || !transport_open_) return;
    dispatcher_->ReleaseIdle(with_.clock.Now() -
                             absl::FromChrono(options_.proxy_idle_timeout));
    dispatcher_->Flush();
    AwaitIdle();
  });
}

void Endpoint::ReportStart(const absl::Status& status) {
  if (!on_started_) return;
  auto report = std::move(on_started_);
  on_started_ = nullptr;
  std::move(report)(status);
}

void Endpoint::StopOnLoop(Rung first) {
  const bool again = std::exchange(stop_asked_, true);
  if (child_ == nullptr) return;
  if (!again) {
    Enter(EndpointState::kStopping, "the gateway stops it");
    CloseWriter("is being stopped");
  }
  child_->Stop(first);
}

// --- ChildEvents -----------------------------------------------------------

void Endpoint::OnRunning() {
  if (!stop_asked_ && transport_open_) {
    PublishRun();
    Enter(EndpointState::kRunning, "the child runs");
  }
  ReportStart(absl::OkStatus());
}

void Endpoint::OnExecFailed(const absl::Status& why) {
  exec_failure_ = why;
  transport_open_ = false;
  idle_timer_.cancel();
  CloseWriter(MessageOf(why));
}

void Endpoint::OnOutput(std::string_view bytes) {
  if (!transport_open_) return;  // drained, so that the child can end
  dispatcher_->CountBytes(bytes.size());
  const absl::Status status = decoder_->Feed(
      bytes,
      [this](std::string_view content) {
        return dispatcher_->OnFrame(content);
      },
      [this](uint64_t size) { return dispatcher_->OnSkippedFrame(size); });
  dispatcher_->Flush();
  if (!status.ok()) {
    end_cause_ = fmt::format("protocol error: {}", MessageOf(status));
    EndTransport(end_cause_, Rung::kTerminate);
  } else if (dispatcher_->goodbye().has_value()) {
    if (!stop_asked_) {
      end_cause_ = fmt::format("transport_error: {}", *dispatcher_->goodbye());
    }
    EndTransport(*dispatcher_->goodbye(), Rung::kWait);
  }
}

void Endpoint::OnOutputEnd() {
  const absl::Status status = decoder_->Finish();
  if (transport_open_ && !status.ok()) {
    end_cause_ = fmt::format("protocol error: {}", MessageOf(status));
  }
  EndTransport(status.ok() ? "the child's stdout has ended" : end_cause_,
               Rung::kWait);
}

void Endpoint::OnErrorLine(std::string_view line, bool truncated) {
  with_.log.info("endpoint {}: stderr: {}{}", name(), line,
                 truncated ? " [cut]" : "");
  with_.journal.Append(
      {.endpoint = shared_name_,
       .incarnation = run_->incarnation,
       .body = StderrLine{.line = std::string(line), .truncated = truncated}});
}

void Endpoint::OnErrorLinesSuppressed(uint64_t lines) {
  with_.log.warn("endpoint {}: stderr: {} lines held back: too many a second",
                 name(), lines);
}

void Endpoint::OnInputWritable() {
  if (run_ != nullptr) run_->writer.OnWritable();
}

void Endpoint::OnEnd(const ProcessExit& exit) {
  EndTransport("the child has ended", Rung::kWait);
  auto last_exit = std::make_shared<const ChildExit>(
      ChildExit{.incarnation = run_->incarnation,
                .exit = exit,
                .time = with_.clock.Now(),
                .reason = EndReason(exit),
                .stderr_lines = child_->LastErrorLines()});
  child_ = nullptr;
  run_ = nullptr;
  {
    MutexLock lock(mutex_);
    standing_.last_exit = last_exit;
  }
  const bool stopped = stop_asked_ && exec_failure_.ok();
  Enter(stopped ? EndpointState::kStopped : EndpointState::kFailed,
        last_exit->reason);
  ReportStart(exec_failure_);
}

std::string Endpoint::EndReason(const ProcessExit& exit) const {
  if (!exec_failure_.ok()) return std::string(MessageOf(exec_failure_));
  const std::string how = thespian::gateway::Describe(exit);
  return end_cause_.empty()
             ? fmt::format("the child ended: {}", how)
             : fmt::format("{}; the child ended: {}", end_cause_, how);
}

// The child's stream has ended or can't be trusted: its actors are gone.
void Endpoint::EndTransport(std::string_view why, Rung first) {
  if (!std::exchange(transport_open_, false)) return;
  idle_timer_.cancel();
  if (!stop_asked_) Enter(EndpointState::kStopping, std::string(why));
  CloseWriter(why);
  dispatcher_->CloseAll();
  dispatcher_->Flush();
  child_->Stop(first);
}

void Endpoint::CloseWriter(std::string_view why) {
  {
    MutexLock lock(mutex_);
    standing_.run = nullptr;
  }
  run_->writer.Close(MakeError(
      ErrorReason::kEndpointDown,
      fmt::format("endpoint '{}' takes no messages: {}", name(), why)));
}

void Endpoint::PublishRun() {
  MutexLock lock(mutex_);
  standing_.run = run_;
  standing_.last_run = run_;
}

void Endpoint::Enter(EndpointState state, std::string reason) {
  const int64_t pid = child_ == nullptr ? 0 : child_->pid();
  Incarnation incarnation;
  std::shared_ptr<const ChildExit> exit;
  {
    MutexLock lock(mutex_);
    standing_.state = state;
    // Whoever hears of the state finds that nothing can be sent any more.
    if (state != EndpointState::kRunning) standing_.run = nullptr;
    standing_.reason = reason;
    standing_.pid = pid;
    incarnation = standing_.incarnation;
    exit = standing_.last_exit;
  }
  with_.log.log(LevelOf(state), "endpoint {}: {}, incarnation {}, pid {}: {}",
                name(), StateName(state), incarnation.value, pid, reason);
  with_.journal.Append(
      {.endpoint = shared_name_,
       .incarnation = incarnation,
       .body = EndpointStateChanged{
           .state = state, .pid = pid, .reason = reason, .exit = exit}});
  TellClients(state, incarnation, reason);
  if (with_.on_state) with_.on_state(state);
}

void Endpoint::TellClients(EndpointState state, Incarnation incarnation,
                           std::string_view reason) {
  MailRound round;
  for (const std::shared_ptr<LocalActor>& actor : with_.locals.All()) {
    round.Add(actor,
              {.kind = MailKind::kEndpointChanged,
               .state = state,
               .endpoint = shared_name_,
               .incarnation = incarnation},
              reason);
  }
  round.Flush();
}

// --- Telling ---------------------------------------------------------------

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

void Endpoint::TakeSnapshot(absl::AnyInvocable<void(Snapshot) &&> take) {
  {
    MutexLock lock(mutex_);
    if (!loop_ended_) {
      // Under the lock: in time for the loop's last look at its tasks.
      asio::post(loop_, [this, take = std::move(take)]() mutable {
        std::move(take)(MakeSnapshot());
      });
      return;
    }
  }
  std::move(take)(MakeSnapshot());
}

void Endpoint::ReleaseProxy(RemoteId remote, Incarnation incarnation,
                            Released done) {
  const absl::StatusOr<std::shared_ptr<ChildRun>> run = CurrentRun();
  if (!run.ok()) return std::move(done)(run.status());
  absl::Status status = CheckIncarnation(**run, incarnation);
  if (!status.ok()) return std::move(done)(status);
  asio::post(
      loop_, [this, run = *run, remote, done = std::move(done)]() mutable {
        if (run != run_ || !dispatcher_->Release(remote, kReleasedReason)) {
          return std::move(done)(
              ActorUnknownError("remote_id", remote, run->incarnation));
        }
        dispatcher_->Flush();
        std::move(done)(run->incarnation);
      });
}

void Endpoint::CountUnread(const std::string& reason) {
  MutexLock lock(mutex_);
  ++unread_[reason];
}

Endpoint::Snapshot Endpoint::MakeSnapshot() const {
  Snapshot snapshot = {.sequence = with_.journal.last_sequence(),
                       .time = with_.clock.Now(),
                       .endpoint = shared_name_};
  {
    MutexLock lock(mutex_);
    snapshot.incarnation = standing_.incarnation;
    snapshot.state = {.state = standing_.state,
                      .pid = standing_.pid,
                      .reason = standing_.reason,
                      .exit = standing_.last_exit};
  }
  if (run_ != nullptr) snapshot.proxies = run_->remotes.Snapshot();
  return snapshot;
}

}  // namespace thespian::gateway
