// The stream of a local actor, which attached itself or listens.
//
// An attached actor's stream is read only while a step waits for something of
// it: a client that does not read is a part of some scenarios. A listener's
// can't be paused; what it is told waits here.
//
// Ownership: owns the actor or the listener, and is its handler.
// Threads:   the handler's calls come on gRPC's threads, everything else on the
//   scenario's.
// Errors:    see Inbox.
#ifndef CLIENTS_CPP_CONFORMANCE_ACTOR_SESSION_H_
#define CLIENTS_CPP_CONFORMANCE_ACTOR_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "clients/cpp/client.h"
#include "clients/cpp/conformance/inbox.h"
#include "clients/cpp/conformance/stream.h"

namespace thespian::gateway::conformance {

class ActorSession final : public Stream, private client::ActorHandler {
 public:
  ActorSession(client::Client& client, const client::AttachOptions& options);
  ActorSession(client::Client& client, const client::ListenOptions& options);

  StepResult AwaitOpen(Deadline deadline);
  // Of a command, whose id is not 0.
  StepResult AwaitResult(uint64_t command_id, Deadline deadline);

  absl::StatusOr<nlohmann::json> Next(Deadline deadline) override;
  absl::Status end() override { return inbox_.end(); }
  ActorSession* actor_session() override { return this; }

  // Null: it only listens.
  client::Actor* actor() { return actor_.get(); }
  client::Speaker speaker() { return inbox_.speaker(); }
  uint64_t NewCommandId() { return ++last_command_id_; }

 private:
  void OnOpened(LocalId id, const std::string& token) override;
  void OnDelivery(const v1::ActorEvent::Delivery& delivery) override;
  void OnExited(const v1::ActorEvent::Exited& exited) override;
  void OnCommandResult(uint64_t command_id,
                       const absl::Status& status) override;
  void OnEndpointChanged(
      const v1::ActorEvent::EndpointChanged& changed) override;
  void OnClosing(const std::string& reason) override;
  void OnDone(const absl::Status& status) override;

  Inbox inbox_;
  uint64_t last_command_id_ = 0;
  // The last members: their calls of the handler end before anything else goes.
  std::unique_ptr<client::Actor> actor_;
  std::unique_ptr<client::Listener> listener_;
};

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_ACTOR_SESSION_H_
