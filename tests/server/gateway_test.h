// The fixture of the server's tests: a gateway with one child, served over
// gRPC, whose books must balance at the end of every test.
#ifndef TESTS_SERVER_GATEWAY_TEST_H_
#define TESTS_SERVER_GATEWAY_TEST_H_

#include <grpc/grpc.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/wire/ids.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/attach_client.h"
#include "tests/support/listen_client.h"
#include "tests/support/live_gateway.h"
#include "tests/support/message_fields.h"
#include "tests/support/patience.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"
#include "tests/support/watcher.h"

namespace thespian::gateway {

// Who speaks in a unary call.
struct Speaker {
  uint64_t id = 0;
  std::string token;  // empty: none is sent
};

template <typename Client>
Speaker SpeakerOf(const Client& client) {
  return {.id = client.id(), .token = client.token()};
}

// What the child is told of the end of the local actor `id`.
inline auto IsExitOf(uint64_t id, const std::string& reason) {
  using ::testing::Pair;
  return ::testing::UnorderedElementsAre(Pair("kind", "exit"),
                                         Pair("local", std::to_string(id)),
                                         Pair("reason", reason));
}

// What a child that was started with "record:2" is told, in order.
class ChildRecord {
 public:
  explicit ChildRecord(v1::GatewayService::Stub& stub)
      : lines_(stub, SinceTheBeginning({v1::PROXY_EVENT_KIND_STDERR_LINE})) {}

  // The next message; empty at the end.
  MessageFields Next();

 private:
  Watcher lines_;
};

class GatewayTest : public ::testing::Test {
 protected:
  // As the program does it: gRPC stays, so what it has opened does too.
  static void SetUpTestSuite() { grpc_init(); }

  // Starts the gateway with options_ and this child.
  void Run(const std::vector<std::string>& command);
  // The same, with the demo child or with the scripted child.
  void RunDemo();
  void RunScript(std::vector<std::string> verbs);

  void TearDown() override;

  v1::GatewayService::Stub& stub() { return live_->stub(); }
  Endpoint& endpoint() { return *live_->gateway().Endpoints().front(); }

  grpc::Status Send(const v1::SendRequest& request,
                    const Speaker& speaker = {});
  grpc::Status Send(const v1::SendNamedRequest& request,
                    const Speaker& speaker = {});
  grpc::Status Call(const v1::CallRequest& request, v1::CallResponse& response,
                    std::chrono::milliseconds deadline = kPatience);
  v1::Endpoint GetEndpoint();
  // Every local actor, as it is listed.
  std::vector<v1::LocalActor> ListLocalActors();

  // A context with a deadline and, if the speaker has one, its token.
  static void Prepare(const Speaker& speaker, grpc::ClientContext& context,
                      std::chrono::milliseconds deadline = kPatience);

  // Sends a signal to the child.
  void Signal(int signal);

  // An attached client; the test fails if it can't be opened.
  std::unique_ptr<AttachClient> Attach(
      const std::string& name = "",
      v1::PayloadEncoding encoding = v1::PAYLOAD_ENCODING_UNSPECIFIED);

  // The same for one that listens.
  std::unique_ptr<ListenClient> Listen(
      const std::string& name = "",
      v1::PayloadEncoding encoding = v1::PAYLOAD_ENCODING_UNSPECIFIED);

  // Returns when the child has spoken to the name "ready", which a script does
  // once it has come so far. The sender has a proxy then.
  void AwaitReady();

  LiveGateway::Options options_;
  std::unique_ptr<LiveGateway> live_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SERVER_GATEWAY_TEST_H_
