// The part of Endpoint that lives with the child, from its start to its end.

#include <algorithm>
#include <asio/post.hpp>
#include <string>
#include <utility>

#include "endpoint/actors/mail_round.h"
#include "endpoint/endpoint.h"
#include "endpoint/error.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway {

using Rung = ChildProcess::Rung;

namespace {

// Of the flight record, on a fatal error.
constexpr size_t kLoggedFrames = 32;

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

}  // namespace

// --- A run begins ----------------------------------------------------------

void Endpoint::StartChild() {
  BeginIncarnation();
  Enter(EndpointState::kStarting, "the child is being started");
  absl::StatusOr<std::shared_ptr<ChildProcess>> child =
      ChildProcess::Start(loop_, options_.command, *this);
  if (child.ok()) {
    child_ = *std::move(child);
    return MakeRun();
  }
  exec_failure_ = child.status();
  DecideRestart(/*failed=*/true, std::string(MessageOf(exec_failure_)));
}

void Endpoint::BeginIncarnation() {
  restart_policy_.NoteStart(with_.clock.Steady());
  MutexLock lock(mutex_);
  ++standing_.incarnation.value;
  standing_.started = with_.clock.Steady();
  if (standing_.last_run != nullptr) {
    standing_.past_runs.push_back(std::exchange(standing_.last_run, nullptr));
  }
  // Nobody but us can reach what only we hold.
  for (auto run = standing_.past_runs.begin();
       run != standing_.past_runs.end();) {
    if (run->use_count() > 1) {
      ++run;
      continue;
    }
    standing_.past.Add((*run)->writer);
    run = standing_.past_runs.erase(run);
  }
}

