// Who may do what, for every way to show who one is, over real connections: a
// table of callers, methods and endpoints.
#include <unistd.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "server/access/rules_file.h"
#include "server/access/tokens.h"
#include "tests/server/tls/tls_fixture.h"
#include "tests/support/raw_call.h"
#include "tests/support/test_jwt.h"
#include "thespian/gateway/v1/admin.grpc.pb.h"

namespace thespian::gateway {
namespace {

using grpc::StatusCode;
using Json = nlohmann::json;

// Which of the listeners.
enum Listener : size_t { kPublic, kUnix, kEdge, kAdmin };

constexpr char kClaimsHeader[] = "x-claims";

// Each kind of identity has a rule of its own; {uid} is this process's user.
constexpr char kRules[] = R"(
[[rule]]
title = "nobody administers from outside"
principals = ["*"]
methods = ["Admin/*"]
listeners = ["public", "edge"]
outcome = "deny"

[[rule]]
title = "workloads see one endpoint"
principals = ["spiffe://test.example/*"]
methods = ["GetEndpoint", "ListProxies"]
endpoints = ["one"]
outcome = "allow"

[[rule]]
title = "hosts list"
principals = ["dns:db.example"]
methods = ["List*"]
outcome = "allow"

[[rule]]
title = "old certificates get endpoints"
principals = ["cn:legacy"]
methods = ["GetEndpoint"]
outcome = "allow"

[[rule]]
title = "this user administers"
principals = ["uid:{uid}"]
methods = ["*"]
payloads = true
outcome = "allow"

[[rule]]
title = "the web sees the other"
principals = ["token:web"]
methods = ["GetEndpoint"]
endpoints = ["two"]
outcome = "allow"

[[rule]]
title = "alice lists"
principals = ["jwt:https://id.example/alice"]
methods = ["List*"]
outcome = "allow"

[[rule]]
title = "anyone lists the endpoints"
principals = ["anonymous"]
methods = ["ListEndpoints"]
outcome = "allow"
)";

// One caller: where it comes in, and what it shows.
struct Show {
  Listener listener = kPublic;
  IssuedPair pair = {};
  std::map<std::string, std::string> metadata = {};
};

struct Question {
  std::string method;
  std::string endpoint;
};

const std::vector<Question> kQuestions = {
    {"GetEndpoint", "one"}, {"GetEndpoint", "two"},  {"ListProxies", "one"},
    {"ListEndpoints", ""},  {"ListLocalActors", ""}, {"GetFlightRecord", "one"},
};

class TlsCallersTest : public TlsFixture {
 protected:
  // Keys take long to make: the tests share one.
  static void SetUpTestSuite() {
    TlsFixture::SetUpTestSuite();
    key_ = new TestKey(EcKey("k", CJOSE_JWK_EC_P_256));
  }
  static void TearDownTestSuite() { delete std::exchange(key_, nullptr); }

  void SetUp() override {
    for (const char* name : {"one", "two"}) {
      EndpointOptions options;
      options.name = name;
      options.command = {.arguments = {"none"}, .trampoline = "/bin/false"};
      gateway_.AddEndpoint(options);
    }
    access_.Use(Terms());
    folder_.Write(ca_.Issue("gateway"));
    const TlsFiles optional =
        folder_.Files(client_ca_, ClientCertificates::kOptional);
    Serve({{.addresses = {"127.0.0.1:0"}, .tls = optional, .name = "public"},
           {.addresses = {"unix:" + sockets_.File("gateway.sock")},
            .name = "local"},
           {.addresses = {"127.0.0.1:0"},
            .tls = folder_.Files(client_ca_, ClientCertificates::kRequired),
            .name = "edge",
            .claims_header = kClaimsHeader},
           {.addresses = {"127.0.0.1:0"},
            .services = {.gateway = false, .reflection = false},
            .name = "admin"}});
  }

  AccessTerms Terms() {
    const auto token = MakeToken("web", absl::InfiniteFuture());
    EXPECT_THAT(token, IsOk());
    token_ = token->token;
    std::string rules = kRules;
    const size_t place = rules.find("{uid}");
    rules.replace(place, 5, std::to_string(geteuid()));
    const auto file = ParseRules(rules, "rules");
    EXPECT_THAT(file, IsOk());
    return {.rules = file->rules,
            .limits = {},
            .tokens = *Tokens::Parse(token->entry, "tokens"),
            .jwt = *JwtKeys::Parse(
                Json({{"keys", {PublicOf(*key_)}}}).dump(), "keys",
                {.issuer = "https://id.example", .audience = "gateway"})};
  }

  static Json Claims() {
    const int64_t now = absl::ToUnixSeconds(absl::Now());
    return {{"iss", "https://id.example"},
            {"aud", "gateway"},
            {"sub", "alice"},
            {"exp", now + 600}};
  }
  static std::map<std::string, std::string> Bearer(const std::string& token) {
    return {{"authorization", "Bearer " + token}};
  }
  static std::map<std::string, std::string> Jwt(
      const std::string& algorithm = "ES256") {
    return Bearer(Sign(*key_, algorithm, "k", Claims().dump()));
  }
  static std::map<std::string, std::string> Forwarded(const Json& claims) {
    return {{kClaimsHeader, absl::WebSafeBase64Escape(claims.dump())}};
  }
  IssuedPair Certificate(const std::string& name,
                         const std::string& alternatives) const {
    return client_ca_.Issue({.name = name, .alternatives = alternatives});
  }

