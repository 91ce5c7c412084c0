#include "endpoint/peer_driver.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "endpoint/actors/delivery_batch.h"
#include "endpoint/lock_check.h"
#include "endpoint/log_fields.h"
#include "endpoint/peer/child_peer.h"
#include "endpoint/peer/socket_peer.h"
#include "endpoint/process/spawn.h"
#include "endpoint/relay/endpoint_relay.h"
#include "endpoint/session/reasons.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "spdlog/logger.h"

namespace thespian::gateway {
namespace {

constexpr std::chrono::milliseconds kShortestLook{10};
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
    case EndpointState::kIdle:
    case EndpointState::kStopping:
    case EndpointState::kStopped:
      return spdlog::level::info;
  }
  return spdlog::level::info;
}

const PeerKind& KindOf(const EndpointOptions& options,
                       const EndpointDeps& deps) {
  if (deps.accepted.has_value()) return kAcceptedPeerKind;
  return options.connect.empty() ? kChildPeerKind : kDialledPeerKind;
}

// Nobody can start what is dialled but itself: it is dialled until it is there.
RestartPolicy PolicyOf(const EndpointOptions& options, const PeerKind& kind,
                       RestartPolicy::Chance chance) {
  RestartOptions restart = options.restart;
  if (kind.again_when == PeerKind::Again::kAlways) {
    if (restart.mode != RestartMode::kNever)
      restart.mode = RestartMode::kAlways;
    restart.max_starts = 0;
  }
  return {restart, std::move(chance)};
}

// Who has dialled in is there.
Supervisor::FirstStart FirstStartOf(const EndpointOptions& options,
                                    const PeerKind& kind) {
  return options.on_demand && &kind != &kAcceptedPeerKind
             ? Supervisor::FirstStart::kOnDemand
             : Supervisor::FirstStart::kAtOnce;
}

std::string ProtocolError(const absl::Status& why) {
  return fmt::format("protocol error: {}", MessageOf(why));
}

}  // namespace

PeerDriver::PeerDriver(const Parts& parts, EndpointDeps deps)
    : parts_(parts),
      deps_(std::move(deps)),
      kind_(KindOf(parts.facts.options, deps_)),
      supervisor_(parts.facts.options.name, parts.facts.options.hang,
                  PolicyOf(parts.facts.options, kind_, std::move(deps_.chance)),
                  kind_, FirstStartOf(parts.facts.options, kind_)),
      peer_(MakePeer()),
      restart_timer_(parts.loop.context(),
                     [this] { Handle(Supervisor::RestartDue{}); }),
      idle_timer_(parts.loop.context(), [this] { LookForIdle(); }),
      hang_timer_(parts.loop.context(), [this] { LookForHang(); }),
      rest_timer_(parts.loop.context(), [this] { LookForRest(); }) {}

std::unique_ptr<Peer> PeerDriver::MakePeer() {
  PeerEvents& events = *this;
  asio::io_context& loop = parts_.loop.context();
  const EndpointOptions& options = parts_.facts.options;
  const std::chrono::milliseconds grace = options.command.stop_grace;
  if (deps_.accepted.has_value()) {
    deps_.log.info("endpoint {}: a peer has dialled in: {}", *parts_.facts.name,
                   deps_.accepted->description);
    return std::make_unique<SocketPeer>(loop, *std::move(deps_.accepted), grace,
                                        events);
  }
  if (!is_child()) {
    return std::make_unique<SocketPeer>(loop, options.connect, grace, events);
  }
  return std::make_unique<ChildPeer>(loop, options.command, events);
}

void PeerDriver::Handle(Supervisor::Event event) {
  Supervisor::Actions actions =
      supervisor_.On(std::move(event), deps_.clock.Steady());
  for (Supervisor::Action& action : actions) {
    std::visit([this](auto& a) { Do(a); }, action);
  }
}

void PeerDriver::Do(Supervisor::Complete& action) {
  std::move(action.completion)(std::move(action.status));
}

// --- A run begins --------------------------------------------------------

