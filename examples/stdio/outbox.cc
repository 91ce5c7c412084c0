#include "examples/stdio/outbox.h"

#include "endpoint/wire/message.h"

namespace thespian::gateway::stdio {

void Outbox::Send(ActorId from, PeerId to, std::string_view payload) {
  if (to.value == 0) return;
  AppendFrame(SendMessage{{from.value}, {to.value}, payload}, bytes_);
}

void Outbox::Link(ActorId actor, PeerId to) {
  AppendFrame(LinkMessage{{actor.value}, {to.value}}, bytes_);
}

void Outbox::Exit(ActorId actor, std::string_view reason) {
  AppendFrame(ExitMessage{{actor.value}, reason}, bytes_);
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
