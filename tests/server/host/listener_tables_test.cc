// The terms of listeners, as the command line and the tables [[listener]] have
// them, and what is wrong with them.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/host/parsed_file.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kTop = "command = [\"true\"]\n";
const std::string kTable = kTop + "[[listener]]\n";
const std::string kPair = "tls-cert = \"c\"\ntls-key = \"k\"\n";

// Those of a gateway that is started with these options.
std::vector<ListenerTerms> TermsOf(std::vector<std::string> options) {
  options.insert(options.end(), {"--", "true"});
  const ParsedOptions parsed = ParseLine(options);
  EXPECT_EQ(parsed.exit, std::nullopt) << parsed.text;
  return parsed.options.server.listen;
}
std::vector<ListenerTerms> TermsIn(const std::string& text,
                                   std::vector<std::string> options = {}) {
  const ParsedOptions parsed = FileOfOptions().ParseText(text, options);
  EXPECT_EQ(parsed.exit, std::nullopt) << parsed.text;
  return parsed.options.server.listen;
}

void ExpectWrong(const std::string& text, const std::string& place,
                 const std::string& what) {
  SCOPED_TRACE(text);
  const FileOfOptions file;
  const ParsedOptions parsed = file.ParseText(text);
  EXPECT_EQ(parsed.exit, ExitCode::kConfig);
  EXPECT_THAT(parsed.text,
              StartsWith("thespian-gateway: " + file.path() + ":" + place));
  EXPECT_THAT(parsed.text, HasSubstr(what));
}

TEST(ListenerTermsTest, ByDefaultThereIsOneOnTheLoopbackForAll) {
  const auto terms = TermsOf({});
  ASSERT_EQ(terms.size(), 1u);
  EXPECT_THAT(terms[0].addresses, ElementsAre("127.0.0.1:50051"));
  EXPECT_FALSE(terms[0].tls.has_value());
  EXPECT_TRUE(terms[0].services.admin);
}

TEST(ListenerTermsTest, TcpHasTheCertificateAndAUnixSocketHasNot) {
  const auto terms =
      TermsOf({"--listen", "unix:@s,0.0.0.0:1", "--admin-listen", "unix:@a",
               "--tls-cert", "c", "--tls-key", "k", "--tls-client-ca", "a",
               "--tls-client", "optional"});
  ASSERT_EQ(terms.size(), 3u);
  EXPECT_THAT(terms[0].addresses, ElementsAre("0.0.0.0:1"));
  ASSERT_TRUE(terms[0].tls.has_value());
  EXPECT_EQ(terms[0].tls->certificate, "c");
  EXPECT_EQ(terms[0].tls->key, "k");
  EXPECT_EQ(terms[0].tls->client_ca, "a");
  EXPECT_EQ(terms[0].tls->clients, ClientCertificates::kOptional);
  EXPECT_FALSE(terms[0].services.admin);
  EXPECT_THAT(terms[1].addresses, ElementsAre("unix:@s"));
  EXPECT_FALSE(terms[1].tls.has_value());
  EXPECT_THAT(terms[2].addresses, ElementsAre("unix:@a"));
  EXPECT_TRUE(terms[2].services.admin);
  EXPECT_FALSE(terms[2].services.gateway);
  EXPECT_EQ(terms[0].name, "default");
  EXPECT_EQ(terms[1].name, "default");
  EXPECT_EQ(terms[2].name, "admin");
}

TEST(ListenerTermsTest, OffTheLoopbackNeedsTlsOrInsecure) {
  for (const std::string address :
       {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "host.example:1"}) {
    for (const std::string option : {"--listen", "--admin-listen"}) {
      const ParsedOptions parsed = ParseLine({option, address, "--", "true"});
      EXPECT_EQ(parsed.exit, ExitCode::kConfig);
      EXPECT_THAT(parsed.text,
                  StartsWith("thespian-gateway: " + option + ": '" + address +
                             "' is not on the loopback"));
      EXPECT_EQ(TermsOf({option, address, "--insecure"}).size(),
                option == "--listen" ? 1u : 2u);
    }
    const std::string table = kTable + "address = \"" + address + "\"\n";
    ExpectWrong(table, "3:11: address: ", "is not on the loopback");
    EXPECT_EQ(TermsIn(table + "insecure = true\n").size(), 1u);
    EXPECT_EQ(TermsIn(table + kPair).size(), 1u);
    EXPECT_EQ(TermsIn(table, {"--insecure"}).size(), 1u);
  }
}

TEST(ListenerTermsTest, TheCertificatesGoTogether) {
  const std::vector<std::vector<std::string>> rows = {
      {"--tls-cert", "c"},
      {"--tls-key", "k"},
      {"--tls-client-ca", "a"},
      {"--tls-client", "required", "--tls-cert", "c", "--tls-key", "k"},
      {"--tls-client-ca", "a", "--tls-cert", "c", "--tls-key", "k"},
      {"--tls-cert", "c", "--tls-key", "k", "--listen", "unix:@s"},
      {"--tls-client", "maybe"},
  };
  for (std::vector<std::string> row : rows) {
    const std::string first = row.front();
    row.insert(row.end(), {"--", "true"});
    const ParsedOptions parsed = ParseLine(row);
    EXPECT_EQ(parsed.exit, ExitCode::kUsage);
    EXPECT_THAT(parsed.text, StartsWith("thespian-gateway: " + first + ": "));
  }
}

