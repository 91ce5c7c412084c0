// However a stream is cut, a FrameDecoder makes of it what a plain reader makes
// of the whole, and keeps no more than its limit.
//
//   input := limit count cut{count} stream
#include "endpoint/wire/frame_decoder.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/check.h"
#include "endpoint/wire/status_text.h"
#include "tests/fuzz/byte_script.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/allocations.h"
#include "tests/support/decode_stream.h"

namespace thespian::gateway {
namespace {

constexpr size_t kLimits[] = {0, 1, 23, 24, 256, 4'096, 70'000};
// For the texts of errors.
constexpr std::ptrdiff_t kSmall = 4'096;
// A frame whose content begins with it is refused by the visitor.
constexpr char kRefused = '\x9b';

absl::Status Judge(std::string_view content) {
  if (!content.starts_with(kRefused)) return absl::OkStatus();
  return absl::DataLossError("refused");
}

// The rules of the protocol, section 1, for a stream that is there as a whole.
class PlainReader {
 public:
  PlainReader(std::string_view stream, size_t limit)
      : rest_(stream), limit_(limit) {
    while (!violated && !rest_.empty() && TakeFrame()) {
    }
  }

  std::vector<std::string> frames;
  std::vector<uint64_t> skipped;
  bool violated = false;
  uint64_t left = 0;  // of an unfinished frame, if nothing was violated

 private:
  // False: the stream ends inside the frame, or can't be read on.
  bool TakeFrame() {
    const auto first = static_cast<uint8_t>(rest_[0]);
    const unsigned info = first & 0x1f;
    if (first < 0x40 || first >= 0x80 || info > 27) return Violate();
    const size_t head = info < 24 ? 1 : 1 + (size_t{1} << (info - 24));
    if (rest_.size() < head) return Leave();
    uint64_t size = info < 24 ? info : 0;
    for (size_t i = 1; i < head; ++i) {
      size = size << 8 | static_cast<uint8_t>(rest_[i]);
    }
    return TakeContent(head, size);
  }

  bool TakeContent(size_t head, uint64_t size) {
    const bool skip = size > limit_;
    if (size == 0 || (skip && size > kMaxSkippedFrameBytes)) return Violate();
    if (skip) skipped.push_back(size);
    if (rest_.size() > head && !IsArrayHead(rest_[head])) return Violate();
    if (rest_.size() - head < size) return Leave();
    const std::string_view content = rest_.substr(head, size);
    rest_.remove_prefix(head + size);
    if (skip) return true;
    frames.emplace_back(content);
    return content.starts_with(kRefused) ? Violate() : true;
  }

  static bool IsArrayHead(char byte) {
    const auto head = static_cast<uint8_t>(byte);
    return head >> 5 == 4 && (head & 0x1f) != 0x1c && (head & 0x1f) != 0x1d &&
           (head & 0x1f) != 0x1e;
  }

  bool Violate() {
    violated = true;
    return false;
  }

  bool Leave() {
    left = rest_.size();
    return false;
  }

  std::string_view rest_;
  const size_t limit_;
};

// Pieces of the sizes of `cuts`, over and over; bytes of which some may be 0.
Pieces CutBy(std::string_view cuts, std::string_view stream) {
  Pieces pieces;
  for (size_t i = 0; !stream.empty(); ++i) {
    const size_t round = cuts.empty() ? i : i / cuts.size();
    // Rounds of empty pieces only must end.
    const size_t size =
        cuts.empty() ? 1 : static_cast<uint8_t>(cuts[i % cuts.size()]) + round;
    pieces.push_back(stream.substr(0, size));
    stream.remove_prefix(pieces.back().size());
  }
  return pieces;
}

// Why, without the bytes that are shown: of these, no more than one read has.
std::string_view Cause(const absl::Status& status) {
  const std::string_view words = MessageOf(status);
  return words.substr(0, words.find("; first bytes "));
}

void CheckSame(const Decoded& cut, const Decoded& whole) {
  Check(cut.frames == whole.frames, "cuts don't change the frames");
  Check(cut.skipped == whole.skipped, "cuts don't change what is skipped");
  Check(cut.status.code() == whole.status.code() &&
            Cause(cut.status) == Cause(whole.status),
        "cuts don't change what is violated");
  Check(
      cut.end.code() == whole.end.code() && Cause(cut.end) == Cause(whole.end),
      "cuts don't change the end");
  Check(cut.left == whole.left, "cuts don't change what is left");
}

void CheckAsPlain(const Decoded& whole, const PlainReader& plain) {
  Check(whole.frames == plain.frames, "the frames are those of the stream");
  Check(whole.skipped == plain.skipped, "frames over the limit are skipped");
  Check(whole.status.ok() == !plain.violated, "a violation is told");
  Check(whole.status.ok() || whole.end == whole.status, "a violation is final");
  if (plain.violated) return;
  Check(whole.left == plain.left, "an unfinished frame is counted");
  Check(whole.end.ok() == (plain.left == 0), "an unfinished frame is told");
}

void CheckMemory(const Pieces& pieces, size_t limit) {
  FrameDecoder decoder(limit);
  StartCounting();
  for (const std::string_view piece : pieces) {
    decoder.Feed(piece, Judge, [](uint64_t) { return absl::OkStatus(); })
        .IgnoreError();
  }
  Check(CountedAllocations().peak_bytes <=
            static_cast<std::ptrdiff_t>(limit) + kSmall,
        "a decoder keeps no more than its limit");
}

}  // namespace

void TryInput(std::string_view input) {
  ByteScript script(input);
  const size_t limit = script.OneOf(kLimits);
  const std::string_view cuts = script.Bytes(script.UpTo(15));
  const std::string_view stream = script.Rest();
  const Pieces pieces = CutBy(cuts, stream);
  const Decoded whole = DecodeStream({stream}, limit, Judge);
  CheckSame(DecodeStream(pieces, limit, Judge), whole);
  CheckAsPlain(whole, PlainReader(stream, limit));
  CheckMemory(pieces, limit);
}

}  // namespace thespian::gateway
