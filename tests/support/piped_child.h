// A child process for tests that play the gateway: its stdin, stdout and stderr
// are pipes, and its stdout is taken as frames, or as bytes.
//
// Everything waits at most until a deadline that only a broken child reaches.
//
// Ownership: owns the process: it is killed and reaped in the destructor, if it
//   has not been waited for.
// Threads:   thread-compatible.
// Errors:    DEADLINE_EXCEEDED when nothing happened for half a minute,
//   OUT_OF_RANGE at the end of the child's stdout, DATA_LOSS when that is no
//   stream of frames, UNAVAILABLE when the system refuses something.
// Memory:    whatever the child writes.
#ifndef TESTS_SUPPORT_PIPED_CHILD_H_
#define TESTS_SUPPORT_PIPED_CHILD_H_

#include <sys/types.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/process/unique_fd.h"
#include "endpoint/wire/frame_decoder.h"

namespace thespian::gateway {

class PipedChild {
 public:
  // Starts `command`: a program's path and its arguments.
  static absl::StatusOr<std::unique_ptr<PipedChild>> Start(
      const std::vector<std::string>& command);
  ~PipedChild();

  PipedChild(const PipedChild&) = delete;
  PipedChild& operator=(const PipedChild&) = delete;

  // Writes all of `bytes` to its stdin, and keeps what it writes meanwhile.
  absl::Status Write(std::string_view bytes);
  // From now on no read of its stdin takes more than one Write, or more than
  // 4,096 bytes of it: the pipe holds packets.
  absl::Status KeepWritesApart();
  void CloseStdin() { stdin_.Reset(); }
  // No end of it is left: the child's next write fails.
  void CloseStdout() { stdout_.Reset(); }

  // The content of the next frame.
  absl::StatusOr<std::string> NextFrame();
  // The next `size` bytes that no frame was made of; fewer if it writes no
  // more.
  absl::StatusOr<std::string> NextBytes(size_t size);

  // Waits for its end and returns what waitpid tells. What it has written until
  // then is kept.
  absl::StatusOr<int> Wait();

  pid_t pid() const { return pid_; }
  // What has been read from its stderr so far; all of it after Wait.
  const std::string& stderr_text() const { return stderr_text_; }
  // Reads its stderr until it holds `text`.
  absl::Status AwaitStderr(std::string_view text);

 private:
  PipedChild() = default;

  absl::Status Spawn(const std::vector<std::string>& command);
  // Waits until something can be read, written or reaped, and does that once.
  absl::Status Step();
  void WriteSome();
  void ReadStdout();
  void ReadStderr();
  // Makes frames of what has come. After the end: says so in status_.
  void CutFrames();

  pid_t pid_ = -1;
  bool exited_ = false;
  bool reaped_ = false;
  UniqueFd pidfd_;
  UniqueFd stdin_;
  UniqueFd stdout_;
  UniqueFd stderr_;
  std::string_view unsent_;   // of the Write that is going on
  std::string stdout_bytes_;  // not yet asked for
  FrameDecoder decoder_{64u << 20};
  std::deque<std::string> frames_;
  std::string stderr_text_;
  absl::Status status_;  // of the child's stdout; OUT_OF_RANGE: it has ended
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_PIPED_CHILD_H_