void PeerDriver::Do(Supervisor::BeginIncarnation&) {
  parts_.board.Begin(deps_.clock.Steady());
}

void PeerDriver::Do(Supervisor::AwaitMessage&) {
  const Incarnation incarnation = parts_.board.Get().incarnation;
  lazy_ = std::make_shared<LazyTransport>([this, incarnation] {
    parts_.loop.Post([this, incarnation] { Wake(incarnation); });
  });
  BeginSession(lazy_);
}

void PeerDriver::Wake(Incarnation incarnation) {
  if (session_ == nullptr || session_->incarnation() != incarnation) return;
  Handle(Supervisor::Wake{});
}

void PeerDriver::Do(Supervisor::DropSession& action) {
  parts_.board.Close();
  session_->End(action.why);
  ForgetSession();
}

void PeerDriver::Do(Supervisor::SpawnChild&) {
  absl::StatusOr<std::shared_ptr<Transport>> transport = peer_->Begin();
  if (!transport.ok()) {
    return Handle(Supervisor::SpawnFailed{
        .why = transport.status(), .shortage = IsShortage(transport.status())});
  }
  if (lazy_ != nullptr) {
    parts_.board.NoteStart(deps_.clock.Steady());
    lazy_->Give(*std::move(transport));
  } else {
    BeginSession(*std::move(transport));
  }
  StartTimers();
  Handle(Supervisor::Spawned{});
}

void PeerDriver::BeginSession(std::shared_ptr<Transport> transport) {
  const Session::Deps deps = {.facts = parts_.facts,
                              .clock = deps_.clock,
                              .journal = deps_.journal,
                              .locals = deps_.locals,
                              .log = deps_.log,
                              .recorder = parts_.recorder,
                              .stats = parts_.stats,
                              .relay = parts_.relay};
  SessionEvents& events = *this;
  session_ = std::make_shared<Session>(parts_.board.Get().incarnation,
                                       std::move(transport), events, deps);
  parts_.ends.Follow(session_);
}

void PeerDriver::StartTimers() {
  const EndpointOptions& options = parts_.facts.options;
  if (options.proxy_idle_timeout.count() > 0) {
    idle_timer_.StartIn(options.proxy_idle_timeout / 2);
  }
  if (options.hang.timeout.count() > 0) {
    hang_timer_.StartIn(std::max(options.hang.timeout / 4, kShortestLook));
  }
  if (Rests()) rest_timer_.StartIn(RestLook());
}

void PeerDriver::OnPeerReady() { session_->Open(); }

void PeerDriver::OnSessionOpened() { Handle(Supervisor::Opened{}); }

void PeerDriver::OnPeerFailed(const absl::Status& why, bool shortage) {
  Handle(Supervisor::ExecFailed{.why = why, .shortage = shortage});
}

void PeerDriver::Do(Supervisor::StartLater& action) {
  restart_timer_.StartIn(action.delay);
}

// --- A run goes on -------------------------------------------------------

LogFields PeerDriver::FieldsNow() const {
  const StatusBoard::Row row = parts_.board.Get();
  return {.endpoint = *parts_.facts.name,
          .incarnation = row.incarnation,
          .pid = row.state.pid,
          .state = StateName(row.state.state)};
}

void PeerDriver::OnErrorLine(std::string_view line, bool truncated) {
  const LogScope scope(FieldsNow());
  deps_.log.info("endpoint {}: stderr: {}{}", *parts_.facts.name, line,
                 truncated ? " [cut]" : "");
  const EventJournal::Wakeup wakeup = deps_.journal.Append(
      {.endpoint = parts_.facts.name,
       .incarnation = session_->incarnation(),
       .body = StderrLine{.line = std::string(line), .truncated = truncated}});
}

void PeerDriver::OnErrorLinesSuppressed(uint64_t lines) {
  const LogScope scope(FieldsNow());
  deps_.log.warn("endpoint {}: stderr: {} lines held back: too many a second",
                 *parts_.facts.name, lines);
}

