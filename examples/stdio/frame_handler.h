// What a StdioLoop runs: the actors of a child, or those who stand for them.
//
// Threads:   called by the thread that runs the loop.
#ifndef EXAMPLES_STDIO_FRAME_HANDLER_H_
#define EXAMPLES_STDIO_FRAME_HANDLER_H_

#include <chrono>
#include <optional>

#include "endpoint/wire/message.h"

namespace thespian::gateway::stdio {

using TimePoint = std::chrono::steady_clock::time_point;

class FrameHandler {
 public:
  virtual ~FrameHandler() = default;

  // Takes one message of the gateway; a view that ends with the call.
  virtual void Handle(const Message& message, TimePoint now) = 0;

  // When Tick should be called next. Nothing: not at all.
  virtual std::optional<TimePoint> next_due() const { return std::nullopt; }
  virtual void Tick(TimePoint /*now*/) {}

  // False: it can't take more messages for now. What one read brought is still
  // handed over.
  virtual bool ready() const { return true; }

  // Readable when OnWake has something to do; -1: never.
  virtual int wake_fd() const { return -1; }
  virtual void OnWake() {}

  // True: the child ends as soon as everything is written.
  virtual bool over() const { return false; }
};

}  // namespace thespian::gateway::stdio

#endif  // EXAMPLES_STDIO_FRAME_HANDLER_H_
