#include "server/stream/response_writer.h"

#include <grpcpp/support/slice.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Seconds = std::chrono::seconds;
using Time = std::chrono::steady_clock::time_point;

std::string TextOf(const grpc::ByteBuffer& bytes) {
  grpc::Slice slice;
  EXPECT_TRUE(bytes.DumpToSingleSlice(&slice).ok());
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

grpc::ByteBuffer BytesOf(const std::string& text) {
  const grpc::Slice slice(text);
  return {&slice, 1};
}

grpc::Status Failure(const std::string& text) {
  return {grpc::StatusCode::ABORTED, text};
}

// Notes what is done to an RPC, one text for each.
class FakeWire final : public RpcWire {
 public:
  void WriteResponse(const grpc::ByteBuffer& response) override {
    done.push_back("write " + TextOf(response));
    if (on_write) on_write();
  }
  void FinishRpc(const grpc::Status& status) override {
    done.push_back("finish " + status.error_message());
  }
  void CancelRpc() override { done.emplace_back("cancel"); }

  std::vector<std::string> done;
  std::function<void()> on_write;
};

// Says what it was given, one text in a response.
class FakeSource final : public ResponseSource {
 public:
  Composed Compose() override {
    ++composed;
    const std::string text = texts.empty() ? "" : texts.front();
    if (!texts.empty()) texts.erase(texts.begin());
    if (on_compose) std::exchange(on_compose, nullptr)();
    if (text.empty()) return {};
    bytes_ = BytesOf(text);
    return {.response = &bytes_, .more = !texts.empty()};
  }
  bool Drained() const override { return drained; }
  bool SchedulePump() override {
    if (!schedules) return false;
    ++scheduled;
    return true;
  }
  void OnBroken() override { ++broken; }

  std::vector<std::string> texts;
  bool drained = true;
  bool schedules = false;
  std::function<void()> on_compose;
  int composed = 0;
  int scheduled = 0;
  int broken = 0;

 private:
  grpc::ByteBuffer bytes_;
};

class ResponseWriterTest : public ::testing::Test {
 protected:
  void Say(const std::string& text) {
    source_.texts.push_back(text);
    writer_.Pump();
  }

  FakeWire wire_;
  FakeSource source_;
  ResponseWriter writer_{wire_, source_};
};

TEST_F(ResponseWriterTest, WritesWhatThereIsToSay) {
  Say("a");
  EXPECT_THAT(wire_.done, ElementsAre("write a"));
}

TEST_F(ResponseWriterTest, WithNothingToSayItRests) {
  writer_.Pump();
  writer_.Pump();
  EXPECT_THAT(wire_.done, IsEmpty());
  EXPECT_EQ(source_.composed, 2);
}

TEST_F(ResponseWriterTest, OneResponseIsInFlight) {
  Say("a");
  Say("b");
  Say("c");
  EXPECT_THAT(wire_.done, ElementsAre("write a"));
  EXPECT_EQ(source_.composed, 1);
  writer_.OnWriteDone(true);
  EXPECT_THAT(wire_.done, ElementsAre("write a", "write b"));
  writer_.OnWriteDone(true);
  EXPECT_THAT(wire_.done, ElementsAre("write a", "write b", "write c"));
}

TEST_F(ResponseWriterTest, WhatWasLeftForTheNextNeedsNoPump) {
  source_.texts = {"a", "b"};
  writer_.Pump();
  writer_.OnWriteDone(true);
  EXPECT_THAT(wire_.done, ElementsAre("write a", "write b"));
  writer_.OnWriteDone(true);
  EXPECT_EQ(source_.composed, 2) << "nothing was left, nobody asked";
}

TEST_F(ResponseWriterTest, AWriteMayEndBeforeItHasBegun) {
  wire_.on_write = [this] { writer_.OnWriteDone(true); };
  source_.texts = {"a", "b", "c"};
  writer_.Pump();
  EXPECT_THAT(wire_.done, ElementsAre("write a", "write b", "write c"));
  Say("d");
  EXPECT_THAT(wire_.done, SizeIs(4));
}

TEST_F(ResponseWriterTest, APumpWhileComposingIsNotLost) {
  source_.on_compose = [this] { Say("late"); };
  writer_.Pump();
  EXPECT_THAT(wire_.done, ElementsAre("write late"));
}

TEST_F(ResponseWriterTest, ADrainedEndSaysAllFirst) {
  source_.texts = {"a", "b"};
  writer_.FinishDrained(Failure("over"));
  EXPECT_THAT(wire_.done, ElementsAre("write a"));
  writer_.OnWriteDone(true);
  writer_.OnWriteDone(true);
  EXPECT_THAT(wire_.done, ElementsAre("write a", "write b", "finish over"));
}

// As when the gateway says that it closes, to a stream that is composing.
TEST_F(ResponseWriterTest, WhatWasAddedBeforeTheEndIsSaidThoughItIsComposing) {
  source_.on_compose = [this] {
    source_.texts.emplace_back("closing");
    writer_.FinishDrained(Failure("over"));
  };
  writer_.Pump();
  EXPECT_THAT(wire_.done, ElementsAre("write closing"));
  writer_.OnWriteDone(true);
  EXPECT_THAT(wire_.done, ElementsAre("write closing", "finish over"));
}

TEST_F(ResponseWriterTest, ADrainedEndWaitsForWhatIsStillToCome) {
  source_.drained = false;
  writer_.FinishDrained(Failure("over"));
  EXPECT_THAT(wire_.done, IsEmpty());
  Say("result");
  source_.drained = true;
  writer_.OnWriteDone(true);
  EXPECT_THAT(wire_.done, ElementsAre("write result", "finish over"));
}

TEST_F(ResponseWriterTest, AnEndAtOnceDoesNotWaitForAClientThatDoesNotRead) {
  Say("a");
  Say("b");
  writer_.FinishNow(Failure("now"));
  EXPECT_THAT(wire_.done, ElementsAre("write a", "finish now"));
  writer_.OnWriteDone(true);
  writer_.Pump();
  EXPECT_THAT(wire_.done, SizeIs(2)) << "nothing after the finish";
}

TEST_F(ResponseWriterTest, AnEndAtOnceWhileComposingDropsTheResponse) {
  source_.texts = {"a"};
  source_.on_compose = [this] { writer_.FinishNow(Failure("now")); };
  writer_.Pump();
  EXPECT_THAT(wire_.done, ElementsAre("finish now"));
}

TEST_F(ResponseWriterTest, AnEndAtOnceWhileAWriteStartsComesAfterIt) {
  wire_.on_write = [this] { writer_.FinishNow(Failure("now")); };
  Say("a");
  EXPECT_THAT(wire_.done, ElementsAre("write a", "finish now"));
}

TEST_F(ResponseWriterTest, TheFirstEndGivesTheStatusTheSecondMayHurryIt) {
  source_.drained = false;
  writer_.FinishDrained(Failure("first"));
  writer_.FinishDrained(Failure("second"));
  EXPECT_THAT(wire_.done, IsEmpty());
  writer_.FinishNow(Failure("third"));
  writer_.FinishNow(Failure("fourth"));
  EXPECT_THAT(wire_.done, ElementsAre("finish first"));
}

TEST_F(ResponseWriterTest, TheFinishWaitsForAnOperationThatIsBeingStarted) {
  writer_.WhileUnfinished([this] {
    writer_.FinishNow(Failure("now"));
    wire_.done.emplace_back("read");
  });
  EXPECT_THAT(wire_.done, ElementsAre("read", "finish now"));
  writer_.WhileUnfinished([] { FAIL() << "after the finish"; });
}

TEST_F(ResponseWriterTest, AfterAWriteThatFailedNothingIsWritten) {
  Say("a");
  Say("b");
  writer_.OnWriteDone(false);
  EXPECT_EQ(source_.broken, 1);
  writer_.Pump();
  EXPECT_THAT(wire_.done, ElementsAre("write a"));
  writer_.FinishNow(Failure("lost"));
  EXPECT_THAT(wire_.done, ElementsAre("write a", "finish lost"));
}

TEST_F(ResponseWriterTest, AWriteThatFailsAtOnceIsTheLast) {
  wire_.on_write = [this] { writer_.OnWriteDone(false); };
  source_.texts = {"a", "b"};
  writer_.Pump();
  EXPECT_THAT(wire_.done, ElementsAre("write a"));
  EXPECT_EQ(source_.broken, 1);
}

TEST_F(ResponseWriterTest, ASourceWithAThreadOfItsOwnIsPumpedThere) {
  source_.schedules = true;
  source_.texts = {"a", "b"};
  writer_.Pump();
  writer_.OnWriteDone(true);
  EXPECT_EQ(source_.scheduled, 1);
  EXPECT_THAT(wire_.done, ElementsAre("write a"));
  writer_.Pump();
  writer_.OnWriteDone(true);
  writer_.FinishDrained(Failure("over"));
  EXPECT_EQ(source_.scheduled, 2);
  EXPECT_THAT(wire_.done, SizeIs(2));
  writer_.Pump();
  EXPECT_THAT(wire_.done, ElementsAre("write a", "write b", "finish over"));
}

TEST_F(ResponseWriterTest, AnEndThatWaitsTooLongIsAtOnce) {
  source_.drained = false;
  writer_.FinishDrained(Failure("over"));
  const Time start(Seconds(100));
  writer_.CancelIfStuck(start);
  writer_.CancelIfStuck(start + ResponseWriter::kMaxEndTime / 2);
  EXPECT_THAT(wire_.done, IsEmpty());
  writer_.CancelIfStuck(start + ResponseWriter::kMaxEndTime);
  EXPECT_THAT(wire_.done, ElementsAre("finish over"));
}

TEST_F(ResponseWriterTest, AnEndThatIsNotReadIsCutOff) {
  Say("a");
  writer_.FinishDrained(Failure("over"));
  const Time start(Seconds(100));
  writer_.CancelIfStuck(start);
  writer_.CancelIfStuck(start + ResponseWriter::kMaxEndTime);
  EXPECT_THAT(wire_.done, ElementsAre("write a", "cancel"));
}

TEST_F(ResponseWriterTest, AStreamThatDoesNotEndIsNotStuck) {
  Say("a");
  writer_.CancelIfStuck(Time(Seconds(100)));
  writer_.CancelIfStuck(Time(Seconds(1'000)));
  EXPECT_THAT(wire_.done, ElementsAre("write a"));
}

// --- Many threads ----------------------------------------------------------

// Composes all that was added, as one response.
class CountingSource final : public ResponseSource {
 public:
  void Add() { ++added_; }
  uint64_t said() const { return said_; }

  Composed Compose() override {
    EXPECT_FALSE(composing_.exchange(true)) << "one thread at a time";
    const uint64_t added = added_.exchange(0);
    said_ += added;
    composing_ = false;
    return {.response = added == 0 ? nullptr : &bytes_};
  }
  void OnBroken() override {}

 private:
  std::atomic<uint64_t> added_ = 0;
  std::atomic<bool> composing_ = false;
  uint64_t said_ = 0;
  const grpc::ByteBuffer bytes_ = BytesOf("x");
};

// Ends each write on a thread of its own, as gRPC does.
class ThreadedWire final : public RpcWire {
 public:
  // The writer is not called any more.
  void Stop() {
    stopping_ = true;
    written_.release();
    thread_.join();
  }

  void WriteResponse(const grpc::ByteBuffer&) override {
    EXPECT_FALSE(finished_);
    EXPECT_FALSE(writing_.exchange(true)) << "one write in flight";
    written_.release();
  }
  void FinishRpc(const grpc::Status&) override {
    EXPECT_FALSE(finished_.exchange(true)) << "finished once";
    over_.release();
  }
  void CancelRpc() override {}

  void AwaitFinish() { over_.acquire(); }

  ResponseWriter* writer = nullptr;

 private:
  void EndWrites() {
    for (written_.acquire(); !stopping_; written_.acquire()) {
      writing_ = false;
      writer->OnWriteDone(true);
    }
  }

  std::atomic<bool> writing_ = false;
  std::atomic<bool> finished_ = false;
  std::atomic<bool> stopping_ = false;
  std::counting_semaphore<> written_{0};
  std::counting_semaphore<> over_{0};
  std::thread thread_{[this] { EndWrites(); }};
};

class ManyThreadsTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kThreads = 4;
  static constexpr uint64_t kEach = 20'000;

  ManyThreadsTest() { wire_.writer = &writer_; }
  ~ManyThreadsTest() override { wire_.Stop(); }

  template <typename Work>
  static void OnThreads(Work work) {
    std::vector<std::thread> threads;
    for (uint64_t i = 0; i < kThreads; ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
  }
  void Say() {
    source_.Add();
    writer_.Pump();
  }

  CountingSource source_;
  ThreadedWire wire_;
  ResponseWriter writer_{wire_, source_};
};

TEST_F(ManyThreadsTest, EverythingIsSaidOnceAndThenItIsFinished) {
  OnThreads([this] {
    for (uint64_t i = 0; i < kEach; ++i) Say();
  });
  OnThreads([this] { writer_.FinishDrained(Failure("over")); });
  wire_.AwaitFinish();
  EXPECT_EQ(source_.said(), kThreads * kEach);
}

TEST_F(ManyThreadsTest, AnEndInTheMiddleIsOneAndTheLast) {
  std::atomic<uint64_t> said = 0;
  OnThreads([&] {
    for (uint64_t i = 0; i < kEach; ++i) {
      Say();
      writer_.WhileUnfinished([&said] { ++said; });
      if (i == kEach / 2) writer_.FinishNow(Failure("now"));
    }
  });
  wire_.AwaitFinish();
  EXPECT_GE(said, kEach / 2);
  EXPECT_LE(source_.said(), kThreads * kEach);
}

}  // namespace
}  // namespace thespian::gateway
