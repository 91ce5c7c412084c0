// The part of Endpoint that asks its Supervisor what follows, and does it.

#include <algorithm>
#include <asio/post.hpp>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/check.h"
#include "endpoint/endpoint.h"
#include "endpoint/transport/child_stdio.h"

namespace thespian::gateway {

namespace {

constexpr std::chrono::milliseconds kShortestLook{10};

}  // namespace

// --- What is asked for -----------------------------------------------------

absl::Status Endpoint::Start() {
  Check(!thread_.joinable(), "an endpoint is started once");
  std::promise<absl::Status> started;
  keep_loop_.emplace(asio::make_work_guard(loop_));
  asio::post(loop_, [this, &started] {
    Handle(Supervisor::Begin{[&started](absl::Status status) {
      started.set_value(std::move(status));
    }});
  });
  thread_ = std::thread([this] { RunLoop(); });
  return started.get_future().get();
}

void Endpoint::Stop() {
  asio::post(loop_, [this] { Handle(Supervisor::End{StopRung::kWait}); });
}

void Endpoint::Kill() {
  asio::post(loop_, [this] { Handle(Supervisor::End{StopRung::kKill}); });
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

void Endpoint::Ask(Request request, Completion completion) {
  absl::AnyInvocable<void()&&> task =
      [this, request, completion = std::move(completion)]() mutable {
        Handle(Supervisor::Ask{request, std::move(completion)});
      };
  // Nobody is on the loop any more: it is refused here.
  if (!Post(task)) std::move(task)();
}

// --- What follows ----------------------------------------------------------

void Endpoint::Handle(Supervisor::Event event) {
  Supervisor::Actions actions =
      supervisor_.On(std::move(event), with_.clock.Steady());
  for (Supervisor::Action& action : actions) {
    std::visit([this](auto& a) { Do(a); }, action);
  }
}

void Endpoint::Do(Supervisor::SpawnChild&) {
  absl::StatusOr<ChildProcess::Started> started =
      ChildProcess::Start(loop_, options_.command, *this);
  if (!started.ok()) return Handle(Supervisor::SpawnFailed{started.status()});
  child_ = std::move(started->process);
  MakeRun(std::make_shared<ChildStdio>(loop_, std::move(started->in),
                                       std::move(started->out)));
  Handle(Supervisor::Spawned{});
  if (options_.proxy_idle_timeout.count() > 0) AwaitIdle();
  if (options_.hang.timeout.count() > 0) AwaitHang();
}

void Endpoint::Do(Supervisor::StartLater& action) {
  restart_timer_.expires_after(action.delay);
  restart_timer_.async_wait([this](const std::error_code& error) {
    if (!error) Handle(Supervisor::RestartDue{});
  });
}

void Endpoint::Do(Supervisor::TellEnds&) { TellEnds(TakeEnded()); }

void Endpoint::Do(Supervisor::CloseInput& action) { CloseWriter(action.why); }

void Endpoint::Do(Supervisor::EndSession& action) {
  CloseWriter(action.why);
  dispatcher_->CloseAll();
  dispatcher_->Flush();
  if (action.failed) LogFlightRecord();
}

void Endpoint::Do(Supervisor::StopChild& action) { child_->Stop(action.first); }

void Endpoint::Do(Supervisor::Complete& action) {
  std::move(action.completion)(std::move(action.status));
}

// --- What the options want --------------------------------------------------

void Endpoint::AwaitHang() {
  hang_timer_.expires_after(std::max(options_.hang.timeout / 4, kShortestLook));
  hang_timer_.async_wait([this](const std::error_code& error) {
    if (error || !supervisor_.transport_open()) return;
    Handle(Supervisor::Looked{{.stopped = child_->IsStopped(),
                               .written = run_->writer.written_bytes(),
                               .queued = run_->writer.queued_bytes()}});
    if (supervisor_.transport_open()) AwaitHang();
  });
}

}  // namespace thespian::gateway
