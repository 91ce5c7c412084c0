#include "server/access/audit.h"

#include <spdlog/sinks/ostream_sink.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;

AuditRecord Refusal() {
  return {.time = absl::FromUnixMillis(1'700'000'000'123),
          .event = AuditEvent::kRefused,
          .principal = "token:web",
          .peer = "ipv4:192.0.2.1:4711",
          .method = Method::kCall,
          .endpoint = "default",
          .outcome = "FORBIDDEN",
          .rule = "nobody ends actors"};
}

std::vector<std::string> LinesOf(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

TEST(AuditTest, ARecordIsOneLineOfJson) {
  EXPECT_EQ(ToJson(Refusal()),
            R"({"time":"2023-11-14T22:13:20.123Z","event":"refused",)"
            R"("principal":"token:web","peer":"ipv4:192.0.2.1:4711",)"
            R"("method":"Call","endpoint":"default","outcome":"FORBIDDEN",)"
            R"("rule":"nobody ends actors"})");
}

TEST(AuditTest, WhateverIsInItStaysOneLineThatCanBeRead) {
  AuditRecord record = Refusal();
  record.endpoint = "a\nb\"\x1b[31m\xff\xe2\x80\xa8";
  record.name = "web\\";
  record.held_back = 7;

  const std::string line = ToJson(record);

  for (const char c : line) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << line;
  const nlohmann::json json = nlohmann::json::parse(line);
  EXPECT_EQ(json["endpoint"], "a\nb\"\x1b[31m\xef\xbf\xbd\xe2\x80\xa8");
  EXPECT_EQ(json["name"], "web\\");
  EXPECT_EQ(json["held_back"], 7);
}

TEST(AuditTest, AFileIsTheOwnersAndIsRotated) {
  const TempDir directory;
  const std::string path = directory.File("audit.jsonl");
  const auto audit = Audit::ToFile(path, 1'000, 2);
  ASSERT_THAT(audit, IsOk());

  for (int i = 0; i < 20; ++i) (*audit)->Write(Refusal());

  size_t lines = 0;
  for (const char* end : {"audit.jsonl", "audit.1.jsonl", "audit.2.jsonl"}) {
    const std::string file = directory.File(end);
    struct stat status = {};
    ASSERT_EQ(stat(file.c_str(), &status), 0) << file;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << file;
    EXPECT_LE(status.st_size, 1'000) << file;
    for (const std::string& line : LinesOf(file)) {
      EXPECT_EQ(line, ToJson(Refusal()));
      ++lines;
    }
  }
  EXPECT_GT(lines, 8u);
  EXPECT_NE(access(directory.File("audit.3.jsonl").c_str(), F_OK), 0);
}

TEST(AuditTest, WhatIsNoFileIsNotWaitedFor) {
  const TempDir directory;
  const std::string pipe = directory.File("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path :
       {pipe, directory.File("."), std::string("/dev/full")}) {
    EXPECT_THAT(Audit::ToFile(path, 1'000, 2).status(),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         HasSubstr("no regular file")));
  }
  EXPECT_THAT(Audit::ToFile(directory.File("none/audit"), 1'000, 2).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("No such file")));
}

TEST(AuditTest, AFileThatIsThereIsGoneOnWith) {
  const TempDir directory;
  const std::string path = directory.File("audit.jsonl");
  for (int i = 0; i < 2; ++i) {
    const auto audit = Audit::ToFile(path, 1'000'000, 2);
    ASSERT_THAT(audit, IsOk());
    (*audit)->Write(Refusal());
  }
  EXPECT_EQ(LinesOf(path).size(), 2u);
}

TEST(AuditTest, AFileThatCantBeOpenedIsAnError) {
  EXPECT_THAT(Audit::ToFile("/proc/no/such", 1'000, 2),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("/proc/no/such: can't be written")));
}

TEST(AuditTest, WithoutAFileItIsInTheLog) {
  std::ostringstream text;
  spdlog::logger log("log",
                     std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  log.set_pattern("%v");

  Audit(log).Write(Refusal());

  EXPECT_EQ(text.str(), "audit " + ToJson(Refusal()) + "\n");
}

}  // namespace
}  // namespace thespian::gateway
