#include "clients/cli/line_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/check.h"
#include "endpoint/process/unique_fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LineReaderTest : public ::testing::Test {
 protected:
  LineReaderTest() {
    std::array<int, 2> ends;
    Check(pipe2(ends.data(), O_CLOEXEC) == 0, "there are descriptors left");
    input_ = UniqueFd(ends[0]);
    output_ = UniqueFd(ends[1]);
  }

  void Write(std::string_view bytes) {
    Check(write(output_.get(), bytes.data(), bytes.size()) ==
              static_cast<ssize_t>(bytes.size()),
          "a pipe takes a few bytes");
  }

  // The lines that one read completes.
  std::vector<std::string> Read(LineReader& reader) {
    EXPECT_THAT(reader.Fill(), IsOk());
    std::vector<std::string> lines;
    for (std::string line; reader.Next(line);) lines.push_back(line);
    return lines;
  }

  UniqueFd input_;
  UniqueFd output_;
};

TEST_F(LineReaderTest, CutsLinesWhereverReadsEnd) {
  LineReader reader(input_.get());
  Write("one\ntw");
  EXPECT_THAT(Read(reader), ElementsAre("one"));
  Write("o\n\nthree");
  EXPECT_THAT(Read(reader), ElementsAre("two", ""));
  EXPECT_FALSE(reader.at_end());
  output_.Reset();
  EXPECT_THAT(Read(reader), ElementsAre("three"));
  EXPECT_TRUE(reader.at_end());
}

TEST_F(LineReaderTest, NothingFollowsTheLastNewline) {
  LineReader reader(input_.get());
  Write("one\n");
  output_.Reset();
  EXPECT_THAT(Read(reader), ElementsAre("one"));
  EXPECT_THAT(Read(reader), IsEmpty());
  EXPECT_TRUE(reader.at_end());
}

TEST_F(LineReaderTest, TellsWhatCannotBeRead) {
  LineReader reader(-1);
  EXPECT_FALSE(reader.Fill().ok());
}

TEST(LineReaderBoundTest, ALineHasAnEnd) {
  const UniqueFd zero(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  LineReader reader(zero.get());
  absl::Status status;
  size_t reads = 0;
  while (status.ok() && reads < 10'000) {
    status = reader.Fill();
    ++reads;
  }
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace thespian::gateway::cli