TEST(ListenerTablesTest, EachHasItsTerms) {
  const auto terms =
      TermsIn(kTable + "address = [\"0.0.0.0:1\", \"[::]:2\"]\n" + kPair +
              "services = [\"gateway\", \"health\"]\n"
              "name = \"edge\"\ntrust-claims = \"x-jwt\"\n"
              "[[listener]]\naddress = \"unix:@a\"\n");
  ASSERT_EQ(terms.size(), 2u);
  EXPECT_THAT(terms[0].addresses, ElementsAre("0.0.0.0:1", "[::]:2"));
  EXPECT_EQ(terms[0].tls->certificate, "c");
  EXPECT_TRUE(terms[0].services.gateway);
  EXPECT_TRUE(terms[0].services.health);
  EXPECT_FALSE(terms[0].services.admin);
  EXPECT_FALSE(terms[0].services.reflection);
  EXPECT_EQ(terms[0].name, "edge");
  EXPECT_EQ(terms[0].claims_header, "x-jwt");
  EXPECT_EQ(terms[1].name, "");
  EXPECT_EQ(terms[1].claims_header, "");
  EXPECT_THAT(terms[1].addresses, ElementsAre("unix:@a"));
  EXPECT_FALSE(terms[1].tls.has_value());
  EXPECT_TRUE(terms[1].services.admin);
}

TEST(ListenerTablesTest, StandBesideAListenerOfTheOptions) {
  const std::string table = "[[listener]]\naddress = \"unix:@a\"\n";
  const auto terms = TermsIn("listen = [\"unix:@l\"]\n" + kTop + table);
  ASSERT_EQ(terms.size(), 2u);
  EXPECT_THAT(terms[0].addresses, ElementsAre("unix:@l"));
  EXPECT_THAT(terms[1].addresses, ElementsAre("unix:@a"));
}

TEST(ListenerTablesTest, SayWhatIsWrongAndWhere) {
  const std::string table = kTable + "address = \"127.0.0.1:1\"\n";
  ExpectWrong(kTop + "[listener]\n", "2:1: ", "[[listener]]");
  ExpectWrong(kTop + "listener = 3\n", "2:12: ", "[[listener]]");
  ExpectWrong(kTable, "2:1: ", "needs an address");
  ExpectWrong(kTable + "address = []\n", "2:1: ", "needs an address");
  ExpectWrong(kTable + "address = \"here\"\n", "3:11: address: ", "here");
  ExpectWrong(table + "tls-crt = \"c\"\n", "4:11: ", "mean tls-cert?");
  ExpectWrong(table + "command = [\"c\"]\n", "4:11: ", "no key command");
  ExpectWrong(table + "listen = [\"c\"]\n", "4:10: ", "no key listen");
  ExpectWrong(table + "services = [\"gatewy\"]\n",
              "4:12: services: ", "gatewy");
  ExpectWrong(table + "services = []\n", "4:12: services: ", "not in {gateway");
  ExpectWrong(table + "name = \"a b\"\n", "4:8: name: ", "1 to 63 letters");
  for (const char* header : {"X-Jwt", "authorization", "x-bin", "grpc-x", ""}) {
    ExpectWrong(table + "trust-claims = \"" + header + "\"\n",
                "4:16: trust-claims: ", "must ");
  }
  ExpectWrong(table + "tls-cert = \"c\"\n", "4:12: tls-cert: ", "tls-key");
  ExpectWrong(table + "tls-client = \"always\"\n", "4:14: ", "always");
  ExpectWrong(kTable + "address = \"unix:@s\"\n" + kPair,
              "4:12: tls-cert: ", "only TCP has TLS");
}

TEST(ListenerTablesTest, ArePrintedAsTheyAreRead) {
  const FileOfOptions file;
  const std::string table =
      "\n[[listener]]\naddress=[\"0.0.0.0:1\"]\ntls-cert=\"c\"\n"
      "tls-key=\"k\"\ntls-client-ca=\"a\"\ntls-client=\"required\"\n"
      "services=[\"gateway\"]\nname=\"edge\"\ntrust-claims=\"x-jwt\"\n"
      "\n[[listener]]\naddress=[\"unix:@a\"]\ninsecure=true\n";
  const ParsedOptions first = file.ParseText(kTop + table, {"--print-config"});
  ASSERT_EQ(first.exit, ExitCode::kOk) << first.text;
  EXPECT_THAT(first.text, HasSubstr(table));
  const ParsedOptions second = file.ParseText(first.text, {"--print-config"});
  EXPECT_EQ(second.text, first.text);
  EXPECT_EQ(TermsIn(first.text).size(), 2u);
}

}  // namespace
}  // namespace thespian::gateway
