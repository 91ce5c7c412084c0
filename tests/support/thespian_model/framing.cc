#include "tests/support/thespian_model/framing.h"

#include "tests/support/thespian_model/cbor_reader.h"
#include "tests/support/thespian_model/cbor_writer.h"

namespace thespian::gateway::model {
namespace {

constexpr size_t kMostWithHead = 32'768;
constexpr size_t kMostContent = 16'384;
constexpr size_t kFixedHeadBytes = 5;

std::string FixedHead(size_t size) {
  std::string head(1, '\x5a');
  for (int shift = 24; shift >= 0; shift -= 8) {
    head += static_cast<char>(size >> shift);
  }
  return head;
}

}  // namespace

void FrameBuffer::Add(std::string_view bytes) {
  bytes_.erase(0, taken_);
  taken_ = 0;
  bytes_ += bytes;
}

std::optional<std::string_view> FrameBuffer::Next() {
  const std::string_view waiting = std::string_view(bytes_).substr(taken_);
  Reader reader(waiting);
  std::string_view content;
  if (!reader.ReadString(content)) return std::nullopt;
  taken_ = static_cast<size_t>(content.data() - bytes_.data()) + content.size();
  return content;
}

std::optional<std::string> Framed(Generation generation,
                                  std::string_view content) {
  if (generation == Generation::k32k) {
    if (kFixedHeadBytes + content.size() > kMostWithHead) return std::nullopt;
    return FixedHead(content.size()).append(content);
  }
  if (content.size() > kMostContent) return std::nullopt;
  std::string frame;
  Append(content, frame);
  return frame;
}

}  // namespace thespian::gateway::model
