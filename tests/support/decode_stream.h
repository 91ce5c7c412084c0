// Runs a FrameDecoder over a stream that comes in pieces.
#ifndef TESTS_SUPPORT_DECODE_STREAM_H_
#define TESTS_SUPPORT_DECODE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace thespian::gateway {

using Pieces = std::vector<std::string_view>;

// Views of `bytes`: pieces of `step` bytes, the last one maybe shorter.
Pieces InSteps(std::string_view bytes, size_t step);

// Views of `bytes`: what is before `position`, and the rest. Either may be
// empty.
Pieces CutAt(std::string_view bytes, size_t position);

// What came out of a decoder.
struct Decoded {
  std::vector<std::string> frames;
  std::vector<uint64_t> skipped;  // announced sizes
  absl::Status status;            // of the last Feed
  absl::Status end;               // of Finish
  uint64_t left = 0;              // unfinished_bytes at the end
};

// Feeds every piece, also after a violation. `judge` decides about each frame,
// as the decoder's visitor.
Decoded DecodeStream(
    const Pieces& pieces, size_t max_frame_bytes,
    absl::FunctionRef<absl::Status(std::string_view)> judge =
        [](std::string_view) { return absl::OkStatus(); });

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_DECODE_STREAM_H_
