// Moves bytes: from stdin to the actors, from their outbox to stdout.
//
// All frames of one read are handled, then everything they were answered with
// is written at once. While the outbox is full nothing is read, no timer runs
// and nobody is woken, so whoever does not read stdout stops the child, and
// finds it as it was.
//
// Ownership: borrows everything; the descriptors stay open.
// Threads:   thread-compatible; Run is the child's only thread.
// Errors:    DATA_LOSS when stdin breaks the protocol, UNAVAILABLE when a
//   descriptor fails. The end of stdin is none: the answer is
//   ["transport_error","stdin_closed"].
// Memory:    one read, one unfinished frame, and the outbox.
#ifndef EXAMPLES_STDIO_STDIO_LOOP_H_
#define EXAMPLES_STDIO_STDIO_LOOP_H_

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/wire/frame_decoder.h"
#include "examples/stdio/frame_handler.h"
#include "examples/stdio/outbox.h"

namespace thespian::gateway::stdio {

// Larger frames are skipped.
inline constexpr size_t kMaxFrameBytes = 16u << 20;

class StdioLoop {
 public:
  struct Descriptors {
    int in;
    int out;
  };
  using Now = std::function<TimePoint()>;

  // `handler` must write to `outbox`.
  StdioLoop(Descriptors fds, Now now, FrameHandler& handler, Outbox& outbox);

  // Until stdin has ended, or the handler is over, and everything has been
  // written. Makes the output non-blocking.
  absl::Status Run();

  // One step: waits until something can be done, and does it once.
  absl::Status Turn();

  bool done() const { return ending() && outbox_.empty(); }
  // Whether the next turn would read.
  bool reading() const { return going() && handler_.ready(); }

 private:
  bool ending() const { return input_ended_ || handler_.over(); }
  // Whether there is room for what the handler may say.
  bool going() const { return !ending() && !outbox_.full(); }

  absl::Status Read();
  absl::Status EndInput();
  absl::Status Take(std::string_view bytes);
  absl::Status Write();
  int PollTimeout() const;

  const Descriptors fds_;
  const Now now_;
  FrameHandler& handler_;
  Outbox& outbox_;
  FrameDecoder decoder_{kMaxFrameBytes};
  std::vector<char> buffer_;
  bool input_ended_ = false;
};

}  // namespace thespian::gateway::stdio

#endif  // EXAMPLES_STDIO_STDIO_LOOP_H_
