// One incarnation of an endpoint's peer: what is read from it, what is written
// to it, what is known of its actors, and how it ended. Nothing of it outlives
// it or is used by the next one.
//
// Ownership: owns its transport with the loop's pending waits. A session is
//   shared by its loop and by whoever sends: a batch holds the session it is
//   for, so that it can't reach another. Numbers are counted by the endpoint.
// Threads:   incarnation, remotes, held and writer are for any thread; the rest
//   is the loop's.
// Errors:    what the peer does wrong is told by the events.
// Memory:    one frame, the tables, and the writer's queue.
#ifndef ENDPOINT_SESSION_SESSION_H_
#define ENDPOINT_SESSION_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/actors/held_exits.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/actors/remote_actors.h"
#include "endpoint/clock.h"
#include "endpoint/endpoint_options.h"
#include "endpoint/endpoint_status.h"
#include "endpoint/flight/flight_recorder.h"
#include "endpoint/journal/event_journal.h"
#include "endpoint/session/dispatcher.h"
#include "endpoint/session/frame_writer.h"
#include "endpoint/transport/transport.h"
#include "endpoint/wire/frame_decoder.h"
#include "endpoint/wire/ids.h"
#include "spdlog/logger.h"

namespace thespian::gateway {

// What a session tells its endpoint, on the loop.
class SessionEvents {
 public:
  virtual ~SessionEvents() = default;

  virtual void OnSessionOpened() = 0;
  // The peer broke the protocol.
  virtual void OnSessionFailed(const absl::Status& why) = 0;
  // The peer ended the stream, with a reason.
  virtual void OnSessionGoodbye(const std::string& reason) = 0;
  // The peer takes nothing more, though it has not ended.
  virtual void OnSessionInputClosed() = 0;
  // Nothing more comes from the peer; last. An error if it stopped inside a
  // frame.
  virtual void OnSessionEnded(const absl::Status& whole) = 0;
};

class Session final : private TransportEvents {
 public:
  // All of it outlives the session.
  struct Deps {
    const EndpointFacts& facts;
    const Clock& clock;
    EventJournal& journal;
    LocalActors& locals;
    spdlog::logger& log;
    FlightRecorder& recorder;
    EndpointStats& stats;
    EndpointRelay* relay = nullptr;  // null: it has none
  };

  // `events` outlives OnSessionEnded.
  Session(Incarnation incarnation, std::shared_ptr<Transport> transport,
          SessionEvents& events, const Deps& deps);

  Incarnation incarnation() const { return incarnation_; }
  RemoteActors& remotes() { return remotes_; }
  HeldExits& held() { return held_; }
  FrameWriter& writer() { return writer_; }

  // Begins to read; OnSessionEnded will follow.
  void Open();
  // The peer is known to have ended: OnSessionEnded comes soon.
  void Drain();
  // Whether OnSessionEnded is still to come.
  bool reading() const { return reading_; }

  // What clients and operators do to the peer's actors goes here, while the
  // session is live; Flush after it.
  Dispatcher& dispatcher() { return dispatcher_; }
  // Until End: the peer's actors live, and what it says is dispatched.
  bool live() const { return live_; }

  // Nothing more is written to the peer.
  void CloseInput(std::string_view why);
  // The same, but what waits is still written, and then a goodbye with
  // `reason`: for a peer that is not to see the end of our stream before.
  void Leave(std::string_view reason, std::string_view why);
  // The peer's actors are gone. What it still says is read and dropped.
  void End(std::string_view why);

  // What an operator may have set wrong, as far as the session shows it. `code`
  // is the child's exit code, 0 if that says nothing.
  std::vector<std::string> EndHints(int code) const;

 private:
  absl::Status InputClosedError(std::string_view why) const;

  void OnOpened() override;
  void OnBytes(std::string_view bytes) override;
  void OnWritable() override;
  void OnInputClosed() override;
  void OnEnded() override;

  const Incarnation incarnation_;
  const Deps deps_;
  SessionEvents& events_;
  const uint64_t written_before_;  // messages, by earlier sessions
  const std::shared_ptr<Transport> transport_;
  RemoteActors remotes_;
  HeldExits held_;
  FrameWriter writer_;
  Dispatcher dispatcher_;
  FrameDecoder decoder_;
  bool reading_ = false;
  bool live_ = true;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SESSION_SESSION_H_
