#include "endpoint/wire/frame_decoder.h"

#include <algorithm>

#include "endpoint/wire/diagnosis.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

// What the first byte of a head says: how long the head is, or that it is none.
constexpr size_t kNoHead = 0;

size_t HeadSize(uint8_t first) {
  const uint8_t major = first >> 5;
  const uint8_t info = first & 0x1f;
  if ((major != 2 && major != 3) || info > 27) return kNoHead;
  return info < 24 ? 1 : 1 + (size_t{1} << (info - 24));
}

bool IsArrayHead(uint8_t byte) {
  return (byte >= 0x80 && byte <= 0x9b) || byte == 0x9f;
}

uint64_t AnnouncedSize(std::string_view head) {
  if (head.size() == 1) return static_cast<uint8_t>(head[0]) & 0x1f;
  uint64_t size = 0;
  for (const char byte : head.substr(1)) {
    size = size << 8 | static_cast<uint8_t>(byte);
  }
  return size;
}

}  // namespace

FrameDecoder::FrameDecoder(size_t max_frame_bytes)
    : max_frame_bytes_(max_frame_bytes) {}

absl::Status FrameDecoder::Feed(std::string_view bytes, FrameVisitor on_frame,
                                SkipVisitor on_skip) {
  while (violation_.ok() && !bytes.empty()) {
    switch (state_) {
      case State::kHead:
        violation_ = TakeHead(bytes, on_skip);
        break;
      case State::kContent:
        violation_ = CheckStart(bytes);
        if (violation_.ok()) violation_ = TakeContent(bytes, on_frame);
        break;
      case State::kSkip:
        violation_ = CheckStart(bytes);
        if (violation_.ok()) Skip(bytes);
        break;
    }
  }
  return violation_;
}

absl::Status FrameDecoder::TakeHead(std::string_view& bytes,
                                    SkipVisitor on_skip) {
  if (head_size_ == 0) head_[head_size_++] = bytes[0], bytes.remove_prefix(1);
  const size_t wanted = HeadSize(static_cast<uint8_t>(head_[0]));
  if (wanted == kNoHead) {
    return absl::DataLossError(
        fmt::format("a frame must begin with the head of a definite-length "
                    "string; {}",
                    DescribeBytes(head(), bytes)));
  }
  const size_t take = std::min(wanted - head_size_, bytes.size());
  std::copy_n(bytes.data(), take, head_.data() + head_size_);
  head_size_ += take;
  bytes.remove_prefix(take);
  return head_size_ == wanted ? OpenFrame(bytes, on_skip) : absl::OkStatus();
}

absl::Status FrameDecoder::OpenFrame(std::string_view rest,
                                     SkipVisitor on_skip) {
  content_size_ = AnnouncedSize(head());
  if (content_size_ == 0) {
    return absl::DataLossError(
        fmt::format("a frame's content must be a CBOR array, but is empty; {}",
                    DescribeBytes(head(), rest)));
  }
  if (content_size_ <= max_frame_bytes_) {
    state_ = State::kContent;
    return absl::OkStatus();
  }
  if (content_size_ > kMaxSkippedFrameBytes) {
    return absl::DataLossError(fmt::format(
        "a frame announces {} bytes, more than {} (max_frame_bytes is {}); {}",
        content_size_, kMaxSkippedFrameBytes, max_frame_bytes_,
        DescribeBytes(head(), rest)));
  }
  state_ = State::kSkip;
  return on_skip(content_size_);
}

absl::Status FrameDecoder::CheckStart(std::string_view bytes) const {
  if (content_got_ > 0 || IsArrayHead(static_cast<uint8_t>(bytes[0]))) {
    return absl::OkStatus();
  }
  return absl::DataLossError(fmt::format(
      "a frame's content must be a CBOR array, but begins with 0x{:02x}; {}",
      static_cast<uint8_t>(bytes[0]), DescribeBytes(head(), bytes)));
}

absl::Status FrameDecoder::TakeContent(std::string_view& bytes,
                                       FrameVisitor on_frame) {
  const size_t take =
      std::min<uint64_t>(content_size_ - content_got_, bytes.size());
  const std::string_view piece = bytes.substr(0, take);
  bytes.remove_prefix(take);
  const bool whole = take == content_size_;
  if (!whole) {
    MakeRoom();
    content_.append(piece);
  }
  content_got_ += take;
  if (content_got_ < content_size_) return absl::OkStatus();
  absl::Status status = Visit(whole ? piece : content_, on_frame);
  NextFrame();
  return status;
}

// A string that grows may double, and holds its old memory meanwhile: that
// would be three times the limit.
void FrameDecoder::MakeRoom() {
  if (content_.capacity() >= content_size_) return;
  std::string().swap(content_);
  content_.reserve(content_size_);
}

absl::Status FrameDecoder::Visit(std::string_view content,
                                 FrameVisitor on_frame) const {
  absl::Status status = on_frame(content);
  if (status.ok()) return status;
  return {status.code(), fmt::format("{}; {}", MessageOf(status),
                                     DescribeBytes(head(), content))};
}

void FrameDecoder::Skip(std::string_view& bytes) {
  const size_t take =
      std::min<uint64_t>(content_size_ - content_got_, bytes.size());
  bytes.remove_prefix(take);
  content_got_ += take;
  if (content_got_ == content_size_) NextFrame();
}

void FrameDecoder::NextFrame() {
  state_ = State::kHead;
  head_size_ = 0;
  content_size_ = content_got_ = 0;
  content_.clear();
}

absl::Status FrameDecoder::Finish() const {
  if (!violation_.ok()) return violation_;
  if (head_size_ == 0) return absl::OkStatus();
  return absl::DataLossError(fmt::format(
      "the stream ended inside a frame, {} bytes after its start; {}",
      unfinished_bytes(), DescribeBytes(head(), content_)));
}

}  // namespace thespian::gateway
