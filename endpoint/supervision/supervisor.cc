#include "endpoint/supervision/supervisor.h"

#include <utility>

#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway {

namespace {

constexpr std::string_view kOwner = "the gateway";
constexpr std::string_view kOperator = "an operator";

}  // namespace

Supervisor::Supervisor(std::string endpoint, const HangOptions& hang,
                       RestartPolicy policy, const PeerKind& kind,
                       FirstStart first_start)
    : endpoint_(std::move(endpoint)),
      hang_(hang),
      kind_(kind),
      first_start_(first_start),
      policy_(std::move(policy)) {}

Supervisor::Actions Supervisor::On(Event event, TimePoint now) {
  now_ = now;
  std::visit([this](auto& e) { Handle(e); }, event);
  return std::exchange(actions_, {});
}

// --- What is asked for -----------------------------------------------------

void Supervisor::Handle(Begin& event) {
  waiters_.push_back({.request = Request::kStart,
                      .completion = std::move(event.completion),
                      .begin = true});
  first_start_ == FirstStart::kOnDemand ? Rest() : Start();
}

void Supervisor::Handle(Ask& event) {
  if (goal_ == Goal::kEnd) {
    return Do(
        Complete{std::move(event.completion), EndpointEndedError(endpoint_)});
  }
  waiters_.push_back(
      {.request = event.request, .completion = std::move(event.completion)});
  switch (event.request) {
    case Request::kStart:
      WantRunning();
      break;
    case Request::kStop:
      Stop(Ending(Goal::kStop), kOperator, StopRung::kWait);
      break;
    case Request::kRestart:
      policy_.Forgive();
      Stop(Ending(Goal::kRestart), kOperator, StopRung::kWait);
      break;
  }
  if (IsSettled(state_)) CompleteAll(absl::OkStatus());
}

void Supervisor::Handle(End& event) { Stop(Goal::kEnd, kOwner, event.first); }

void Supervisor::Handle(Drain&) {
  draining_ = true;
  if (child_.has_value()) {
    if (goal_ != Goal::kRun) goal_ = Goal::kEnd;
  } else if (state_ != EndpointState::kIdle) {
    Stop(Goal::kEnd, kOwner, StopRung::kWait);
  }
}

void Supervisor::WantRunning() {
  if (state_ == EndpointState::kIdle) return WakeUp();
  if (TakesMessages(state_) || state_ == EndpointState::kStarting) return;
  policy_.Forgive();
  if (child_.has_value()) {
    goal_ = Goal::kRestart;  // once it has ended
    return;
  }
  goal_ = Goal::kRun;
  Start();
}

void Supervisor::Stop(Goal goal, std::string_view who, StopRung first) {
  if (state_ == EndpointState::kIdle) return EndRest(goal, who);
  const bool wanted = goal_ == Goal::kRun;
  if (goal_ != Goal::kEnd) goal_ = goal;
  if (child_.has_value()) {
    if (wanted && child_->transport_open) {
      Do(TellEnds{});
      Enter(EndpointState::kStopping, fmt::format("{} stops it", who));
      Do(CloseInput{"is being stopped"});
    }
    Do(StopChild{first});
  } else if (goal_ == Goal::kRestart) {
    goal_ = Goal::kRun;
    Start();
  } else if (goal_ == Goal::kStop || state_ == EndpointState::kBackoff) {
    Enter(EndpointState::kStopped, fmt::format("{} stopped it", who));
  }
}

void Supervisor::EndRest(Goal goal, std::string_view who) {
  if (goal == Goal::kRestart) return WakeUp();
  goal_ = goal;
  std::string reason = fmt::format("{} stopped it", who);
  DropSessionFor(reason);
  Enter(EndpointState::kStopped, std::move(reason));
}

// --- It waits for its first message ----------------------------------------

void Supervisor::Rest() {
  Do(BeginIncarnation{});
  Do(AwaitMessage{});
  session_waits_ = true;
  Enter(EndpointState::kIdle, std::string(kind_.idle));
  CompleteAll(absl::OkStatus());
}

void Supervisor::WakeUp() {
  Enter(EndpointState::kStarting, std::string(kind_.starting));
  Do(SpawnChild{});
}

void Supervisor::Handle(Wake&) {
  if (state_ == EndpointState::kIdle) WakeUp();
}

