// What a line looks like, and that no message can make two of it.
#include "server/observe/logging.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "endpoint/log_fields.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "spdlog/details/log_msg.h"

namespace thespian::gateway {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Format(LogFormat format, std::string_view message) {
  const spdlog::details::log_msg line(
      "gateway", spdlog::level::warn,
      spdlog::string_view_t(message.data(), message.size()));
  spdlog::memory_buf_t out;
  MakeLogFormatter(format)->format(line, out);
  return {out.data(), out.size()};
}

nlohmann::json JsonOf(std::string_view message) {
  return nlohmann::json::parse(Format(LogFormat::kJson, message));
}

constexpr std::string_view kForged =
    "transport_error: x\r\n2026-11-28T12:00:00.000+0000 error \x1b[2Jforged"
    "\u0085\u2028\u202e";

TEST(LoggingTest, ALineHasATimeALevelAndWords) {
  EXPECT_THAT(Format(LogFormat::kText, "words \u00e4"),
              ContainsRegex("^[0-9-]+T[0-9:.]+[+-][0-9:]+ warning words "
                            "\u00e4\n$"));
}

TEST(LoggingTest, AMessageCanNotForgeALineOfText) {
  const std::string text = Format(LogFormat::kText, kForged);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_THAT(text, HasSubstr(R"(x\r\n2026-11-28T12:00:00.000+0000 error )"
                              R"(\x1b[2Jforged\u0085\u2028\u202e)"
                              "\n"));
}

TEST(LoggingTest, AMessageCanNotForgeALineOfJson) {
  const std::string text = Format(LogFormat::kJson, kForged);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  for (const std::string_view raw : {"\r", "\x1b", "\u0085", "\u2028"}) {
    EXPECT_THAT(text, Not(HasSubstr(std::string(raw))));
  }
  EXPECT_EQ(JsonOf(kForged)["message"], kForged);
}

TEST(LoggingTest, JsonHasTheFieldsOfItsScope) {
  const LogScope outer({.endpoint = "outer"});
  {
    const LogScope scope({.endpoint = "e\x1b"
                                      "ast",
                          .incarnation = {3},
                          .pid = 17,
                          .state = "RUNNING"});
    const nlohmann::json line = JsonOf("words");
    EXPECT_EQ(line["endpoint"],
              "e\x1b"
              "ast");
    EXPECT_EQ(line["incarnation"], 3);
    EXPECT_EQ(line["pid"], 17);
    EXPECT_EQ(line["state"], "RUNNING");
    EXPECT_EQ(line["message"], "words");
  }
  EXPECT_EQ(JsonOf("words")["endpoint"], "outer");
}

TEST(LoggingTest, JsonWithoutAScopeHasNoFieldsOfIt) {
  const nlohmann::json line = JsonOf("words");
  EXPECT_EQ(line.size(), 3u) << line;
}

}  // namespace
}  // namespace thespian::gateway
