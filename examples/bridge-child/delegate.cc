#include "examples/bridge-child/delegate.h"

#include <algorithm>
#include <utility>

namespace thespian::gateway::bridge {
namespace {

// The last run of the child of which nothing more comes in this state.
Incarnation LastEnded(const v1::ActorEvent::EndpointChanged& changed) {
  switch (changed.state()) {
    case v1::ENDPOINT_STATE_BACKOFF:
    case v1::ENDPOINT_STATE_STOPPED:
    case v1::ENDPOINT_STATE_FAILED:
      return {changed.incarnation()};
    default:
      return {std::max<uint64_t>(changed.incarnation(), 1) - 1};
  }
}

}  // namespace

Delegate::Delegate(client::Client& gateway, std::string endpoint, PeerId peer,
                   Inbox& inbox)
    : endpoint_(std::move(endpoint)), peer_(peer), inbox_(inbox) {
  actor_ = gateway.Attach({.max_queued_bytes = kMaxQueuedBytes}, *this);
  attached_ = actor_.get();
}

Delegate::~Delegate() { actor_.reset(); }

absl::Status Delegate::Send(ActorId id, const FarActor& to,
                            std::string_view payload) {
  return Count(actor_->Send(
      {.endpoint = endpoint_, .id = to.id, .incarnation = to.incarnation},
      payload, id.value));
}

absl::Status Delegate::SendNamed(const std::string& name,
                                 std::string_view payload) {
  return Count(actor_->SendNamed({.endpoint = endpoint_, .name = name}, payload,
                                 kNamedCommand));
}

absl::Status Delegate::Link(ActorId id, const FarActor& to) {
  return LinkAs(id.value, to);
}

// A link to an actor that has gone is answered in its place among what comes,
// so after everything that the actor said; and the far child is not told of it.
absl::Status Delegate::Ask(const FarActor& ended) {
  return LinkAs(kQuestion, ended);
}

absl::Status Delegate::LinkAs(uint64_t command_id, const FarActor& to) {
  return Count(actor_->Link(
      {.endpoint = endpoint_, .id = to.id, .incarnation = to.incarnation},
      command_id));
}

absl::Status Delegate::Count(absl::Status status) {
  if (status.ok()) ++unanswered_;
  return status;
}

void Delegate::NoteAnswer() {
  --unanswered_;
  CancelOnceAnswered();
}

void Delegate::Leave(std::string_view reason) {
  leaving_ = true;
  if (reason == "normal") return actor_->HalfClose();
  cancel_ = true;
  CancelOnceAnswered();
}

// A stream that is cancelled takes what it has not delivered with it.
void Delegate::CancelOnceAnswered() {
  if (cancel_ && unanswered_ == 0) actor_->Cancel();
}

void Delegate::PauseIfFull() {
  client::Actor* const actor = attached_;
  if (actor == nullptr) return;
  // In this order: whoever makes room after it was found full resumes.
  actor->PauseReading();
  if (!inbox_.IsFull()) actor->ResumeReading();
}

void Delegate::OnOpened(LocalId id, const std::string& /*token*/) {
  inbox_.Put(Opened{peer_, id});
}

void Delegate::OnDelivery(const v1::ActorEvent::Delivery& delivery) {
  if (delivery.endpoint() != endpoint_) return;
  inbox_.Put(Delivered{peer_,
                       {{delivery.from_id()}, {delivery.incarnation()}},
                       delivery.payload().cbor()});
  PauseIfFull();
}

void Delegate::OnExited(const v1::ActorEvent::Exited& exited) {
  if (exited.endpoint() != endpoint_) return;
  inbox_.Put(Exited{peer_, {{exited.remote_id()}, {exited.incarnation()}}});
}

void Delegate::OnCommandResult(uint64_t command_id,
                               const absl::Status& status) {
  inbox_.Put(Answered{peer_, command_id, status});
}

void Delegate::OnEndpointChanged(
    const v1::ActorEvent::EndpointChanged& changed) {
  if (changed.endpoint() != endpoint_) return;
  inbox_.Put(RunEnded{peer_, LastEnded(changed)});
}

void Delegate::OnRoom() { inbox_.Put(HasRoom{peer_}); }

void Delegate::OnDone(const absl::Status& status) {
  inbox_.Put(StreamEnded{peer_, status});
}

}  // namespace thespian::gateway::bridge
