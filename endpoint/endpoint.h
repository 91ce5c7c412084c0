// One child, and everything that can be done with it.
//
// Ownership: owns the child, its session, and the loop's thread. The deps
//   outlive the endpoint.
// Threads:   safe from any thread, except Start, BeginStart, Join and the
//   destructor, which are the owner's. One thread runs the loop, and ends after
//   the child.
// Errors:    as the API says, by MakeError.
// Memory:    the queue's limits, one read, one frame, and the tables.
#ifndef ENDPOINT_ENDPOINT_H_
#define ENDPOINT_ENDPOINT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "endpoint/endpoint_deps.h"
#include "endpoint/endpoint_options.h"
#include "endpoint/endpoint_proxies.h"
#include "endpoint/endpoint_status.h"
#include "endpoint/flight/flight_recorder.h"
#include "endpoint/session/session_sender.h"
#include "endpoint/supervision/supervisor.h"

namespace thespian::gateway {

class Endpoint {
 public:
  using Request = Supervisor::Request;
  using Completion = Supervisor::Completion;

  Endpoint(const EndpointOptions& options, EndpointDeps deps);
  // Stops the child and joins, if it was started.
  ~Endpoint();

  // Starts the child. Returns when it runs, or why it does not; a first start
  // that fails is not tried again. OK, in BACKOFF, if the gateway lacks
  // something that it may get.
  absl::Status Start();
  // The same without waiting: `started` is called on the loop.
  void BeginStart(Completion started);

  // Begins to stop the child for good, by the ladder; a second call changes
  // nothing.
  void Stop();
  // The same, and the child's group is killed.
  void Kill();
  // Returns when the child is gone and the loop has ended.
  void Join();
  // Stop, and nobody has to Join before the destructor: `ended` says when the
  // loop has ended, or never was started.
  void End();
  // Another endpoint has its place: it goes on until its child ends, which is
  // not started again.
  void Drain();
  bool ended() const;

  // Where its actors' messages to names go from now on.
  void SetRoutes(Routes routes);

  // What an operator can ask for. `completion` is called on the loop; at once,
  // if that has ended.
  void Ask(Request request, Completion completion);

  const std::string& name() const;
  const EndpointFacts& facts() const;
  // See LocalActor::NoteKnownTo.
  uint8_t known_to_group() const;
  // What can be sent to the child.
  SessionSender& sender();
  // The child's actors.
  EndpointProxies& proxies();

  EndpointStatus Status() const;
  // What is often asked of it.
  EndpointState state() const;
  bool takes_messages() const;
  size_t queued_bytes() const;
  // For what happens outside of the endpoint.
  EndpointStats& stats();
  // The last frames, both directions.
  const FlightRecorder& recorder() const;

 private:
  struct Parts;

  const std::unique_ptr<Parts> parts_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_ENDPOINT_H_
