#include "endpoint/loop/loop_thread.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "endpoint/loop/loop_timer.h"
#include "gmock/gmock.h"
#include "tests/support/awaited.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;

TEST(LoopThreadTest, RunsTasksInTheirOrderOnItsThread) {
  LoopThread loop;
  std::vector<int> order;
  bool here = false;
  loop.Post([&order] { order.push_back(1); });
  loop.Start();
  loop.Post([&order, &here, &loop] {
    order.push_back(2);
    here = loop.IsHere();
  });
  EXPECT_FALSE(loop.IsHere());
  loop.LetEnd();
  loop.Join();
  EXPECT_THAT(order, ElementsAre(1, 2));
  EXPECT_TRUE(here);
}

TEST(LoopThreadTest, GoesOnUntilItMayEnd) {
  LoopThread loop;
  loop.Start();
  Awaited<bool> ran;
  loop.Post([&ran] { ran.Update([](bool& r) { r = true; }); });
  EXPECT_TRUE(ran.Await([](bool r) { return r; }));
  loop.LetEnd();
  loop.Join();
}

TEST(LoopThreadTest, ATaskThatComesTooLateIsGivenBack) {
  LoopThread loop;
  loop.Start();
  loop.LetEnd();
  loop.Join();
  bool ran = false;
  LoopThread::Task task = [&ran] { ran = true; };
  EXPECT_FALSE(loop.Post(task));
  EXPECT_FALSE(ran);
  std::move(task)();
  EXPECT_TRUE(ran);
}

TEST(LoopThreadTest, EveryTaskIsRunOrGivenBackWhileItEnds) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2'000;  // a loop with tasks does not end
  LoopThread loop;
  loop.Start();
  std::atomic<int> ran = 0;
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int task_number = 0; task_number < kEach; ++task_number) {
        LoopThread::Task task = [&ran] { ++ran; };
        if (!loop.Post(task)) return;
        ++taken;
      }
    });
  }
  loop.LetEnd();
  loop.Join();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ran, taken);
}

// --- Timers ----------------------------------------------------------------

TEST(LoopTimerTest, CallsItsTaskOncePerStart) {
  LoopThread loop;
  int calls = 0;
  LoopTimer timer(loop.context(), [&calls] { ++calls; });
  timer.StartIn(std::chrono::nanoseconds(0));
  timer.StartIn(std::chrono::nanoseconds(0));
  EXPECT_TRUE(timer.running());
  loop.context().run();
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(timer.running());
}

TEST(LoopTimerTest, CanBeStartedByItsTask) {
  LoopThread loop;
  int calls = 0;
  std::unique_ptr<LoopTimer> timer;
  timer = std::make_unique<LoopTimer>(loop.context(), [&calls, &timer] {
    if (++calls < 3) timer->StartIn(std::chrono::nanoseconds(0));
  });
  timer->StartIn(std::chrono::nanoseconds(0));
  loop.context().run();
  EXPECT_EQ(calls, 3);
}

TEST(LoopTimerTest, IsNotCalledOnceItIsCancelled) {
  LoopThread loop;
  int calls = 0;
  LoopTimer timer(loop.context(), [&calls] { ++calls; });
  timer.StartIn(std::chrono::nanoseconds(0));
  timer.Cancel();
  EXPECT_FALSE(timer.running());
  loop.context().run();
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace thespian::gateway