void Supervisor::Handle(Idled&) {
  if (first_start_ != FirstStart::kOnDemand || goal_ != Goal::kRun ||
      state_ != EndpointState::kRunning) {
    return;
  }
  goal_ = Ending(Goal::kRest);
  Do(TellEnds{});
  Enter(EndpointState::kStopping, "it has had nothing to do");
  Do(CloseInput{"is being stopped"});
  Do(StopChild{StopRung::kWait});
}

void Supervisor::DropSessionFor(std::string_view why) {
  if (!std::exchange(session_waits_, false)) return;
  Do(DropSession{std::string(why)});
}

// --- A child begins --------------------------------------------------------

void Supervisor::Start() {
  Do(BeginIncarnation{});
  Enter(EndpointState::kStarting, std::string(kind_.starting));
  Do(SpawnChild{});
}

void Supervisor::Handle(Spawned&) {
  child_.emplace(hang_.timeout, kind_.reads_nothing);
  session_waits_ = false;
}

// Once it is known that it was one.
void Supervisor::CountStart() {
  if (child_->counted) return;
  child_->counted = true;
  policy_.NoteStart(now_);
}

void Supervisor::Handle(SpawnFailed& event) {
  DropSessionFor(MessageOf(event.why));
  if (event.shortage) return WaitForPlenty(event.why);
  policy_.NoteStart(now_);
  DecideRestart(/*failed=*/true, std::string(MessageOf(event.why)), event.why);
}

void Supervisor::WaitForPlenty(const absl::Status& why) {
  BackOff(fmt::format("{} (the gateway's own shortage; {})", MessageOf(why),
                      kind_.no_start),
          policy_.OnNoStart(), absl::OkStatus());
}

void Supervisor::Handle(Opened&) {
  ran_once_ = true;
  CountStart();
  if (goal_ != Goal::kRun || !transport_open()) return;
  Enter(EndpointState::kRunning, std::string(kind_.runs));
  CompleteAll(absl::OkStatus());
}

void Supervisor::Handle(ExecFailed& event) {
  child_->exec_failure = event.why;
  child_->shortage = event.shortage;
  child_->transport_open = false;
  Do(CloseInput{std::string(MessageOf(event.why))});
}

void Supervisor::Handle(RestartDue&) {
  if (state_ == EndpointState::kBackoff) Start();
}

// --- A child fails ---------------------------------------------------------

void Supervisor::Handle(TransportFailed& event) {
  FailTransport(std::move(event.cause), event.first);
}

void Supervisor::Handle(Goodbye& event) {
  const bool orderly =
      !kind_.orderly_goodbye.empty() && event.reason == kind_.orderly_goodbye;
  if (goal_ != Goal::kRun || orderly) {
    return EndTransport(std::move(event.reason), StopRung::kWait,
                        /*failed=*/false);
  }
  FailTransport(fmt::format("transport_error: {}", event.reason),
                StopRung::kWait);
}

// A child that is to end may be cut off in the middle of a word.
void Supervisor::Handle(TransportEnded& event) {
  if (goal_ == Goal::kRun && !event.cut.empty()) {
    return FailTransport(std::move(event.cut), StopRung::kWait);
  }
  EndTransport(std::string(kind_.said_all), StopRung::kWait,
               /*failed=*/false);
}

void Supervisor::Handle(InputClosed&) {
  if (goal_ != Goal::kRun) return;
  FailTransport(std::string(kind_.takes_nothing), StopRung::kTerminate);
}

void Supervisor::Handle(Looked& event) {
  if (!TakesMessages(state_) || !child_.has_value()) return;
  std::optional<std::string> why = child_->hang.Look(event.sight, now_);
  if (why.has_value() && hang_.end) {
    FailTransport(*std::move(why), StopRung::kTerminate);
  } else if (why.has_value() && state_ == EndpointState::kRunning) {
    Enter(EndpointState::kUnresponsive, *std::move(why));
  } else if (!why.has_value() && state_ == EndpointState::kUnresponsive) {
    Enter(EndpointState::kRunning, std::string(kind_.reacts));
  }
}

void Supervisor::FailTransport(std::string cause, StopRung first) {
  if (!transport_open()) return;
  child_->end_cause = cause;
  EndTransport(std::move(cause), first, /*failed=*/true);
}