void Endpoint::MakeRun() {
  const Incarnation incarnation = Report().incarnation;
  run_ =
      std::make_shared<ChildRun>(incarnation, child_, queue_limits_,
                                 options_.exit_linger, with_.clock, recorder_);
  decoder_ = std::make_unique<FrameDecoder>(options_.max_frame_bytes);
  dispatcher_ = std::make_unique<Dispatcher>(
      Dispatcher::Surroundings{.clock = with_.clock,
                               .log = with_.log,
                               .journal = with_.journal,
                               .locals = with_.locals,
                               .remotes = run_->remotes,
                               .held = run_->held,
                               .writer = run_->writer,
                               .figures = figures_,
                               .dialect = dialect_,
                               .max_proxies = options_.max_proxies,
                               .strict = options_.strict_protocol},
      shared_name_, incarnation);
  transport_open_ = true;
  end_cause_.clear();
  exec_failure_ = absl::OkStatus();
  if (options_.proxy_idle_timeout.count() > 0) AwaitIdle();
  if (options_.hang_timeout.count() > 0) {
    hang_detector_.emplace(options_.hang_timeout);
    AwaitHang();
  }
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

void Endpoint::OnRunning() {
  ran_once_ = true;
  if (wish_ == Wish::kRun && transport_open_) {
    PublishRun();
    Enter(EndpointState::kRunning, "the child runs");
    Settle(absl::OkStatus());
  }
}

void Endpoint::OnExecFailed(const absl::Status& why) {
  exec_failure_ = why;
  transport_open_ = false;
  idle_timer_.cancel();
  hang_timer_.cancel();
  CloseWriter(MessageOf(why));
}

void Endpoint::PublishRun() {
  MutexLock lock(mutex_);
  standing_.run = run_;
  standing_.last_run = run_;
}

// --- A run goes on ---------------------------------------------------------

void Endpoint::OnOutput(std::string_view bytes) {
  if (!transport_open_) return;  // drained, so that the child can end
  dispatcher_->CountBytes(bytes.size());
  const absl::Time now = with_.clock.Now();
  const absl::Status status = decoder_->Feed(
      bytes,
      [this, now](std::string_view content) {
        recorder_.NoteReceived(run_->incarnation, now, content);
        return dispatcher_->OnFrame(content, now);
      },
      [this](uint64_t size) { return dispatcher_->OnSkippedFrame(size); });
  dispatcher_->Flush();
  if (!status.ok()) {
    Distrust(fmt::format("protocol error: {}", MessageOf(status)),
             Rung::kTerminate);
  } else if (dispatcher_->goodbye().has_value()) {
    const std::string& why = *dispatcher_->goodbye();
    if (wish_ != Wish::kRun) return EndTransport(why, Rung::kWait);
    Distrust(fmt::format("transport_error: {}", why), Rung::kWait);
  }
}

void Endpoint::OnOutputEnd() {
  const absl::Status status = decoder_->Finish();
  if (!status.ok()) {
    return Distrust(fmt::format("protocol error: {}", MessageOf(status)),
                    Rung::kWait);
  }
  EndTransport("the child's stdout has ended", Rung::kWait);
}

void Endpoint::OnErrorLine(std::string_view line, bool truncated) {
  with_.log.info("endpoint {}: stderr: {}{}", name(), line,
                 truncated ? " [cut]" : "");
  const EventJournal::Wakeup wakeup = with_.journal.Append(
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

void Endpoint::OnInputClosed() {
  if (wish_ != Wish::kRun) return;
  Distrust("the child has closed its stdin", Rung::kTerminate);
}

// --- A run ends ------------------------------------------------------------

// The child can't be worked with any more, and that is why it ends.
void Endpoint::Distrust(std::string cause, Rung first) {
  if (!transport_open_) return;
  end_cause_ = std::move(cause);
  EndTransport(end_cause_, first);
  LogFlightRecord();
}

void Endpoint::LogFlightRecord() {
  std::vector<RecordedFrame> frames = FlightRecord();
  const size_t first = frames.size() - std::min(frames.size(), kLoggedFrames);
  for (size_t i = first; i < frames.size(); ++i) {
    const RecordedFrame& frame = frames[i];
    with_.log.warn("endpoint {}: flight: {} {} bytes, incarnation {}: {}",
                   name(), frame.from_child ? "from" : "to", frame.size,
                   frame.incarnation.value, frame.text);
  }
}

// The child's stream has ended or can't be trusted: its actors are gone.
void Endpoint::EndTransport(std::string_view why, Rung first) {
  TellEnds(TakeEnded());
  if (!std::exchange(transport_open_, false)) return;
  idle_timer_.cancel();
  hang_timer_.cancel();
  held_timer_.cancel();
  if (wish_ == Wish::kRun) Enter(EndpointState::kStopping, std::string(why));
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

void Endpoint::OnEnd(const ProcessExit& exit) {
  EndTransport("the child has ended", Rung::kWait);
  const std::string reason = RecordEnd(exit);
  const bool failed = exit.code != 0 || !end_cause_.empty();
  switch (wish_) {
    case Wish::kRun:
      return DecideRestart(failed, reason);
    case Wish::kRestart:
      wish_ = Wish::kRun;
      return StartChild();
    case Wish::kStop:
    case Wish::kEnd:
      const bool stopped = exec_failure_.ok();
      Enter(stopped ? EndpointState::kStopped : EndpointState::kFailed, reason);
      return Settle(exec_failure_);
  }
}

// The child is gone: keeps what is known of its end, and returns why it ended.
std::string Endpoint::RecordEnd(const ProcessExit& exit) {
  auto last_exit = std::make_shared<const ChildExit>(
      ChildExit{.incarnation = run_->incarnation,
                .exit = exit,
                .time = with_.clock.Now(),
                .reason = EndReason(exit),
                .stderr_lines = child_->LastErrorLines(),
                .hints = EndHints(exit)});
  child_ = nullptr;
  run_ = nullptr;
  MutexLock lock(mutex_);
  standing_.last_exit = last_exit;
  return last_exit->reason;
}

// A thespian process that is written to in the wrong form ends with its first
// message, and never says anything.
std::vector<std::string> Endpoint::EndHints(const ProcessExit& exit) const {
  std::vector<std::string> hints = dispatcher_->hints();
  const uint64_t written = run_->writer.messages().written;
  const bool by_itself = wish_ == Wish::kRun && exec_failure_.ok();
  if (by_itself && exit.code.value_or(0) != 0 && written > 0 &&
      dispatcher_->frames() == 0) {
    std::string hint = fmt::format(
        "the child ended before it said anything, after {} messages to it: "
        "with --dialect {} ids are written {}; a thespian process ends at the "
        "first id in another form",
        written, dialect_.name,
        dialect_.ids == IdForm::kTagged ? "with tags" : "as integers");
    with_.log.warn("endpoint {}: {}", name(), hint);
    hints.push_back(std::move(hint));
  }
  return hints;
}

std::string Endpoint::EndReason(const ProcessExit& exit) const {
  if (!exec_failure_.ok()) return std::string(MessageOf(exec_failure_));
  const std::string how = thespian::gateway::Describe(exit);
  return end_cause_.empty()
             ? fmt::format("the child ended: {}", how)
             : fmt::format("{}; the child ended: {}", end_cause_, how);
}

// --- The state -------------------------------------------------------------

void Endpoint::Enter(EndpointState state, std::string reason) {
  state_ = state;
  const int64_t pid = child_ == nullptr ? 0 : child_->pid();
  Incarnation incarnation;
  std::shared_ptr<const ChildExit> exit;
  {
    MutexLock lock(mutex_);
    standing_.state = state;
    // Whoever hears of the state finds that nothing can be sent any more.
    if (!TakesMessages(state)) standing_.run = nullptr;
    standing_.reason = reason;
    standing_.pid = pid;
    incarnation = standing_.incarnation;
    exit = standing_.last_exit;
  }
  with_.log.log(LevelOf(state), "endpoint {}: {}, incarnation {}, pid {}: {}",
                name(), StateName(state), incarnation.value, pid, reason);
  // Health first: whoever hears of the state finds it there.
  if (with_.on_state) with_.on_state(state);
  const EventJournal::Wakeup wakeup = with_.journal.Append(
      {.endpoint = shared_name_,
       .incarnation = incarnation,
       .body = EndpointStateChanged{
           .state = state, .pid = pid, .reason = reason, .exit = exit}});
  TellClients(state, incarnation, reason);
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

}  // namespace thespian::gateway
