// Frames as the gateway writes them, for tests that care about their bytes.
#ifndef TESTS_SUPPORT_FRAMES_H_
#define TESTS_SUPPORT_FRAMES_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace thespian::gateway {

// One frame: 5a, the length in 4 bytes, the content.
inline std::string FrameOf(std::string_view content) {
  const auto size = static_cast<uint32_t>(content.size());
  std::string frame(1, '\x5a');
  for (const int shift : {24, 16, 8, 0}) {
    frame += static_cast<char>(size >> shift);
  }
  return frame.append(content);
}

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_FRAMES_H_