// Looks for idle proxies twice in each timeout, while the session is live.
void PeerDriver::LookForIdle() {
  if (!session_->live()) return;
  const std::chrono::milliseconds timeout =
      parts_.facts.options.proxy_idle_timeout;
  session_->dispatcher().ReleaseIdle(deps_.clock.Now() -
                                     absl::FromChrono(timeout));
  session_->dispatcher().Flush();
  idle_timer_.StartIn(timeout / 2);
}

void PeerDriver::LookForHang() {
  if (!session_->live()) return;
  Handle(Supervisor::Looked{{.stopped = peer_->IsStopped(),
                             .written = session_->writer().written_bytes(),
                             .queued = session_->writer().queued_bytes()}});
  if (!session_->live()) return;
  hang_timer_.StartIn(
      std::max(parts_.facts.options.hang.timeout / 4, kShortestLook));
}

bool PeerDriver::Rests() const {
  return parts_.facts.options.idle_stop.count() > 0 &&
         FirstStartOf(parts_.facts.options, kind_) ==
             Supervisor::FirstStart::kOnDemand;
}

std::chrono::nanoseconds PeerDriver::RestLook() const {
  return std::chrono::nanoseconds(parts_.facts.options.idle_stop) /
         IdleDetector::kLooks;
}

uint64_t PeerDriver::Traffic() const {
  return parts_.stats.outbound.messages.Get().taken +
         parts_.stats.inbound.Get().frames;
}

// Takes no lock but that of the table of links.
bool PeerDriver::IsBusy() const {
  return parts_.stats.calls > 0 || !session_->writer().idle() ||
         session_->remotes().HasLinks() ||
         (parts_.relay != nullptr && parts_.relay->waits());
}

// What only the loop changes can't change between the look and the end; what
// others do is looked at again while nobody can begin to.
void PeerDriver::LookForRest() {
  if (!session_->live()) return;
  const bool runs = supervisor_.state() == EndpointState::kRunning;
  const uint64_t taken = parts_.stats.outbound.messages.Get().taken;
  if (rest_.Look({.traffic = Traffic(), .busy = !runs || IsBusy()}) &&
      parts_.board.CloseIf([this, taken] {
        return parts_.stats.calls == 0 && session_->writer().idle() &&
               parts_.stats.outbound.messages.Get().taken == taken;
      })) {
    return Handle(Supervisor::Idled{});
  }
  rest_timer_.StartIn(RestLook());
}

// --- A run ends ----------------------------------------------------------

void PeerDriver::OnSessionFailed(const absl::Status& why) {
  Handle(Supervisor::TransportFailed{ProtocolError(why), StopRung::kTerminate});
}

void PeerDriver::OnSessionGoodbye(const std::string& reason) {
  Handle(Supervisor::Goodbye{reason});
}

void PeerDriver::OnSessionInputClosed() { Handle(Supervisor::InputClosed{}); }

void PeerDriver::OnSessionEnded(const absl::Status& whole) {
  Handle(Supervisor::TransportEnded{.cut = whole.ok() ? std::string()
                                                      : ProtocolError(whole)});
  EndIfDone();
}

void PeerDriver::Do(Supervisor::TellEnds&) { parts_.ends.Flush(); }

void PeerDriver::Do(Supervisor::CloseInput& action) {
  parts_.board.Close();
  if (is_child()) {
    session_->CloseInput(action.why);
  } else {
    session_->Leave(kEndpointStoppedReason, action.why);
  }
}

void PeerDriver::Do(Supervisor::EndSession& action) {
  parts_.board.Close();
  // As far as it can still be told.
  if (action.failed && !is_child()) session_->Leave(action.why, action.why);
  session_->End(action.why);
  if (action.failed) LogFlightRecord();
}

void PeerDriver::LogFlightRecord() {
  const LogScope scope(FieldsNow());
  std::vector<RecordedFrame> frames = parts_.recorder.Frames();
  const size_t first = frames.size() - std::min(frames.size(), kLoggedFrames);
  for (size_t i = first; i < frames.size(); ++i) {
    const RecordedFrame& frame = frames[i];
    deps_.log.warn("endpoint {}: flight: {} {} bytes, incarnation {}: {}",
                   *parts_.facts.name, frame.from_child ? "from" : "to",
                   frame.size, frame.incarnation.value, frame.text);
  }
}

