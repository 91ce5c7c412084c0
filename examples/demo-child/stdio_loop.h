// Moves bytes: from stdin to the actors, from their outbox to stdout.
//
// All frames of one read are handled, then everything they were answered with
// is written at once. While the outbox is full nothing is read and no timer
// runs, so whoever does not read stdout stops the child, and finds it as it
// was.
//
// Ownership: borrows everything; the descriptors stay open.
// Threads:   thread-compatible; Run is the child's only thread.
// Errors:    DATA_LOSS when stdin breaks the protocol, UNAVAILABLE when a
//   descriptor fails. The end of stdin is none: the answer is
//   ["transport_error","stdin_closed"].
// Memory:    one read, one unfinished frame, and the outbox.
#ifndef EXAMPLES_DEMO_CHILD_STDIO_LOOP_H_
#define EXAMPLES_DEMO_CHILD_STDIO_LOOP_H_

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/wire/frame_decoder.h"
#include "examples/demo-child/outbox.h"
#include "examples/demo-child/troupe.h"

namespace thespian::gateway::demo {

// Larger frames are skipped.
inline constexpr size_t kMaxFrameBytes = 16u << 20;

class StdioLoop {
 public:
  struct Descriptors {
    int in;
    int out;
  };
  using Now = std::function<TimePoint()>;

  // `troupe` must write to `outbox`.
  StdioLoop(Descriptors fds, Now now, Troupe& troupe, Outbox& outbox);

  // Until stdin has ended and everything has been written. Makes the output
  // non-blocking.
  absl::Status Run();

  // One step: waits until something can be done, and does it once.
  absl::Status Turn();

  bool done() const { return input_ended_ && outbox_.empty(); }
  // Whether the next turn would read.
  bool reading() const { return !input_ended_ && !outbox_.full(); }

 private:
  absl::Status Read();
  absl::Status EndInput();
  absl::Status Take(std::string_view bytes);
  absl::Status Write();
  int PollTimeout() const;

  const Descriptors fds_;
  const Now now_;
  Troupe& troupe_;
  Outbox& outbox_;
  FrameDecoder decoder_{kMaxFrameBytes};
  std::vector<char> buffer_;
  bool input_ended_ = false;
};

}  // namespace thespian::gateway::demo

#endif  // EXAMPLES_DEMO_CHILD_STDIO_LOOP_H_
