// A log that nobody reads must not hold up the gateway.
#include "server/observe/dropping_log_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "endpoint/process/unique_fd.h"
#include "gmock/gmock.h"
#include "spdlog/logger.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::StartsWith;

class DroppingLogSinkTest : public ::testing::Test {
 protected:
  DroppingLogSinkTest() {
    int fds[2] = {};
    EXPECT_EQ(pipe2(fds, O_CLOEXEC), 0);
    read_end_ = UniqueFd(fds[0]);
    write_end_ = UniqueFd(fds[1]);
    fcntl(read_end_.get(), F_SETFL, O_NONBLOCK);
    log_ = std::make_unique<spdlog::logger>(
        "test", std::make_shared<DroppingLogSink>(write_end_.get()));
    log_->set_pattern("%l %v");
  }

  std::string Read() const {
    std::string all(2u << 20, '\0');
    size_t size = 0;
    for (;;) {
      const ssize_t got =
          read(read_end_.get(), all.data() + size, all.size() - size);
      if (got <= 0) return all.substr(0, size);
      size += static_cast<size_t>(got);
    }
  }

  UniqueFd read_end_;
  UniqueFd write_end_;
  std::unique_ptr<spdlog::logger> log_;
};

TEST_F(DroppingLogSinkTest, LinesAreWritten) {
  log_->info("one");
  log_->warn("two");
  EXPECT_EQ(Read(), "info one\nwarning two\n");
}

TEST_F(DroppingLogSinkTest, WhatNobodyReadsIsLostAndCounted) {
  const std::string line(1'000, 'x');
  constexpr int kLines = 1'000;  // more than a pipe holds
  for (int i = 0; i < kLines; ++i) log_->info(line);
  const std::string read = Read();
  const auto written = std::count(read.begin(), read.end(), '\n');
  EXPECT_LT(written, kLines);

  log_->info("after");

  EXPECT_EQ(Read(), "warning " + std::to_string(kLines - written) +
                        " lines were lost: nobody read the log\ninfo after\n");
}

TEST_F(DroppingLogSinkTest, ALineThatIsTooLongIsCut) {
  log_->info(std::string(10'000, 'x'));
  log_->info("next");
  EXPECT_THAT(Read(),
              AllOf(StartsWith("info x"), EndsWith("x [cut]\ninfo next\n")));
}

TEST_F(DroppingLogSinkTest, ALineIsCutAfterAWholeCodePoint) {
  for (const std::string_view odd : {"", "x"}) {
    std::string text(odd);
    while (text.size() < 2 * DroppingLogSink::kMaxLineBytes) text += "\xc3\xa4";
    log_->info(text);
    EXPECT_THAT(Read(), EndsWith("\xc3\xa4 [cut]\n"));
  }
}

}  // namespace
}  // namespace thespian::gateway
