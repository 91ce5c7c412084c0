#include "endpoint/session/end_notices.h"

#include <algorithm>
#include <utility>

#include "endpoint/session/session.h"

namespace thespian::gateway {
namespace {

constexpr std::chrono::milliseconds kShortestLook{10};
constexpr std::chrono::milliseconds kLongestLook{1'000};

}  // namespace

EndNotices::EndNotices(LoopThread& loop, std::chrono::milliseconds linger)
    : loop_(loop),
      held_look_(std::clamp(linger / 4, kShortestLook, kLongestLook)),
      gather_timer_(loop.context(),
                    [this] {
                      // The links that they posted before they ended come
                      // first.
                      loop_.Post([this, actors = Take()] { Tell(actors); });
                    }),
      held_timer_(loop.context(), [this] { TellHeld(); }) {}

void EndNotices::Add(const std::shared_ptr<LocalActor>& actor) {
  {
    MutexLock lock(mutex_);
    gathered_.push_back(actor);
    if (gathered_.size() > 1) return;  // the first has seen to it
  }
  loop_.Post([this] { gather_timer_.StartIn(kGathered); });
}

void EndNotices::AwaitHeld() {
  loop_.Post([this] { AwaitHeldOnLoop(); });
}

void EndNotices::Follow(std::shared_ptr<Session> session) {
  session_ = std::move(session);
}

void EndNotices::Flush() { Tell(Take()); }

EndNotices::Actors EndNotices::Take() {
  Actors actors;
  MutexLock lock(mutex_);
  actors.swap(gathered_);
  return actors;
}

void EndNotices::Tell(const Actors& actors) {
  if (session_ == nullptr || !session_->live()) return;
  for (const auto& actor : actors) session_->dispatcher().EndLocal(*actor);
  session_->dispatcher().Flush();
  AwaitHeldOnLoop();
}

// Looks for ends that have been held long enough as long as there are any.
void EndNotices::AwaitHeldOnLoop() {
  if (held_timer_.running() || session_ == nullptr || !session_->live() ||
      session_->held().empty()) {
    return;
  }
  held_timer_.StartIn(held_look_);
}

void EndNotices::TellHeld() {
  if (!session_->live()) return;
  session_->dispatcher().ReleaseHeldExits();
  session_->dispatcher().Flush();
  AwaitHeldOnLoop();
}

void EndNotices::Rest() {
  held_timer_.Cancel();
  session_ = nullptr;
}

}  // namespace thespian::gateway
