#include "clients/cpp/conformance/actor_session.h"

#include "clients/cpp/conformance/seen.h"

namespace thespian::gateway::conformance {
namespace {

using nlohmann::json;

// Reads the stream of an actor, if it is one that can be paused, for as long as
// this lives.
class Reading {
 public:
  explicit Reading(client::Actor* actor) : actor_(actor) {
    if (actor_ != nullptr) actor_->ResumeReading();
  }
  ~Reading() {
    if (actor_ != nullptr) actor_->PauseReading();
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  client::Actor* const actor_;
};

}  // namespace

ActorSession::ActorSession(client::Client& client,
                           const client::AttachOptions& options)
    : actor_(client.Attach(options, *this)) {}

ActorSession::ActorSession(client::Client& client,
                           const client::ListenOptions& options)
    : listener_(client.Listen(options, *this)) {}

StepResult ActorSession::AwaitOpen(Deadline deadline) {
  const Reading reading(actor());
  return inbox_.AwaitOpen(deadline);
}

StepResult ActorSession::AwaitResult(uint64_t command_id, Deadline deadline) {
  const Reading reading(actor());
  return inbox_.AwaitResult(command_id, deadline);
}

absl::StatusOr<json> ActorSession::Next(Deadline deadline) {
  const Reading reading(actor());
  return inbox_.Next(deadline);
}

void ActorSession::OnOpened(LocalId id, const std::string& token) {
  inbox_.Open({.id = id, .token = token});
}

void ActorSession::OnDelivery(const v1::ActorEvent::Delivery& delivery) {
  inbox_.Add({{"delivery", Seen(delivery)}});
}

void ActorSession::OnExited(const v1::ActorEvent::Exited& exited) {
  inbox_.Add({{"exited", Seen(exited)}});
}

void ActorSession::OnCommandResult(uint64_t command_id,
                                   const absl::Status& status) {
  inbox_.AddResult(command_id, status);
}

void ActorSession::OnEndpointChanged(
    const v1::ActorEvent::EndpointChanged& changed) {
  inbox_.Add({{"endpoint_changed", Seen(changed)}});
}

void ActorSession::OnClosing(const std::string& reason) {
  inbox_.Add({{"closing", {{"reason", reason}}}});
}

void ActorSession::OnDone(const absl::Status& status) { inbox_.End(status); }

}  // namespace thespian::gateway::conformance
