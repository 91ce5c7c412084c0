// The loop is stepped by hand, only when it has something to do.
#include "examples/stdio/stdio_loop.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "endpoint/process/unique_fd.h"
#include "examples/demo-child/troupe.h"
#include "gmock/gmock.h"
#include "tests/examples/child_talk.h"

namespace thespian::gateway::stdio {
namespace {

using ::testing::ElementsAre;

constexpr size_t kBound = 4'096;

class StdioLoopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    ASSERT_EQ(pipe2(in.data(), O_CLOEXEC), 0);
    ASSERT_EQ(pipe2(out.data(), O_CLOEXEC | O_NONBLOCK), 0);
    loop_in_ = UniqueFd(in[0]);
    our_out_ = UniqueFd(in[1]);
    our_in_ = UniqueFd(out[0]);
    loop_out_ = UniqueFd(out[1]);
    // The smallest that the kernel allows.
    ASSERT_GT(fcntl(loop_out_.get(), F_SETPIPE_SZ, 1), 0);
    loop_.emplace(
        StdioLoop::Descriptors{loop_in_.get(), loop_out_.get()},
        [this] { return now_; }, troupe_, outbox_);
  }

  void Write(std::string_view bytes) {
    ASSERT_EQ(write(our_out_.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }

  void Turn() {
    const absl::Status status = loop_->Turn();
    EXPECT_TRUE(status.ok()) << status;
  }

  // Bytes that the loop has not read.
  int Unread() const {
    int size = -1;
    EXPECT_EQ(ioctl(loop_in_.get(), FIONREAD, &size), 0);
    return size;
  }

  // Takes all that is in the loop's output now.
  void Drain() {
    std::array<char, 65'536> buffer;
    ssize_t size = 0;
    while ((size = read(our_in_.get(), buffer.data(), buffer.size())) > 0) {
      const absl::Status status = decoder_.Feed(
          {buffer.data(), static_cast<size_t>(size)},
          [&](std::string_view content) {
            heard_.push_back(MessageOfContent(content));
            return absl::OkStatus();
          },
          [](uint64_t) { return absl::InternalError("too large"); });
      EXPECT_TRUE(status.ok()) << status;
    }
  }

  UniqueFd loop_in_, our_out_, our_in_, loop_out_;
  TimePoint now_{std::chrono::hours(1)};
  Outbox outbox_{kBound};
  demo::Troupe troupe_{outbox_};
  std::optional<StdioLoop> loop_;
  FrameDecoder decoder_{1u << 20};
  std::vector<std::string> heard_;
};

// Echoes of 2,000 bytes each, more than the output and the outbox hold.
std::string Flood(size_t frames) {
  const std::string text(2'000, 'x');
  const std::string message = R"(["send",7,1,")" + text + R"("])";
  return FramesOf(std::vector<std::string_view>(frames, message));
}

TEST_F(StdioLoopTest, StopsReadingWhileItsOutputIsNotRead) {
  Write(Flood(20));
  Turn();
  ASSERT_FALSE(loop_->reading());
  const std::string late = FramesOf({R"(["send",8,1,"late"])"});
  Write(late);
  while (!loop_->reading()) {
    EXPECT_EQ(Unread(), static_cast<int>(late.size()));
    Drain();
    Turn();
  }
  while (Unread() > 0 || !outbox_.empty()) {
    Drain();
    Turn();
  }
  Drain();
  ASSERT_EQ(heard_.size(), 21u);
  EXPECT_EQ(heard_.back(), R"(["send",1,8,"late"])");
}

TEST_F(StdioLoopTest, DoesNotTickWhileItsOutputIsNotRead) {
  Write(FramesOf({R"(["send",7,3,["subscribe",10]])"}) + Flood(20));
  Turn();
  ASSERT_FALSE(loop_->reading());
  now_ += std::chrono::seconds(1);
  while (!outbox_.empty()) {
    Drain();
    Turn();
  }
  Drain();
  ASSERT_EQ(heard_.size(), 21u);
  EXPECT_EQ(heard_.back(), R"(["send",3,7,["tick",1]])");
}

TEST_F(StdioLoopTest, WritesEverythingAfterTheEndOfItsInput) {
  Write(Flood(20));
  our_out_.Reset();
  while (!loop_->done()) {
    Drain();
    Turn();
  }
  Drain();
  ASSERT_EQ(heard_.size(), 21u);
  EXPECT_EQ(heard_.back(), R"(["transport_error","stdin_closed"])");
}

TEST_F(StdioLoopTest, SkipsAFrameBeyondItsLimit) {
  std::string head("\x5a\x01\x00\x00\x01", 5);  // 16 MiB and 1 byte
  Write(head);
  Turn();
  const std::string piece(65'536, '\x80');
  for (int i = 0; i < 256; ++i) {
    Write(piece);
    while (Unread() > 0) Turn();
  }
  Write("\x80" + FramesOf({R"(["send",7,1,"after"])"}));
  while (Unread() > 0) Turn();
  Drain();
  EXPECT_THAT(heard_, ElementsAre(R"(["send",1,7,"after"])"));
}

}  // namespace
}  // namespace thespian::gateway::stdio
