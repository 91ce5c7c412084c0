#include "clients/cpp/actor.h"

#include <utility>

#include "clients/cpp/actor_stream.h"

namespace thespian::gateway::client {

Actor::Actor(std::shared_ptr<v1::GatewayService::Stub> stub,
             const AttachOptions& options, ActorHandler& handler)
    : stub_(std::move(stub)),
      stream_(std::make_unique<ActorStream>(options, handler)) {
  stream_->Start(*stub_);
}

Actor::~Actor() {
  stream_->Cancel();
  stream_->Wait(absl::InfiniteDuration());
}

absl::Status Actor::Send(const RemoteActor& to, std::string_view cbor,
                         uint64_t command_id) {
  v1::ActorCommand command;
  command.set_command_id(command_id);
  v1::ActorCommand::Send& send = *command.mutable_send();
  send.set_endpoint(to.endpoint);
  send.set_to_id(to.id.value);
  send.set_incarnation(to.incarnation.value);
  send.mutable_payload()->set_cbor(cbor.data(), cbor.size());
  return stream_->Add(std::move(command));
}

absl::Status Actor::SendNamed(const NamedActor& to, std::string_view cbor,
                              uint64_t command_id) {
  v1::ActorCommand command;
  command.set_command_id(command_id);
  v1::ActorCommand::SendNamed& send = *command.mutable_send_named();
  send.set_endpoint(to.endpoint);
  send.set_to_name(to.name);
  send.mutable_payload()->set_cbor(cbor.data(), cbor.size());
  return stream_->Add(std::move(command));
}

absl::Status Actor::Link(const RemoteActor& to, uint64_t command_id) {
  v1::ActorCommand command;
  command.set_command_id(command_id);
  v1::ActorCommand::Link& link = *command.mutable_link();
  link.set_endpoint(to.endpoint);
  link.set_remote_id(to.id.value);
  link.set_incarnation(to.incarnation.value);
  return stream_->Add(std::move(command));
}

void Actor::HalfClose() { stream_->HalfClose(); }

absl::Status Actor::Close(absl::Duration patience) {
  stream_->HalfClose();
  stream_->ReadToTheEnd();
  if (stream_->Wait(patience)) return stream_->final_status();
  stream_->Cancel();
  stream_->Wait(absl::InfiniteDuration());
  return absl::DeadlineExceededError(
      "the gateway did not end the stream in time; it was cancelled");
}

void Actor::Cancel() { stream_->Cancel(); }

void Actor::PauseReading() { stream_->PauseReading(); }

void Actor::ResumeReading() { stream_->ResumeReading(); }

}  // namespace thespian::gateway::client
