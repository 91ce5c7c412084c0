// The model of a thespian process over sockets: Unix by file and by abstract
// name, and TCP; dialled, and dialling.
#include <asio/io_context.hpp>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "endpoint/endpoint.h"
#include "endpoint/peer/peer_listener.h"
#include "gmock/gmock.h"
#include "tests/endpoint/peer/socket_endpoint_fixture.h"
#include "tests/support/hex.h"
#include "tests/support/piped_child.h"

namespace thespian::gateway {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Values;

const std::string kList = FromHex("8101");

class ModelSocketTest : public SocketEndpointTest,
                        public ::testing::WithParamInterface<std::string> {
 protected:
  ModelSocketTest() { options_.dialect = Dialect::kThespian; }

  std::string Address() const {
    if (GetParam() == "Tcp") return "127.0.0.1:0";
    if (GetParam() == "File") return "unix:" + path_;
    return "unix:@tg-model-" + std::to_string(getpid()) + directory_.File("");
  }

  static std::unique_ptr<PipedChild> StartModel(const std::string& mode,
                                                const std::string& address) {
    auto model = PipedChild::Start({TG_MODEL_CHILD, mode, address});
    EXPECT_THAT(model, IsOk());
    return *std::move(model);
  }
  // Where it listens, once it does.
  static std::string AddressOf(PipedChild& model) {
    const std::string said = "listening on ";
    EXPECT_THAT(model.AwaitStderr(said), IsOk());
    EXPECT_THAT(model.AwaitStderr("\n"), IsOk());
    const std::string& text = model.stderr_text();
    const size_t start = text.find(said) + said.size();
    return text.substr(start, text.find('\n', start) - start);
  }

  // A message to its echo comes back, by name and by the id that answers.
  void ExpectEcho() {
    const auto actor = Open();
    ASSERT_THAT(Send(actor->id(), "echo", kList), IsOk());
    const std::vector<std::string> mail = actor->AwaitMail("2 says 8101");
    EXPECT_THAT(mail, Contains(HasSubstr(" says 8101")));
  }
};

TEST_P(ModelSocketTest, IsDialledAndLeft) {
  const auto model = StartModel("--listen", Address());
  options_.connect = AddressOf(*model);
  MakeSocketEndpoint();
  ASSERT_THAT(endpoint_->Start(), IsOk());
  ExpectEcho();
  endpoint_->Stop();
  endpoint_->Join();
  EXPECT_THAT(model->AwaitStderr("endpoint_stopped"), IsOk());
  EXPECT_EQ(endpoint_->Status().outbound.controls.dropped, 0u);
}

TEST_P(ModelSocketTest, IsDialledAgainWhenItIsBack) {
  auto model = StartModel("--listen", Address());
  options_.connect = AddressOf(*model);
  MakeSocketEndpoint();
  ASSERT_THAT(endpoint_->Start(), IsOk());
  ExpectEcho();
  model = nullptr;
  AwaitEvent("state BACKOFF");
  unlink(path_.c_str());
  model = StartModel("--listen", options_.connect);
  AddressOf(*model);
  AwaitEvent("state RUNNING");
  ExpectEcho();
}

// Two of them, by one listener: each has actors of its own.
TEST_P(ModelSocketTest, DialsIn) {
  asio::io_context loop;
  Awaited<std::vector<AcceptedPeer>> peers;
  PeerListener listener(
      loop, {.name = "east", .address = Address()}, log_,
      [&](AcceptedPeer peer) {
        peers.Update([&](auto& all) { all.push_back(std::move(peer)); });
      });
  const absl::StatusOr<std::string> address = listener.Listen();
  ASSERT_THAT(address, IsOk());
  listener.Start();
  std::thread accepting([&] { loop.run(); });
  const auto first = StartModel("--connect", *address);
  const auto second = StartModel("--connect", *address);
  EXPECT_TRUE(peers.Await([](const auto& all) { return all.size() == 2; }));
  loop.stop();
  accepting.join();
  EXPECT_EQ(listener.open(), 2u);
  for (int i = 0; i < 2; ++i) {
    peers.Update([&](auto& all) {
      MakeSocketEndpoint(std::move(all[static_cast<size_t>(i)]));
    });
    ASSERT_THAT(endpoint_->Start(), IsOk());
    ExpectEcho();
    endpoint_->Stop();
    endpoint_->Join();
    CheckStats();
    endpoint_ = nullptr;
  }
  EXPECT_THAT(first->Wait(), IsOk());
  EXPECT_THAT(second->Wait(), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Addresses, ModelSocketTest,
                         Values("File", "Abstract", "Tcp"),
                         [](const auto& row) { return row.param; });

}  // namespace
}  // namespace thespian::gateway
