// Many threads write through one FrameWriter; TSan looks on.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/session/frame_writer.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/support/awaited.h"
#include "tests/support/fake_transport.h"
#include "tests/support/frames.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

constexpr size_t kWriters = 3;
constexpr int kFrames = 2'000;

// The loop: calls OnWritable for every AwaitRoom, on a thread of its own.
class Loop {
 public:
  explicit Loop(FakeTransport& sink) {
    sink.on_await_room = [this] { turns_.Update([](State& s) { ++s.asked; }); };
  }

  void Run(FrameWriter& writer) {
    for (int served = 0;; ++served) {
      EXPECT_TRUE(turns_.Await(
          [served](const State& s) { return s.asked > served || s.ended; }));
      if (turns_.Get().asked <= served) return;
      writer.OnWritable();
    }
  }
  void End() {
    turns_.Update([](State& s) { s.ended = true; });
  }

 private:
  struct State {
    int asked = 0;
    bool ended = false;
  };
  Awaited<State> turns_;
};

// One client: what became of its frames, each of which names it and a number.
struct Client {
  std::atomic<int> done = 0;
  std::atomic<int> written = 0;
  std::atomic<int> withdrawn = 0;
  int begun = 0;
};

class FrameWriterThreadsTest : public ::testing::Test {
 protected:
  // A pipe that takes any number of bytes, often none.
  void MakePipeMoody() {
    sink_.during_write = [this] {
      sink_.Usually(random_() % 4 == 0 ? 0 : random_() % 200 + 1);
    };
  }

  void WriteFrames(size_t number, bool withdraw) {
    Client& client = clients_[number];
    for (int i = 0; i < kFrames; ++i) {
      const std::string frame = FrameOf(fmt::format("{} {}", number, i));
      if (!writer_.Reserve(frame.size()).ok()) {
        AwaitRoom();
        continue;
      }
      ++client.begun;
      const auto note = [&client](const absl::Status&, size_t frames) {
        ++client.done;
        client.written += static_cast<int>(frames);
      };
      const FrameWriter::Outcome outcome = writer_.Write(frame, 1, note);
      if (!outcome.waits()) note(outcome.status, outcome.frames);
      if (i % 5 == 0) writer_.WriteControls(FrameOf("exit"), 1);
      if (withdraw && i % 3 == 0 &&
          writer_.Withdraw(outcome.ticket, absl::CancelledError())) {
        ++client.withdrawn;
      }
    }
  }

  void Watch() {
    while (!ended_) {
      for (const FrameStats& t :
           {writer_.stats().messages, writer_.stats().controls}) {
        EXPECT_EQ(t.taken, t.written + t.dropped + t.waiting);
      }
    }
  }

  // Runs `body` while clients write, until all of them are done.
  template <typename Body>
  void Run(bool withdraw, Body body) {
    std::thread loop([this] { loop_.Run(writer_); });
    std::thread watcher([this] { Watch(); });
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kWriters; ++i) {
      threads.emplace_back([=, this] { WriteFrames(i, withdraw); });
    }
    body();
    for (std::thread& thread : threads) thread.join();
    AwaitEmptyQueue();
    ended_ = true;
    loop_.End();
    loop.join();
    watcher.join();
  }

  // Until everything that was given is handed over, or the writer closed.
  void AwaitEmptyQueue() {
    AwaitRoom();
    if (!writer_.Reserve(FrameOf("").size()).ok()) return;
    Awaited<bool> last;
    const FrameWriter::Outcome outcome =
        writer_.Write(FrameOf(""), 1, [&last](const absl::Status&, size_t) {
          last.Update([](bool& l) { l = true; });
        });
    if (!outcome.waits()) return;
    EXPECT_TRUE(last.Await([](bool l) { return l; }));
  }

  void AwaitRoom() {
    Awaited<bool> room;
    writer_.WhenRoom([&room] { room.Update([](bool& r) { r = true; }); });
    EXPECT_TRUE(room.Await([](bool r) { return r; }));
  }

  // The frames of every client that reached the pipe as a whole, in order.
  std::array<int, kWriters> CheckOrder() {
    std::array<int, kWriters> count{};
    std::array<int, kWriters> last;
    last.fill(-1);
    std::string_view rest = sink_.bytes();
    while (rest.size() >= 5) {
      const size_t size = static_cast<unsigned char>(rest[4]);
      if (rest.size() < 5 + size) break;
      const std::string content(rest.substr(5, size));
      rest.remove_prefix(5 + size);
      if (content.empty() || content == "exit") continue;
      const size_t client = static_cast<size_t>(content[0] - '0');
      const int number = std::stoi(content.substr(2));
      EXPECT_GT(number, last.at(client));
      last.at(client) = number;
      ++count.at(client);
    }
    return count;
  }

  void CheckFates() {
    const std::array<int, kWriters> arrived = CheckOrder();
    for (size_t i = 0; i < kWriters; ++i) {
      EXPECT_EQ(clients_[i].done, clients_[i].begun) << "done exactly once";
      EXPECT_EQ(clients_[i].written, arrived[i]);
    }
    EXPECT_EQ(writer_.stats().messages.waiting, 0u);
    EXPECT_EQ(writer_.queued_bytes(), 0u);
  }

  std::minstd_rand random_{17};  // for the thread that writes
  FakeTransport sink_;
  Loop loop_{sink_};
  SharedWriteStats write_stats_;
  FrameWriter writer_{
      sink_, {.high_bytes = 200'000, .low_bytes = 100'000}, write_stats_};
  std::array<Client, kWriters> clients_;
  std::atomic<bool> ended_ = false;
};

TEST_F(FrameWriterThreadsTest, NothingIsLostOrReordered) {
  MakePipeMoody();
  Run(/*withdraw=*/false, [] {});
  CheckFates();
  EXPECT_EQ(writer_.stats().messages.dropped, 0u);
}

TEST_F(FrameWriterThreadsTest, WhatIsWithdrawnIsNotWritten) {
  MakePipeMoody();
  Run(/*withdraw=*/true, [] {});
  CheckFates();
  int withdrawn = 0;
  for (const Client& client : clients_) withdrawn += client.withdrawn;
  EXPECT_EQ(writer_.stats().messages.withdrawn,
            static_cast<uint64_t>(withdrawn));
  EXPECT_EQ(writer_.stats().messages.dropped, static_cast<uint64_t>(withdrawn));
}

TEST_F(FrameWriterThreadsTest, CloseInTheMiddleLosesNoDone) {
  MakePipeMoody();
  Run(/*withdraw=*/true, [this] {
    while (writer_.stats().messages.written < kFrames / 4)
      std::this_thread::yield();
    writer_.Close(absl::UnavailableError("the end"));
  });
  CheckFates();
  EXPECT_EQ(sink_.closes(), 1);
}

}  // namespace
}  // namespace thespian::gateway
