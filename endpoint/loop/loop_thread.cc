#include "endpoint/loop/loop_thread.h"

#include <asio/post.hpp>
#include <utility>

#include "endpoint/check.h"

namespace thespian::gateway {

void LoopThread::Start() {
  Check(!started(), "a loop is started once");
  started_ = true;
  keep_.emplace(asio::make_work_guard(context_));
  thread_ = std::thread([this] { Run(); });
}

bool LoopThread::Post(Task& task) {
  ++posting_;
  const bool taken = !ended_;
  if (taken) asio::post(context_, std::move(task));
  --posting_;
  posting_.notify_all();
  return taken;
}

bool LoopThread::IsHere() {
  return context_.get_executor().running_in_this_thread();
}

void LoopThread::Run() {
  is_current_ = true;
  context_.run();
  ended_ = true;
  // What was taken before that is still done.
  for (int posting = posting_; posting != 0; posting = posting_) {
    posting_.wait(posting);
  }
  context_.restart();
  context_.poll();
}

void LoopThread::LetEnd() {
  Post([this] { keep_.reset(); });
}

void LoopThread::Join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace thespian::gateway
