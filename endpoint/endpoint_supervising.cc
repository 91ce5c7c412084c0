// The part of Endpoint that does what is wanted of the child: by its owner, by
// operators, and by the options when it has ended or hangs.

#include <algorithm>
#include <asio/post.hpp>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/check.h"
#include "endpoint/endpoint.h"
#include "endpoint/error.h"
#include "fmt/format.h"

namespace thespian::gateway {

using Rung = ChildProcess::Rung;

namespace {

constexpr std::chrono::milliseconds kShortestLook{10};

}  // namespace

// --- Wishes ----------------------------------------------------------------

absl::Status Endpoint::Start() {
  Check(!thread_.joinable(), "an endpoint is started once");
  std::promise<absl::Status> started;
  keep_loop_.emplace(asio::make_work_guard(loop_));
  asio::post(loop_, [this, &started] {
    waiters_.push_back({Request::kStart, [&started](absl::Status status) {
                          started.set_value(std::move(status));
                        }});
    StartChild();
  });
  thread_ = std::thread([this] { RunLoop(); });
  return started.get_future().get();
}

void Endpoint::Stop() {
  asio::post(loop_,
             [this] { BringDown(Wish::kEnd, "the gateway", Rung::kWait); });
}

void Endpoint::Kill() {
  asio::post(loop_,
             [this] { BringDown(Wish::kEnd, "the gateway", Rung::kKill); });
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

bool Endpoint::Post(absl::AnyInvocable<void() &&>& task) {
  MutexLock lock(mutex_);
  if (loop_ended_) return false;
  asio::post(loop_, std::move(task));
  return true;
}

void Endpoint::Ask(Request request, Settled settled) {
  absl::AnyInvocable<void()&&> task = [this, request,
                                       settled = std::move(settled)]() mutable {
    AskOnLoop(request, std::move(settled));
  };
  // Nobody is on the loop any more: it is refused here.
  if (!Post(task)) std::move(task)();
}

void Endpoint::AskOnLoop(Request request, Settled settled) {
  if (wish_ == Wish::kEnd) return std::move(settled)(EndedError());
  waiters_.push_back({request, std::move(settled)});
  constexpr std::string_view kOperator = "an operator";
  switch (request) {
    case Request::kStart:
      WantRunning();
      break;
    case Request::kStop:
      BringDown(Wish::kStop, kOperator, Rung::kWait);
      break;
    case Request::kRestart:
      restart_policy_.Forgive();
      BringDown(Wish::kRestart, kOperator, Rung::kWait);
      break;
  }
  if (IsRest(state_)) Settle(absl::OkStatus());
}

absl::Status Endpoint::EndedError() const {
  return MakeError(ErrorReason::kShuttingDown,
                   fmt::format("endpoint '{}' has ended", name()));
}

void Endpoint::WantRunning() {
  if (TakesMessages(state_) || state_ == EndpointState::kStarting) return;
  restart_policy_.Forgive();
  if (child_ != nullptr) {
    wish_ = Wish::kRestart;  // once it has ended
    return;
  }
  restart_timer_.cancel();
  wish_ = Wish::kRun;
  StartChild();
}

void Endpoint::BringDown(Wish wish, std::string_view who, Rung first) {
  const bool wanted = wish_ == Wish::kRun;
  if (wish_ != Wish::kEnd) wish_ = wish;
  restart_timer_.cancel();
  if (child_ != nullptr) {
    if (wanted && transport_open_) {
      TellEnds(TakeEnded());
      Enter(EndpointState::kStopping, fmt::format("{} stops it", who));
      CloseWriter("is being stopped");
    }
    child_->Stop(first);
  } else if (wish_ == Wish::kRestart) {
    wish_ = Wish::kRun;
    StartChild();
  } else if (wish_ == Wish::kStop || state_ == EndpointState::kBackoff) {
    Enter(EndpointState::kStopped, fmt::format("{} stopped it", who));
  }
}

void Endpoint::Settle(const absl::Status& status) {
  const absl::Status now = status.ok() ? CurrentRun().status() : status;
  std::vector<Waiter> waiters = std::exchange(waiters_, {});
  for (Waiter& waiter : waiters) {
    const bool stop = waiter.request == Request::kStop;
    std::move(waiter.settled)(stop ? absl::OkStatus() : now);
  }
}

// --- What the options want --------------------------------------------------

void Endpoint::DecideRestart(bool failed, const std::string& reason) {
  RestartPolicy::Verdict verdict;
  if (ran_once_) {
    verdict = restart_policy_.OnEnd(failed, with_.clock.Steady());
  }
  if (!verdict.delay.has_value()) {
    Enter(EndpointState::kFailed,
          verdict.why.empty() ? reason
                              : fmt::format("{}; {}", reason, verdict.why));
    return Settle(exec_failure_);
  }
  Enter(EndpointState::kBackoff, fmt::format("{}; started again in {} ms",
                                             reason, verdict.delay->count()));
  Settle(exec_failure_);
  restart_timer_.expires_after(*verdict.delay);
  restart_timer_.async_wait([this](const std::error_code& error) {
    if (!error && state_ == EndpointState::kBackoff) StartChild();
  });
}

void Endpoint::AwaitHang() {
  hang_timer_.expires_after(std::max(options_.hang_timeout / 4, kShortestLook));
  hang_timer_.async_wait([this](const std::error_code& error) {
    if (error || !transport_open_) return;
    LookForHang();
    if (transport_open_) AwaitHang();
  });
}

void Endpoint::LookForHang() {
  if (!TakesMessages(state_)) return;
  const std::optional<std::string> why =
      hang_detector_->Look({.stopped = child_->IsStopped(),
                            .written = run_->writer.written_bytes(),
                            .queued = run_->writer.queued_bytes()},
                           with_.clock.Steady());
  if (why.has_value() && options_.end_on_hang) {
    Distrust(*why, Rung::kTerminate);
  } else if (why.has_value() && state_ == EndpointState::kRunning) {
    Enter(EndpointState::kUnresponsive, *why);
  } else if (!why.has_value() && state_ == EndpointState::kUnresponsive) {
    Enter(EndpointState::kRunning, "the child reacts again");
  }
}

}  // namespace thespian::gateway