  grpc::Status Ask(const Show& show, const Question& question) const {
    const bool tls = show.listener == kPublic || show.listener == kEdge;
    const auto channel = Dial(
        tls ? Trusting(ca_, show.pair) : grpc::InsecureChannelCredentials(),
        show.listener);
    for (const MethodDescriptor* method : ApiMethods()) {
      if (method->name() != question.method) continue;
      v1::GetEndpointRequest request;  // they all have it as the first field
      request.set_endpoint(question.endpoint);
      return CallRaw(channel, *method, request.SerializeAsString(), kPatience,
                     show.metadata);
    }
    return grpc::Status(StatusCode::INTERNAL, "there is no such method");
  }

  // For each question: '+' it is allowed, '-' FORBIDDEN, '?' UNAUTHENTICATED,
  // '0' it is not served there, '!' the connection fails.
  std::string Answers(const Show& show) const {
    std::string answers;
    for (const Question& question : kQuestions) {
      switch (Ask(show, question).error_code()) {
        case StatusCode::PERMISSION_DENIED:
          answers += '-';
          break;
        case StatusCode::UNAUTHENTICATED:
          answers += '?';
          break;
        case StatusCode::UNIMPLEMENTED:
          answers += '0';
          break;
        case StatusCode::UNAVAILABLE:
          answers += '!';
          break;
        case StatusCode::OK:
          answers += '+';
          break;
        default:
          answers += 'E';
      }
    }
    return answers;
  }

  static TestKey* key_;
  const TempDir sockets_;
  std::string token_;
};

TestKey* TlsCallersTest::key_ = nullptr;

//   GetEndpoint one, two | ListProxies one | ListEndpoints | ListLocalActors |
//   Admin/GetFlightRecord one
TEST_F(TlsCallersTest, EachIdentityMayDoWhatItsRulesSay) {
  const IssuedPair spiffe =
      Certificate("x", "URI:spiffe://test.example/ns/a,DNS:other.example");
  const IssuedPair edge = Certificate("envoy", "DNS:edge.example");
  EXPECT_EQ(Answers({}), "---+--");
  EXPECT_EQ(Answers({.pair = spiffe}), "+-+---");
  EXPECT_EQ(Answers({.pair = Certificate("x", "DNS:db.example")}), "--+++-");
  EXPECT_EQ(Answers({.pair = Certificate("legacy", "")}), "++----");
  EXPECT_EQ(Answers({.metadata = Bearer(token_)}), "-+----");
  EXPECT_EQ(Answers({.metadata = Jwt()}), "--+++-");
  EXPECT_EQ(Answers({.listener = kUnix}), "++++++");
  EXPECT_EQ(Answers({.listener = kUnix, .metadata = Bearer(token_)}), "-+----")
      << "what is shown counts more than the connection";
  EXPECT_EQ(Answers({.pair = spiffe, .metadata = Bearer(token_)}), "-+----");
  EXPECT_EQ(Answers({.listener = kEdge, .pair = edge}), "------");
  EXPECT_EQ(
      Answers(
          {.listener = kEdge, .pair = edge, .metadata = Forwarded(Claims())}),
      "--+++-");
  EXPECT_EQ(Answers({.metadata = Forwarded(Claims())}), "---+--")
      << "only where a proxy is believed";
  EXPECT_EQ(Answers({.listener = kAdmin}), "00000-");
}

TEST_F(TlsCallersTest, NobodyIsTakenForAnother) {
  const absl::Time now = absl::Now();
  const TestCa stranger("stranger");
  const TestKey other = EcKey("k", CJOSE_JWK_EC_P_256);
  const auto forged = [&](const Json& claims) {
    return Bearer(Sign(*key_, "ES256", "k", claims.dump()));
  };
  const auto with = [](const char* claim, const Json& value) {
    Json claims = Claims();
    claims[claim] = value;
    return claims;
  };
  const int64_t seconds = absl::ToUnixSeconds(now);
  const std::string unsigned_token =
      absl::WebSafeBase64Escape(R"({"alg":"none","kid":"k"})") + "." +
      absl::WebSafeBase64Escape(Claims().dump()) + ".";
  const std::vector<std::map<std::string, std::string>> wrong = {
      Bearer("tgw_wrong"),
      Bearer(unsigned_token),
      Bearer(Sign(other, "ES256", "k", Claims().dump())),
      Bearer(Sign(*key_, "ES256", "unknown", Claims().dump())),
      forged(with("aud", "another")),
      forged(with("iss", "https://other.example")),
      forged(with("exp", seconds - 600)),
      forged(with("nbf", seconds + 600)),
  };
  for (const auto& metadata : wrong) {
    EXPECT_EQ(Answers({.metadata = metadata}), "??????")
        << metadata.at("authorization");
  }
  EXPECT_EQ(Answers({.listener = kEdge,
                     .pair = Certificate("envoy", ""),
                     .metadata = {{kClaimsHeader, "nonsense"}}}),
            "??????");
  // gRPC ends the handshake: no call gets as far as a status of ours.
  const TestCa::Order expired{.name = "legacy",
                              .not_after = now - absl::Minutes(1)};
  EXPECT_EQ(Answers({.pair = client_ca_.Issue(expired)}), "!!!!!!");
  EXPECT_EQ(Answers({.pair = stranger.Issue("legacy")}), "!!!!!!");
  EXPECT_EQ(Answers({.listener = kEdge}), "!!!!!!");
}

TEST_F(TlsCallersTest, TheRefusalNamesTheRuleAndNothingElse) {
  const grpc::Status denied = Ask({}, {"GetFlightRecord", "one"});
  EXPECT_EQ(denied.error_message(),
            "the rule 'nobody administers from outside' denies it");
  EXPECT_EQ(Ask({}, {"GetEndpoint", "one"}).error_message(),
            "no rule allows it");
  EXPECT_EQ(Ask({}, {"GetEndpoint", "none"}).error_message(),
            "no rule allows it")
      << "whether there is such an endpoint is not told";
}

}  // namespace
}  // namespace thespian::gateway