void PeerDriver::Do(Supervisor::StopChild& action) {
  peer_->Stop(action.first);
}

void PeerDriver::OnPeerGone() { session_->Drain(); }

void PeerDriver::OnPeerEnded(const std::optional<ProcessExit>& exit) {
  peer_ended_ = true;
  exit_ = exit;
  EndIfDone();
}

// The peer and the session may be the callers: they are let go of later.
void PeerDriver::EndIfDone() {
  if (!peer_ended_ || session_->reading()) return;
  parts_.loop.Post([this] { Handle(Supervisor::ChildEnded{exit_}); });
}

// Keeps what is known of the end.
void PeerDriver::Do(Supervisor::RecordExit& action) {
  idle_timer_.Cancel();
  hang_timer_.Cancel();
  rest_timer_.Cancel();
  rest_ = {};
  const ProcessExit exit = action.exit.value_or(ProcessExit{});
  const int code = action.by_itself ? exit.code.value_or(0) : 0;
  parts_.board.SetExit(std::make_shared<const ChildExit>(
      ChildExit{.incarnation = session_->incarnation(),
                .exit = exit,
                .time = deps_.clock.Now(),
                .reason = std::move(action.reason),
                .stderr_lines = peer_->LastErrorLines(),
                .hints = session_->EndHints(code)}));
  peer_->Forget();
  peer_ended_ = false;
  exit_.reset();
  // It was published if it waited for a program that can't be executed.
  if (session_->live()) session_->End(kind_.ended);
  ForgetSession();
}

void PeerDriver::ForgetSession() {
  parts_.ends.Rest();
  session_ = nullptr;
  lazy_ = nullptr;
}

// --- The state -------------------------------------------------------------

void PeerDriver::Do(Supervisor::EnterState& action) {
  const bool open = action.state == EndpointState::kRunning ||
                    action.state == EndpointState::kIdle;
  if (open) parts_.board.Publish(session_);
  if (action.state != EndpointState::kBackoff) restart_timer_.Cancel();
  StatusBoard::Row row =
      parts_.board.Enter(action.state, std::move(action.reason), peer_->pid());
  const EndpointState state = row.state.state;
  const std::string reason = row.state.reason;
  const bool given_up =
      state == EndpointState::kStopped || state == EndpointState::kFailed;
  if (given_up && parts_.relay != nullptr) parts_.relay->EndAll();
  LogState(row);
  // Health first: whoever is told of the state finds it there.
  AssertNoLockHeld();
  if (deps_.on_state) deps_.on_state(state);
  const EventJournal::Wakeup wakeup =
      deps_.journal.Append({.endpoint = parts_.facts.name,
                            .incarnation = row.incarnation,
                            .body = std::move(row.state)});
  TellClients(state, row.incarnation, reason);
}

void PeerDriver::LogState(const StatusBoard::Row& row) {
  const EndpointState state = row.state.state;
  const LogScope scope({.endpoint = *parts_.facts.name,
                        .incarnation = row.incarnation,
                        .pid = row.state.pid,
                        .state = StateName(state)});
  deps_.log.log(LevelOf(state), "endpoint {}: {}, incarnation {}, pid {}: {}",
                *parts_.facts.name, StateName(state), row.incarnation.value,
                row.state.pid, row.state.reason);
}

void PeerDriver::TellClients(EndpointState state, Incarnation incarnation,
                             std::string_view reason) {
  DeliveryBatch round;
  for (const std::shared_ptr<LocalActor>& actor : deps_.locals.All()) {
    if (actor->relayed() != nullptr) continue;
    round.Add(actor,
              {.kind = MailKind::kEndpointChanged,
               .state = state,
               .endpoint = parts_.facts.name,
               .incarnation = incarnation},
              reason);
  }
  round.Flush();
}

}  // namespace thespian::gateway
