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

void Endpoint::Do(Supervisor::BeginIncarnation&) {
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

void Endpoint::MakeRun(std::shared_ptr<Transport> transport) {
  const Incarnation incarnation = Report().incarnation;
  run_ = std::make_shared<ChildRun>(incarnation, std::move(transport),
                                    queue_limits_, options_.exit_linger,
                                    with_.clock, recorder_);
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
}

// Looks for idle proxies twice in each timeout, while the transport is open.
void Endpoint::AwaitIdle() {
  idle_timer_.expires_after(options_.proxy_idle_timeout / 2);
  idle_timer_.async_wait([this](const std::error_code& error) {
    if (error || !supervisor_.transport_open()) return;
    dispatcher_->ReleaseIdle(with_.clock.Now() -
                             absl::FromChrono(options_.proxy_idle_timeout));
    dispatcher_->Flush();
    AwaitIdle();
  });
}

void Endpoint::OnRunning() {
  output_open_ = true;
  run_->transport->Open(*this);
}

void Endpoint::OnOpened() { Handle(Supervisor::Opened{}); }

void Endpoint::OnExecFailed(const absl::Status& why) {
  Handle(Supervisor::ExecFailed{why});
}

void Endpoint::PublishRun() {
  MutexLock lock(mutex_);
  standing_.run = run_;
  standing_.last_run = run_;
}

// --- A run goes on ---------------------------------------------------------

void Endpoint::OnBytes(std::string_view bytes) {
  // It is drained to its end, so that the child can end.
  if (!supervisor_.transport_open()) return;
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
    Handle(Supervisor::TransportFailed{
        fmt::format("protocol error: {}", MessageOf(status)),
        StopRung::kTerminate});
  } else if (dispatcher_->goodbye().has_value()) {
    Handle(Supervisor::Goodbye{*dispatcher_->goodbye()});
  }
}

void Endpoint::OnEnded() {
  output_open_ = false;
  const absl::Status status = decoder_->Finish();
  if (!status.ok()) {
    Handle(Supervisor::TransportFailed{
        fmt::format("protocol error: {}", MessageOf(status)), StopRung::kWait});
  } else {
    Handle(Supervisor::TransportEnded{});
  }
  EndIfDone();
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

void Endpoint::OnWritable() { run_->writer.OnWritable(); }

void Endpoint::OnInputClosed() { Handle(Supervisor::InputClosed{}); }

// --- A run ends ------------------------------------------------------------

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

void Endpoint::CloseWriter(std::string_view why) {
  {
    MutexLock lock(mutex_);
    standing_.run = nullptr;
  }
  run_->writer.Close(MakeError(
      ErrorReason::kEndpointDown,
      fmt::format("endpoint '{}' takes no messages: {}", name(), why)));
}

void Endpoint::OnReaped() { run_->transport->Drain(); }

void Endpoint::OnEnd(const ProcessExit& exit) {
  exit_ = exit;
  EndIfDone();
}

void Endpoint::EndIfDone() {
  if (!exit_.has_value() || output_open_) return;
  Handle(Supervisor::ChildEnded{*std::exchange(exit_, {})});
}

// Keeps what is known of the child's end.
void Endpoint::Do(Supervisor::RecordExit& action) {
  idle_timer_.cancel();
  hang_timer_.cancel();
  held_timer_.cancel();
  auto last_exit = std::make_shared<const ChildExit>(
      ChildExit{.incarnation = run_->incarnation,
                .exit = action.exit,
                .time = with_.clock.Now(),
                .reason = std::move(action.reason),
                .stderr_lines = child_->LastErrorLines(),
                .hints = EndHints(action.exit, action.by_itself)});
  child_ = nullptr;
  run_ = nullptr;
  MutexLock lock(mutex_);
  standing_.last_exit = std::move(last_exit);
}

// A thespian process that is written to in the wrong form ends with its first
// message, and never says anything.
std::vector<std::string> Endpoint::EndHints(const ProcessExit& exit,
                                            bool by_itself) const {
  std::vector<std::string> hints = dispatcher_->hints();
  const uint64_t written = run_->writer.messages().written;
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

// --- The state -------------------------------------------------------------

void Endpoint::Do(Supervisor::EnterState& action) {
  const EndpointState state = action.state;
  const std::string& reason = action.reason;
  if (state == EndpointState::kRunning) PublishRun();
  if (state != EndpointState::kBackoff) restart_timer_.cancel();
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
