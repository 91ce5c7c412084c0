// Frames, as each generation cuts and writes them.
//
// Threads:   thread-compatible.
// Errors:    a head that is no string's is none: everything behind it waits
//   for ever.
// Memory:    FrameBuffer holds whatever has come and is no whole frame.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_FRAMING_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_FRAMING_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/thespian_model/generation.h"

namespace thespian::gateway::model {

class FrameBuffer {
 public:
  void Add(std::string_view bytes);

  // The content of the next whole frame, if there is one; a view that ends
  // with the next Add.
  std::optional<std::string_view> Next();

 private:
  std::string bytes_;
  size_t taken_ = 0;  // of bytes_
};

// `content` as a frame, if it is not too large to be written.
std::optional<std::string> Framed(Generation generation,
                                  std::string_view content);

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_FRAMING_H_
