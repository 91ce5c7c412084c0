// The gateway with TLS as a program, and thespianctl as its client.
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/gateway_process.h"
#include "tests/support/test_ca.h"
#include "tests/support/tls_folder.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;

constexpr int kUnavailable = 69;

class TlsProcessTest : public ::testing::Test {
 protected:
  // What the gateway is told of its certificates.
  std::vector<std::string> Options() const {
    folder_.Write(ca_.Issue("gateway"));
    const TlsFiles files =
        folder_.Files(client_ca_, ClientCertificates::kRequired);
    return {"--tls-cert",      files.certificate, "--tls-key",    files.key,
            "--tls-client-ca", files.client_ca,   "--tls-client", "required"};
  }
  // Those of a client that trusts `ca` and shows a certificate of `own`.
  std::vector<std::string> Showing(const TestCa& ca, const TestCa& own) const {
    const IssuedPair pair = own.Issue("client");
    return {"--ca",   folder_.Write("roots.crt", ca.certificate()),
            "--cert", folder_.Write("client.crt", pair.certificate),
            "--key",  folder_.Write("client.key", pair.key)};
  }
  static Ended Call(const GatewayProcess& gateway,
                    std::vector<std::string> options) {
    options.insert(options.begin(), {TG_CTL, "--address", gateway.address()});
    options.insert(options.end(), {"call", "echo", "[\"hi\"]"});
    return Program(options).Wait();
  }

  const TestCa ca_;
  const TestCa client_ca_{"authority of clients"};
  const TlsFolder folder_{};
};

TEST_F(TlsProcessTest, OnlyWhoShowsTheRightCertificateGetsIn) {
  GatewayProcess gateway(Options(), {TG_DEMO_CHILD});
  const Ended right = Call(gateway, Showing(ca_, client_ca_));
  EXPECT_EQ(right.code, 0) << right.err;
  EXPECT_EQ(right.out, "[\"hi\"]\n");
  EXPECT_EQ(Call(gateway, Showing(ca_, ca_)).code, kUnavailable);
  const Ended stranger = Call(gateway, Showing(client_ca_, client_ca_));
  EXPECT_EQ(stranger.code, kUnavailable);
  EXPECT_THAT(stranger.err, HasSubstr("certificate verify failed"));
  const std::vector<std::string> all = Showing(ca_, client_ca_);
  EXPECT_EQ(Call(gateway, {all[0], all[1]}).code, kUnavailable);
  const Ended plain = Call(gateway, {});
  EXPECT_EQ(plain.code, kUnavailable);
  EXPECT_THAT(plain.err, HasSubstr("If it has TLS, --tls or --ca is missing"));
}

TEST_F(TlsProcessTest, AContextReachesIt) {
  GatewayProcess gateway(Options(), {TG_DEMO_CHILD});
  Showing(ca_, client_ca_);
  const std::string folder =
      std::filesystem::path(folder_.Files().key).parent_path();
  std::filesystem::create_directory(folder + "/thespianctl");
  folder_.Write("thespianctl/config.toml",
                "[context.here]\naddress = \"" + gateway.address() +
                    "\"\nca = \"../roots.crt\"\ncert = \"../client.crt\"\n"
                    "key = \"../client.key\"\n");
  const Ended ended =
      Program({TG_CTL, "--context", "here", "call", "echo", "[\"hi\"]"},
              {"XDG_CONFIG_HOME=" + folder})
          .Wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "[\"hi\"]\n");
}

TEST_F(TlsProcessTest, NewFilesAreFoundAndWrongOnesAreNotUsed) {
  GatewayProcess gateway(Options(), {TG_DEMO_CHILD});
  Program& program = gateway.program();
  folder_.Write("tls.key", "no key");
  program.Kill(SIGHUP);
  ASSERT_TRUE(
      program.AwaitErr("the new files are not used: " + folder_.Files().key));
  EXPECT_EQ(Call(gateway, Showing(ca_, client_ca_)).code, 0);
  const TestCa next("next authority");
  folder_.Write(next.Issue("renewed"));
  ASSERT_TRUE(program.AwaitErr("CN=renewed, until"));
  EXPECT_EQ(Call(gateway, Showing(next, client_ca_)).code, 0);
  EXPECT_EQ(Call(gateway, Showing(ca_, client_ca_)).code, kUnavailable);
}

TEST_F(TlsProcessTest, AWrongPairAndAPlainNetworkEndAStart) {
  const std::vector<std::string> options = Options();
  folder_.Write("tls.key", ca_.Issue("other").key);
  std::vector<std::string> command = {TG_GATEWAY, "--listen", "127.0.0.1:0"};
  command.insert(command.end(), options.begin(), options.end());
  command.insert(command.end(), {"--", TG_DEMO_CHILD});
  const Ended wrong = Program(command).Wait();
  EXPECT_EQ(wrong.code, 78);
  EXPECT_THAT(wrong.err, HasSubstr("the key is not that of the certificate"));
  const Ended plain =
      Program({TG_GATEWAY, "--listen", "0.0.0.0:0", "--", TG_DEMO_CHILD})
          .Wait();
  EXPECT_EQ(plain.code, 78);
  EXPECT_THAT(plain.err, HasSubstr("is not on the loopback"));
}

}  // namespace
}  // namespace thespian::gateway
