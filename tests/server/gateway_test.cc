#include "tests/server/gateway_test.h"

#include <signal.h>

#include <chrono>

#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/support/accounting.h"
#include "tests/support/hex.h"
#include "tests/support/rpc_values.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {

MessageFields ChildRecord::Next() {
  const auto event = lines_.Next(v1::ProxyEvent::kStderrLine);
  if (!event.has_value()) return {};
  const std::string content = FromHex(event->stderr_line().line());
  const absl::StatusOr<Message> message = DecodeMessage(content);
  EXPECT_THAT(message, IsOk());
  return message.ok() ? FieldsOf(*message) : MessageFields{};
}

void GatewayTest::Run(const std::vector<std::string>& command) {
  options_.endpoint.command.arguments = command;
  auto live = LiveGateway::Start(options_);
  ASSERT_THAT(live, IsOk());
  live_ = *std::move(live);
}

void GatewayTest::RunDemo() { ASSERT_NO_FATAL_FAILURE(Run({TG_DEMO_CHILD})); }

void GatewayTest::RunScript(std::vector<std::string> verbs) {
  verbs.insert(verbs.begin(), TG_SCRIPTED_CHILD);
  ASSERT_NO_FATAL_FAILURE(Run(verbs));
}

void GatewayTest::TearDown() {
  if (live_ == nullptr) return;
  ExpectBalanced(live_->Describe().counters());
  live_->End();
  const v1::EndpointCounters counters = live_->Describe().counters();
  ExpectBalanced(counters);
  EXPECT_EQ(counters.waiting(), 0u);
  EXPECT_EQ(counters.queued_bytes(), 0u);
  EXPECT_EQ(counters.proxies_live(), 0u);
  EXPECT_THAT(live_->gateway().locals().All(), ::testing::IsEmpty());
}

void GatewayTest::Prepare(const Speaker& speaker, grpc::ClientContext& context,
                          std::chrono::milliseconds deadline) {
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  if (!speaker.token.empty()) {
    context.AddMetadata("x-actor-token", speaker.token);
  }
}

void GatewayTest::Signal(int signal) {
  ASSERT_EQ(kill(static_cast<pid_t>(live_->Describe().pid()), signal), 0);
}

grpc::Status GatewayTest::Send(const v1::SendRequest& request,
                               const Speaker& speaker) {
  grpc::ClientContext context;
  Prepare(speaker, context);
  v1::SendRequest said = request;
  if (speaker.id != 0) said.set_from_id(speaker.id);
  v1::SendResponse response;
  const grpc::Status status = stub().Send(&context, said, &response);
  EXPECT_EQ(response.incarnation() > 0, status.ok());
  return status;
}

grpc::Status GatewayTest::Send(const v1::SendNamedRequest& request,
                               const Speaker& speaker) {
  grpc::ClientContext context;
  Prepare(speaker, context);
  v1::SendNamedRequest said = request;
  if (speaker.id != 0) said.set_from_id(speaker.id);
  v1::SendNamedResponse response;
  const grpc::Status status = stub().SendNamed(&context, said, &response);
  EXPECT_EQ(response.incarnation() > 0, status.ok());
  return status;
}

grpc::Status GatewayTest::Call(const v1::CallRequest& request,
                               v1::CallResponse& response,
                               std::chrono::milliseconds deadline) {
  grpc::ClientContext context;
  Prepare({}, context, deadline);
  return stub().Call(&context, request, &response);
}

std::vector<v1::LocalActor> GatewayTest::ListLocalActors() {
  grpc::ClientContext context;
  Prepare({}, context);
  v1::ListLocalActorsRequest request;
  request.set_page_size(1'000);
  v1::ListLocalActorsResponse response;
  EXPECT_THAT(stub().ListLocalActors(&context, request, &response), IsRpcOk());
  EXPECT_EQ(response.next_page_token(), "");
  return {response.actors().begin(), response.actors().end()};
}

v1::Endpoint GatewayTest::GetEndpoint() {
  grpc::ClientContext context;
  Prepare({}, context);
  v1::GetEndpointResponse response;
  EXPECT_THAT(stub().GetEndpoint(&context, {}, &response), IsRpcOk());
  return response.endpoint();
}

std::unique_ptr<AttachClient> GatewayTest::Attach(
    const std::string& name, v1::PayloadEncoding encoding) {
  auto client = std::make_unique<AttachClient>(stub());
  EXPECT_TRUE(client->Open(name, encoding));
  return client;
}

std::unique_ptr<ListenClient> GatewayTest::Listen(
    const std::string& name, v1::PayloadEncoding encoding) {
  auto client = std::make_unique<ListenClient>(
      stub(), gateway::Open(name, encoding).open());
  EXPECT_TRUE(client->TakeOpened());
  return client;
}

void GatewayTest::AwaitReady() {
  Watcher watcher(
      stub(), SinceTheBeginning({v1::PROXY_EVENT_KIND_MESSAGE_UNDELIVERABLE}));
  const auto event = watcher.Next(v1::ProxyEvent::kMessageUndeliverable);
  ASSERT_TRUE(event.has_value());
  ASSERT_EQ(event->message_undeliverable().to_name(), "ready");
}

}  // namespace thespian::gateway
