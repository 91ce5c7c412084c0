#include "examples/stdio/outbox.h"

#include "endpoint/wire/message.h"

namespace thespian::gateway::stdio {

bool Outbox::Send(ActorId from, PeerId to, std::string_view payload) {
  if (to.value == 0) return true;
  return AppendIfItFits(SendMessage{{from.value}, {to.value}, payload});
}

bool Outbox::SendNamed(ActorId from, std::string_view name,
                       std::string_view payload) {
  return AppendIfItFits(SendNamedMessage{{from.value}, name, payload});
}

template <typename Sent>
bool Outbox::AppendIfItFits(const Sent& message) {
  const size_t before = bytes_.size();
  const size_t size = AppendFrame(message, bytes_, dialect_.ids);
  if (size <= dialect_.max_frame_bytes) return true;
  bytes_.resize(before);
  return false;
}

void Outbox::Link(ActorId actor, PeerId to) {
  AppendFrame(LinkMessage{{actor.value}, {to.value}}, bytes_, dialect_.ids);
}

void Outbox::Exit(ActorId actor, std::string_view reason) {
  AppendFrame(ExitMessage{{actor.value}, reason}, bytes_, dialect_.ids);
}

void Outbox::TransportError(std::string_view reason) {
  AppendFrame(TransportErrorMessage{reason}, bytes_);
}

void Outbox::Written(size_t size) {
  written_ += size;
  // Moving the rest only when it is the smaller half keeps the cost of a byte
  // constant, however slowly stdout is read.
  if (written_ < bytes_.size() - written_) return;
  bytes_.erase(0, written_);
  written_ = 0;
}

}  // namespace thespian::gateway::stdio
