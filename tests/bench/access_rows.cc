// What it costs to know who calls, and to ask whether that is allowed.
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tests/bench/flooder.h"
#include "tests/bench/many_rules.h"
#include "tests/bench/pair_row.h"
#include "tests/bench/rows.h"
#include "tests/bench/sample.h"
#include "tests/bench/unary_load.h"
#include "tests/support/tls_folder.h"

namespace thespian::gateway::bench {
namespace {

constexpr int kRules = 100;
constexpr char kFlooder[] = "flooder";
constexpr char kLimit[] =
    "[[limit]]\nprincipals = [\"cn:flooder\"]\n"
    "requests-per-second = 1000\nmessages-per-second = 1000\n";

// The files of servers whose clients have to show a certificate, and such a
// client.
class Authority {
 public:
  Authority() {
    folder_.Write(ca_.Issue("server"));
    rules_ = folder_.Write("rules.toml", ManyRules(kRules, /*principals=*/""));
    files_ = folder_.Files(ca_, ClientCertificates::kRequired);
  }

  std::vector<std::string> Options() const {
    return {"--tls-cert",      files_.certificate, "--tls-key",    files_.key,
            "--tls-client-ca", files_.client_ca,   "--tls-client", "required"};
  }
  std::vector<std::string> OptionsWithRules() const {
    std::vector<std::string> options = Options();
    options.insert(options.end(), {"--rules", rules_});
    return options;
  }
  std::shared_ptr<grpc::ChannelCredentials> Client(
      const std::string& name = "client") const {
    const IssuedPair pair = ca_.Issue({.name = name, .alternatives = ""});
    return grpc::SslCredentials({.pem_root_certs = ca_.certificate(),
                                 .pem_private_key = pair.key,
                                 .pem_cert_chain = pair.certificate});
  }

 private:
  const TestCa ca_;
  const TlsFolder folder_{};
  TlsFiles files_;
  std::string rules_;
};

using MeasureSubject = absl::FunctionRef<double(Subject&)>;

// Each is the secured one as a multiple of the plain one: of the gateway, and
// of what TLS alone costs.
Pair Costs(Setting& setting, Subject& gateway, Subject& bare,
           Subject& plain_bare, MeasureSubject measure) {
  return InTurns(
      setting.effort().rounds,
      [&] { return measure(gateway) / measure(setting.gateway()); },
      [&] { return measure(bare) / measure(plain_bare); });
}

}  // namespace

void MeasureSecured(Setting& setting, Report& report) {
  constexpr int kInFlight = 64;
  constexpr double kLeastRate = 0.85;
  constexpr double kMostTime = 1.15;
  const Authority authority;
  Subject gateway =
      setting.NewGateway(authority.OptionsWithRules(), authority.Client());
  Subject bare = setting.NewBare(authority.Options(), authority.Client());
  Subject relay = setting.NewRelay(authority.Options(), authority.Client());
  const auto rate = [&](Subject& subject) {
    return UnaryRate(subject.stub(), kInFlight, setting.effort().round);
  };
  const auto time = [&](Subject& subject) {
    return Median(CallTimes(subject.stub(), setting.effort().latencies));
  };
  report.Add(RowOf("secured_rate", "of plain",
                   Costs(setting, gateway, bare, setting.bare(), rate),
                   AtLeast(kLeastRate)));
  report.Add(RowOf("secured_call_p50", "of plain",
                   Costs(setting, gateway, relay, setting.relay(), time),
                   AtMost(kMostTime)));
}

// Two principals, of which one asks for all it can get and is held to its
// limit.
void MeasureCallBesideLimited(Setting& setting, Report& report) {
  constexpr double kTail = 0.99;
  constexpr double kMost = 2;
  const Authority authority;
  Subject gateway =
      setting.NewGateway(authority.OptionsWithRules(), authority.Client());
  const Credentials flooder = authority.Client(kFlooder);
  const auto tail = [&] {
    return Quantile(CallTimes(gateway.stub(), setting.effort().latencies),
                    kTail);
  };
  report.Add(RowOf("call_beside_limited_p99", "us",
                   InTurns(
                       setting.effort().rounds,
                       [&] {
                         const Flooder flood(gateway.NewStub(flooder),
                                             gateway.NewStub(flooder),
                                             gateway.NewStub(flooder));
                         return tail();
                       },
                       tail),
                   AtMost(kMost)));
}

}  // namespace thespian::gateway::bench
