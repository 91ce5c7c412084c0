// The scripted child's end of the stream: whole frames in, bytes out.
//
// Frames are taken from stdin one by one and not a byte more, so that a script
// decides how much of the pipe is read.
//
// Ownership: owns the record's descriptor.
// Threads:   thread-compatible.
// Errors:    whatever a script can't go on after ends the process, with a line
//   on stderr and one of the exit codes below.
// Memory:    one frame.
#ifndef TESTS_SUPPORT_SCRIPT_STDIO_H_
#define TESTS_SUPPORT_SCRIPT_STDIO_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace thespian::gateway {

inline constexpr int kExitBadScript = 64;
inline constexpr int kExitWriteFailed = 97;
inline constexpr int kExitBadFrame = 98;

// Ends the process after a line on stderr.
[[noreturn]] void GiveUp(int exit_code, std::string_view why);

// Writes all of `bytes`, with one call if the descriptor takes them at once.
void WriteAll(int fd, std::string_view bytes);

class ScriptInput {
 public:
  // From now on every frame that is taken is also written to `fd`, as one line
  // of hex: its content, without the head.
  void RecordTo(int fd) { record_ = fd; }

  // The content of the next frame, which must have the head that the gateway
  // writes: 5a and the length in 4 bytes. Valid until the next call. False at
  // the end of stdin.
  bool Next(std::string_view& content);

 private:
  size_t Read(char* buffer, size_t size);

  int record_ = -1;
  std::string content_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_SCRIPT_STDIO_H_
