#include "tests/bench/carrier.h"

#include <utility>

#include "endpoint/check.h"

namespace thespian::gateway::bench {

Carrier::Carrier(v1::GatewayService::Stub& stub, const std::string& name,
                 std::string from, std::string to)
    : from_(std::move(from)),
      to_(std::move(to)),
      stream_(stub.Attach(&context_)) {
  request_.add_commands()->mutable_open()->set_name(name);
  v1::AttachResponse opened;
  Check(stream_->Write(request_) && stream_->Read(&opened), "a stream opens");
  thread_ = std::thread([this] { Run(); });
}

Carrier::~Carrier() {
  context_.TryCancel();
  thread_.join();
  stream_->Finish();
}

void Carrier::Run() {
  v1::AttachResponse response;
  while (stream_->Read(&response)) {
    request_.Clear();
    for (v1::ActorEvent& event : *response.mutable_events()) {
      if (event.has_delivery()) Pass(*event.mutable_delivery());
    }
    if (request_.commands_size() == 0) continue;
    if (!stream_->Write(request_)) return;
    carried_ += static_cast<uint64_t>(request_.commands_size());
  }
}

void Carrier::Pass(v1::ActorEvent::Delivery& delivery) {
  v1::ActorCommand& command = *request_.add_commands();
  if (delivery.endpoint() == from_) {
    asker_ = delivery.from_id();
    auto& send = *command.mutable_send_named();
    send.set_endpoint(to_);
    send.set_to_name("echo");
    send.mutable_payload()->Swap(delivery.mutable_payload());
  } else {
    auto& send = *command.mutable_send();
    send.set_endpoint(from_);
    send.set_to_id(asker_);
    send.mutable_payload()->Swap(delivery.mutable_payload());
  }
}

}  // namespace thespian::gateway::bench