void Supervisor::EndTransport(std::string why, StopRung first, bool failed) {
  if (!transport_open()) return;
  child_->transport_open = false;
  Do(TellEnds{});
  if (goal_ == Goal::kRun) {
    child_->end_why = why;
    Enter(EndpointState::kStopping, why);
  }
  Do(EndSession{std::move(why), failed});
  Do(StopChild{first});
}

// --- A child ends ----------------------------------------------------------

std::string Supervisor::ReasonOf(const Child& child,
                                 const std::optional<ProcessExit>& exit) const {
  if (!child.exec_failure.ok()) {
    return std::string(MessageOf(child.exec_failure));
  }
  if (!exit.has_value()) {
    return child.end_why.empty() ? std::string(kind_.ended) : child.end_why;
  }
  const std::string how = fmt::format("the child ended: {}", Describe(*exit));
  return child.end_cause.empty() ? how
                                 : fmt::format("{}; {}", child.end_cause, how);
}

void Supervisor::Handle(ChildEnded& event) {
  EndTransport(std::string(kind_.ended), StopRung::kWait, /*failed=*/false);
  if (!child_->shortage) CountStart();
  const Child child = *std::exchange(child_, std::nullopt);
  const std::string reason = ReasonOf(child, event.exit);
  const bool executed = child.exec_failure.ok();
  const bool failed = !child.end_cause.empty() || !executed ||
                      (event.exit.has_value() && event.exit->code != 0);
  Do(RecordExit{.exit = event.exit,
                .reason = reason,
                .by_itself = goal_ == Goal::kRun && executed});
  switch (goal_) {
    case Goal::kRun:
      if (child.shortage) return WaitForPlenty(child.exec_failure);
      return DecideRestart(failed, reason, child.exec_failure);
    case Goal::kRestart:
      goal_ = Goal::kRun;
      return Start();
    case Goal::kRest:
      goal_ = Goal::kRun;
      policy_.Forgive();
      return Rest();
    case Goal::kStop:
    case Goal::kEnd:
      Enter(executed || kind_.again_when != PeerKind::Again::kOnceItRan
                ? EndpointState::kStopped
                : EndpointState::kFailed,
            reason);
      return CompleteAll(child.exec_failure);
  }
}

void Supervisor::DecideRestart(bool failed, const std::string& reason,
                               const absl::Status& exec_failure) {
  if (is_last()) return EndFor(reason, exec_failure);
  RestartPolicy::Verdict verdict;
  if (ran_once_ || kind_.again_when == PeerKind::Again::kAlways) {
    verdict = policy_.OnEnd(failed, now_);
  }
  if (!verdict.delay.has_value()) {
    Enter(EndpointState::kFailed,
          verdict.why.empty() ? reason
                              : fmt::format("{}; {}", reason, verdict.why));
    return CompleteAll(exec_failure);
  }
  BackOff(reason, *verdict.delay, exec_failure);
}

void Supervisor::BackOff(std::string_view reason,
                         std::chrono::milliseconds delay,
                         const absl::Status& exec_failure) {
  if (is_last()) return EndFor(reason, exec_failure);
  Enter(EndpointState::kBackoff,
        fmt::format("{}; {} in {} ms", reason, kind_.again, delay.count()));
  CompleteAll(exec_failure);
  Do(StartLater{delay});
}

void Supervisor::EndFor(std::string_view reason,
                        const absl::Status& exec_failure) {
  goal_ = Goal::kEnd;
  Enter(EndpointState::kStopped, std::string(reason));
  CompleteAll(exec_failure);
}

// --- The state -------------------------------------------------------------

void Supervisor::Enter(EndpointState state, std::string reason) {
  state_ = state;
  reason_ = reason;
  Do(EnterState{state, std::move(reason)});
}

void Supervisor::CompleteAll(const absl::Status& status) {
  const absl::Status now = !status.ok() || TakesMessages(state_)
                               ? status
                               : DownError(endpoint_, state_, reason_);
  for (Waiter& waiter : std::exchange(waiters_, {})) {
    const bool done = waiter.request == Request::kStop ||
                      (waiter.begin && state_ == EndpointState::kBackoff);
    Do(Complete{std::move(waiter.completion), done ? absl::OkStatus() : now});
  }
}

}  // namespace thespian::gateway
