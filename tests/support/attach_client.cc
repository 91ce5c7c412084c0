#include "tests/support/attach_client.h"

#include "gtest/gtest.h"
#include "tests/support/rpc_values.h"

namespace thespian::gateway {

AttachClient::AttachClient(v1::GatewayService::Stub& stub,
                           std::chrono::milliseconds deadline) {
  context_.set_deadline(std::chrono::system_clock::now() + deadline);
  stream_ = stub.Attach(&context_);
}

AttachClient::~AttachClient() {
  if (finished_) return;
  context_.TryCancel();
  Finish();
}

bool AttachClient::Do(const v1::ActorCommand& command) {
  return Do(std::vector<v1::ActorCommand>{command});
}

bool AttachClient::Do(const std::vector<v1::ActorCommand>& commands) {
  v1::AttachRequest request;
  for (const v1::ActorCommand& command : commands) {
    *request.add_commands() = command;
  }
  return stream_->Write(request);
}

bool AttachClient::Open(const std::string& name, v1::PayloadEncoding encoding) {
  if (!Do(gateway::Open(name, encoding))) return false;
  const std::optional<v1::ActorEvent> event = Next();
  if (!event.has_value() || !event->has_opened()) return false;
  id_ = event->opened().actor_id();
  token_ = event->opened().token();
  return true;
}

std::optional<v1::ActorEvent> AttachClient::Next() {
  while (next_ == response_.events_size()) {
    next_ = 0;
    response_.Clear();
    if (!stream_->Read(&response_)) return std::nullopt;
    EXPECT_GT(response_.events_size(), 0) << "an empty message";
  }
  const v1::ActorEvent& event = response_.events(next_++);
  EXPECT_EQ(event.sequence(), ++sequence_);
  return event;
}

std::optional<v1::ActorEvent> AttachClient::Next(EventCase kind) {
  std::optional<v1::ActorEvent> event;
  do {
    event = Next();
  } while (event.has_value() && event->event_case() != kind);
  return event;
}

std::string AttachClient::NextCbor() {
  const auto event = Next(v1::ActorEvent::kDelivery);
  return event.has_value() ? event->delivery().payload().cbor() : "";
}

grpc::Status AttachClient::Finish() {
  finished_ = true;
  while (Next().has_value()) {
  }
  return stream_->Finish();
}

}  // namespace thespian::gateway
