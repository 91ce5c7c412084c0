// How the command line, the environment and a context say where a gateway is.
#include "clients/cli/connection_line.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kAddressName[] = "THESPIAN_GATEWAY_ADDRESS";
constexpr char kConfigName[] = "XDG_CONFIG_HOME";

class ConnectionLineTest : public ::testing::Test {
 protected:
  // No other thread looks at the environment.
  ConnectionLineTest() {
    unsetenv(kAddressName);                               // NOLINT
    setenv(kConfigName, directory_.File("").c_str(), 1);  // NOLINT
  }
  ~ConnectionLineTest() override {
    unsetenv(kAddressName);  // NOLINT
    unsetenv(kConfigName);   // NOLINT
  }

  std::string Folder() const { return directory_.File("thespianctl"); }
  void WriteContexts(const std::string& text) const {
    std::filesystem::create_directories(Folder());
    std::ofstream(Folder() + "/config.toml") << text;
  }

  static ParsedLine Parse(std::vector<std::string> words) {
    words.insert(words.begin(), "thespianctl");
    words.emplace_back("endpoints");
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    return ParseLine(static_cast<int>(argv.size()), argv.data());
  }
  static Options Right(const std::vector<std::string>& words) {
    const ParsedLine line = Parse(words);
    EXPECT_TRUE(line.options.has_value()) << line.text;
    return line.options.value_or(Options());
  }
  static void ExpectWrong(const std::vector<std::string>& words,
                          const std::string& what) {
    const ParsedLine line = Parse(words);
    EXPECT_FALSE(line.options.has_value());
    EXPECT_EQ(line.exit_code, 64);
    EXPECT_THAT(line.text, HasSubstr(what));
  }

  const TempDir directory_;
};

TEST_F(ConnectionLineTest, IsPlainByDefault) {
  const Options options = Right({});
  EXPECT_EQ(options.address, "127.0.0.1:50051");
  EXPECT_FALSE(options.tls.has_value());
  EXPECT_TRUE(options.headers.empty());
}

TEST_F(ConnectionLineTest, AnyOptionOfTlsMeansTls) {
  EXPECT_TRUE(Right({"--tls"}).tls.has_value());
  EXPECT_EQ(Right({"--ca", "a.pem"}).tls->ca, "a.pem");
  const Options options = Right({"--cert", "c.pem", "--key", "k.pem"});
  EXPECT_EQ(options.tls->certificate, "c.pem");
  EXPECT_EQ(options.tls->key, "k.pem");
}

TEST_F(ConnectionLineTest, HeadersAreNamesAndValues) {
  const Options options =
      Right({"--header", "X-Team: ops:1", "--header", "b:"});
  ASSERT_EQ(options.headers.size(), 2u);
  EXPECT_EQ(options.headers[0].key, "x-team");
  EXPECT_EQ(options.headers[0].value, "ops:1");
  EXPECT_EQ(options.headers[1].value, "");
  const ParsedLine line = Parse({"--header", "secret"});
  EXPECT_EQ(line.exit_code, 64);
  EXPECT_THAT(line.text, Not(HasSubstr("secret")));
  ExpectWrong({"--header", "a b: c"}, "can't be sent");
}

TEST_F(ConnectionLineTest, AContextHasAllOfIt) {
  WriteContexts(
      "[context.prod]\naddress = \"g:1\"\nendpoint = \"logs\"\n"
      "ca = \"ca.pem\"\ncert = \"/me.pem\"\nkey = \"me.key\"\n"
      "headers = [\"x-team: ops\"]\n");
  const Options options = Right({"--context", "prod", "--header", "b: c"});
  EXPECT_EQ(options.address, "g:1");
  EXPECT_EQ(options.endpoint, "logs");
  EXPECT_EQ(options.tls->ca, Folder() + "/ca.pem");
  EXPECT_EQ(options.tls->certificate, "/me.pem");
  EXPECT_EQ(options.tls->key, Folder() + "/me.key");
  ASSERT_EQ(options.headers.size(), 2u);
  EXPECT_EQ(options.headers[0].value, "ops");
}

TEST_F(ConnectionLineTest, TheLineWinsOverItsContext) {
  WriteContexts(
      "[context.prod]\naddress = \"g:1\"\nendpoint = \"logs\"\ntls = true\n");
  const Options options =
      Right({"--context", "prod", "--address", "h:2", "--endpoint", "web"});
  EXPECT_EQ(options.address, "h:2");
  EXPECT_EQ(options.endpoint, "web");
  EXPECT_TRUE(options.tls.has_value());
}

TEST_F(ConnectionLineTest, TheDefaultContextIsForNoOtherAddress) {
  WriteContexts(
      "default = \"prod\"\n[context.prod]\naddress = \"g:1\"\n"
      "headers = [\"authorization: secret\"]\n");
  EXPECT_EQ(Right({}).address, "g:1");
  EXPECT_EQ(Right({}).headers.size(), 1u);
  EXPECT_TRUE(Right({"--address", "h:2"}).headers.empty());
  setenv(kAddressName, "e:3", 1);  // NOLINT
  EXPECT_EQ(Right({}).address, "e:3");
  EXPECT_TRUE(Right({}).headers.empty());
  EXPECT_EQ(Right({"--context", "prod"}).address, "g:1");
}

TEST_F(ConnectionLineTest, SaysWhatIsWrongWithTheFile) {
  ExpectWrong({"--context", "prod"}, "config.toml: can't be read");
  WriteContexts("[context.prod]\nadress = \"g:1\"\n");
  ExpectWrong({"--context", "prod"},
              "config.toml:2:10: there is no key adress"
              ", did you mean address?");
  ExpectWrong({"--context", "test"}, "there is no table [context.test]");
  WriteContexts("[context.prod]\ntls = \"yes\"\n");
  ExpectWrong({"--context", "prod"}, "2:7: tls must be true or false");
  WriteContexts("[context.prod\n");
  ExpectWrong({}, "config.toml:1:");
}

}  // namespace
}  // namespace thespian::gateway::cli
