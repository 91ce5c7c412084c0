// Certificates that change under clients that are busy.
#include <atomic>
#include <thread>
#include <vector>

#include "tests/server/tls/tls_fixture.h"

namespace thespian::gateway {
namespace {

using grpc::StatusCode;
using ::testing::HasSubstr;

constexpr int kClients = 100;
constexpr int kRotations = 10;

class TlsRotationTest : public TlsFixture {
 protected:
  void Rotate(const IssuedPair& pair) {
    folder_.Write(pair);
    const auto now = std::chrono::steady_clock::now();
    server_->Tick(now);
    server_->Tick(now);
  }
};

// Half of them keep their connection, half of them make one for each call.
TEST_F(TlsRotationTest, NoCallFailsWhileCertificatesChange) {
  Serve(folder_.Files(client_ca_, ClientCertificates::kRequired));
  std::atomic<bool> stop = false;
  std::atomic<int> calls = 0;
  std::atomic<int> failed = 0;
  const auto credentials = Trusting(ca_, client_ca_.Issue("client"));
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, keeps = i % 2 == 0] {
      auto channel = Dial(credentials);
      // Now and then the first connection that gRPC 1.51 makes fails with
      // ENOENT, which connect does not give; it is not of the certificates.
      if (!channel->WaitForConnected(std::chrono::system_clock::now() +
                                     kPatience)) {
        ++failed;
      }
      do {
        const grpc::Status status = Ask(channel);
        if (!status.ok()) {
          ADD_FAILURE() << status.error_message();
          ++failed;
        }
        ++calls;
        if (!keeps) channel = Dial(credentials);
      } while (!stop);
    });
  }
  for (int i = 0; i < kRotations; ++i) {
    const int before = calls;
    Rotate(ca_.Issue("rotated"));
    while (calls < before + kClients) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GE(calls, kRotations * kClients);
}

TEST_F(TlsRotationTest, ANewConnectionGetsTheNewCertificate) {
  Serve(folder_.Files());
  const TestCa next("next authority");
  const auto old = Dial(Trusting(ca_));
  EXPECT_EQ(Ask(old).error_code(), StatusCode::OK);
  EXPECT_EQ(Try(Trusting(next)), StatusCode::UNAVAILABLE);
  Rotate(next.Issue("gateway"));
  EXPECT_EQ(Try(Trusting(next)), StatusCode::OK);
  EXPECT_EQ(Try(Trusting(ca_)), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Ask(old).error_code(), StatusCode::OK);
}

TEST_F(TlsRotationTest, AnotherAuthorityOfClientsTakesThePlaceOfTheLast) {
  Serve(folder_.Files(client_ca_, ClientCertificates::kRequired));
  const TestCa next("next authority");
  const auto with = [&](const TestCa& ca) {
    return Trusting(ca_, ca.Issue("client"));
  };
  EXPECT_EQ(Try(with(next)), StatusCode::UNAVAILABLE);
  folder_.Write("ca.crt", next.certificate());
  server_->ReloadCertificates();
  EXPECT_EQ(Try(with(next)), StatusCode::OK);
  EXPECT_EQ(Try(with(client_ca_)), StatusCode::UNAVAILABLE);
}

TEST_F(TlsRotationTest, ABadPairChangesNothingAndALineSaysWhy) {
  Serve(folder_.Files());
  for (const IssuedPair& bad :
       {IssuedPair{.certificate = "garbage", .key = "garbage"},
        IssuedPair{.certificate = ca_.Issue("one").certificate,
        .key = ca_.Issue("other").key},
        ca_.Issue({.name = "expired",
        .not_after = absl::Now() - absl::Minutes(1)})}) {
    Rotate(bad);
    EXPECT_THAT(lines_.Get().back(), HasSubstr("the new files are not used"));
    EXPECT_EQ(Try(Trusting(ca_)), StatusCode::OK);
  }
}

}  // namespace
}  // namespace thespian::gateway
