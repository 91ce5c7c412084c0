// Tells the child of the ends of local actors that it knows: those of a few
// milliseconds together, and those that a thespian child may still answer
// later.
//
// A call ends its actor with each reply. A child that was woken for every one
// of them would take the core from the client that reads the reply.
//
// Ownership: holds the actors until the child is told, and shares the present
//   session.
// Threads:   Add and AwaitHeld are safe from any thread; the rest is the
//   loop's.
// Errors:    none; without a live session nobody is told.
// Memory:    the actors that ended within kGathered.
#ifndef ENDPOINT_SESSION_END_NOTICES_H_
#define ENDPOINT_SESSION_END_NOTICES_H_

#include <chrono>
#include <memory>
#include <vector>

#include "endpoint/actors/local_actors.h"
#include "endpoint/loop/loop_thread.h"
#include "endpoint/loop/loop_timer.h"
#include "endpoint/mutex.h"

namespace thespian::gateway {

class Session;

class EndNotices {
 public:
  static constexpr std::chrono::milliseconds kGathered{2};

  // For `linger` see EndpointOptions::exit_linger.
  EndNotices(LoopThread& loop, std::chrono::milliseconds linger);

  // `actor` has ended.
  void Add(const std::shared_ptr<LocalActor>& actor);

  // Held ends are to be looked at, if that does not happen already.
  void AwaitHeld();

  // From now on the ends are told to this session.
  void Follow(std::shared_ptr<Session> session);
  // Tells what has been gathered, now.
  void Flush();
  // The loop need not wait for what may still come.
  void Rest();

 private:
  using Actors = std::vector<std::shared_ptr<LocalActor>>;

  Actors Take();
  void Tell(const Actors& actors);
  void AwaitHeldOnLoop();
  void TellHeld();

  LoopThread& loop_;
  const std::chrono::milliseconds held_look_;

  Mutex mutex_;
  Actors gathered_ ABSL_GUARDED_BY(mutex_);

  // The loop's.
  std::shared_ptr<Session> session_;
  LoopTimer gather_timer_;
  LoopTimer held_timer_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SESSION_END_NOTICES_H_
