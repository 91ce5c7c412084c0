// Cuts a byte stream, delivered in pieces of any size, into whole frames.
//
//   frame := head content        a definite-length CBOR string whose content
//                                begins with the head of an array
//
// Ownership: owns only the unfinished frame. A view given to a visitor is
//   valid until the visitor returns.
// Threads:   thread-compatible; the endpoint uses one per child, on its loop.
// Errors:    DATA_LOSS, with the first offending bytes, as soon as they have
//   come; the first violation is sticky: no frame is delivered after it.
// Memory:    at most max_frame_bytes (plus the caller's read), whatever the
//   peer announces. In the steady state nothing is allocated.
#ifndef ENDPOINT_WIRE_FRAME_DECODER_H_
#define ENDPOINT_WIRE_FRAME_DECODER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace thespian::gateway {

// A frame beyond its limit is skipped up to this size; a larger one is taken
// for a lost stream.
inline constexpr uint64_t kMaxSkippedFrameBytes = 64ull << 20;

class FrameDecoder {
 public:
  // Takes the content of one frame. An error ends the stream, and is told by
  // Feed with the frame's first bytes.
  using FrameVisitor = absl::FunctionRef<absl::Status(std::string_view)>;
  // Told the announced size of a frame that is skipped, when its head is read.
  using SkipVisitor = absl::FunctionRef<absl::Status(uint64_t)>;

  // `max_frame_bytes` bounds a frame's content.
  explicit FrameDecoder(size_t max_frame_bytes);

  // Consumes all of `bytes`, calling a visitor once per frame, in order.
  absl::Status Feed(std::string_view bytes, FrameVisitor on_frame,
                    SkipVisitor on_skip);

  // Call at end of stream. DATA_LOSS if the peer stopped inside a frame.
  absl::Status Finish() const;

  // Bytes of the unfinished frame that have come so far, head included.
  uint64_t unfinished_bytes() const { return head_size_ + content_got_; }

 private:
  enum class State { kHead, kContent, kSkip };

  absl::Status TakeHead(std::string_view& bytes, SkipVisitor on_skip);
  // `rest` follows the head; it is only shown.
  absl::Status OpenFrame(std::string_view rest, SkipVisitor on_skip);
  // The first byte of the content, whatever length was announced.
  absl::Status CheckStart(std::string_view bytes) const;
  absl::Status TakeContent(std::string_view& bytes, FrameVisitor on_frame);
  absl::Status Visit(std::string_view content, FrameVisitor on_frame) const;
  void MakeRoom();
  void Skip(std::string_view& bytes);
  void NextFrame();
  std::string_view head() const { return {head_.data(), head_size_}; }

  const size_t max_frame_bytes_;
  State state_ = State::kHead;
  std::array<char, 9> head_{};
  size_t head_size_ = 0;
  uint64_t content_size_ = 0;
  uint64_t content_got_ = 0;
  std::string content_;  // used when a frame comes in several pieces
  absl::Status violation_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_WIRE_FRAME_DECODER_H_
