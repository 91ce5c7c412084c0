#include "tests/support/decode_stream.h"

#include <memory>

#include "endpoint/wire/frame_decoder.h"

namespace thespian::gateway {
namespace {

// Feeds a copy of `piece` that ends where its memory ends and dies at once, so
// that a sanitizer sees a read too far or a view that is kept.
void FeedCopy(FrameDecoder& decoder, std::string_view piece, Decoded& decoded,
              absl::FunctionRef<absl::Status(std::string_view)> judge) {
  const auto copy = std::make_unique<char[]>(piece.size());
  piece.copy(copy.get(), piece.size());
  decoded.status = decoder.Feed(
      {copy.get(), piece.size()},
      [&](std::string_view content) {
        decoded.frames.emplace_back(content);
        return judge(content);
      },
      [&](uint64_t size) {
        decoded.skipped.push_back(size);
        return absl::OkStatus();
      });
}

}  // namespace

Pieces InSteps(std::string_view bytes, size_t step) {
  Pieces pieces;
  for (; bytes.size() > step; bytes.remove_prefix(step)) {
    pieces.push_back(bytes.substr(0, step));
  }
  pieces.push_back(bytes);
  return pieces;
}

Pieces CutAt(std::string_view bytes, size_t position) {
  return {bytes.substr(0, position), bytes.substr(position)};
}

Decoded DecodeStream(const Pieces& pieces, size_t max_frame_bytes,
                     absl::FunctionRef<absl::Status(std::string_view)> judge) {
  FrameDecoder decoder(max_frame_bytes);
  Decoded decoded;
  for (const std::string_view piece : pieces) {
    FeedCopy(decoder, piece, decoded, judge);
  }
  decoded.end = decoder.Finish();
  decoded.left = decoder.unfinished_bytes();
  return decoded;
}

}  // namespace thespian::gateway
