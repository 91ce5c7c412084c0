#include "tests/support/attach_client.h"

#include "tests/support/rpc_values.h"

namespace thespian::gateway {

AttachClient::AttachClient(v1::GatewayService::Stub& stub,
                           std::chrono::milliseconds deadline)
    : ActorEvents(deadline) {
  stream_ = stub.Attach(&context_);
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
  return Do(gateway::Open(name, encoding)) && TakeOpened();
}

}  // namespace thespian::gateway
