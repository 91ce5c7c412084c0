// A thread that runs an asio loop, and tasks on it.
//
// Ownership: owns the loop and its thread.
// Threads:   Post, IsHere, ended and LetEnd are safe from any thread; Start,
//   Join and the destructor are the owner's.
// Errors:    a task that comes too late is given back.
#ifndef ENDPOINT_LOOP_LOOP_THREAD_H_
#define ENDPOINT_LOOP_LOOP_THREAD_H_

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "absl/functional/any_invocable.h"

namespace thespian::gateway {

class LoopThread {
 public:
  using Task = absl::AnyInvocable<void() &&>;

  LoopThread() = default;
  // The thread must have been joined.
  ~LoopThread() = default;
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  asio::io_context& context() { return context_; }

  // Runs what is posted, until LetEnd was called and nothing is left to do.
  void Start();
  bool started() const { return started_; }
  // It was started, and has nothing to do any more.
  bool ended() const { return ended_; }

  // Runs `task` on the loop, after those posted before. False: the loop has
  // ended, and `task` is as it was.
  bool Post(Task& task);
  // The same for a task that is not missed then.
  void Post(Task&& task) { Post(task); }
  // The same for one that the calling thread does then; see IsHere.
  void PostOrRun(Task task) {
    if (!Post(task)) std::move(task)();
  }

  bool IsHere();
  // Whether the calling thread runs a loop, any.
  static bool IsCurrent() { return is_current_; }

  void LetEnd();
  void Join();

 private:
  void Run();

  static inline thread_local bool is_current_ = false;

  asio::io_context context_{1};
  std::atomic<bool> started_ = false;
  std::atomic<int> posting_ = 0;  // threads in Post
  std::atomic<bool> ended_ = false;
  // Of the loop.
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>>
      keep_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_LOOP_LOOP_THREAD_H_
