#include "tests/support/transcript_frames.h"

#include <cstdint>

#include "endpoint/check.h"

namespace thespian::gateway {
namespace {

using Json = nlohmann::json;

constexpr size_t kFirstLong = 24;
constexpr size_t kMostInTwoBytes = 0xffff;

// Of the length behind a first byte with this additional information.
size_t WidthOf(size_t info) {
  return info < kFirstLong ? 0 : size_t{1} << (info - kFirstLong);
}

std::string BigEndian(size_t number, size_t width) {
  std::string bytes;
  for (; width > 0; --width) {
    bytes += static_cast<char>(number >> (8 * (width - 1)));
  }
  return bytes;
}

// Of a text string, as short as can be.
std::string TextHead(size_t size) {
  Check(size <= kMostInTwoBytes, "an old frame has at most 16 KiB");
  if (size < kFirstLong) return std::string(1, static_cast<char>(0x60 + size));
  return size <= UINT8_MAX ? '\x78' + BigEndian(size, 1)
                           : '\x79' + BigEndian(size, 2);
}

}  // namespace

FrameExtent ExtentOf(std::string_view bytes) {
  Check(!bytes.empty(), "a frame has a head");
  const auto first = static_cast<uint8_t>(bytes[0]);
  const size_t info = first & 0x1f;
  const size_t width = WidthOf(info);
  Check((first >> 5 == 2 || first >> 5 == 3) && info <= 27 &&
            bytes.size() > width,
        "a frame is a string of a given length");
  FrameExtent extent{1 + width, width == 0 ? info : 0};
  for (const char byte : bytes.substr(1, width)) {
    extent.content = extent.content << 8 | static_cast<uint8_t>(byte);
  }
  return extent;
}

std::vector<std::string_view> FramesIn(std::string_view bytes) {
  std::vector<std::string_view> frames;
  while (!bytes.empty()) {
    const size_t size = ExtentOf(bytes).size();
    Check(size <= bytes.size(), "frames are whole");
    frames.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return frames;
}

std::string_view ContentOf(std::string_view frame) {
  return frame.substr(ExtentOf(frame).head);
}

std::string FrameOf(std::string_view generation, std::string_view content) {
  const std::string head = generation == kThespian32k
                               ? '\x5a' + BigEndian(content.size(), 4)
                               : TextHead(content.size());
  return head + std::string(content);
}

std::string FrameOf(std::string_view generation, const Json& message) {
  std::string content;
  Json::to_cbor(message, content);
  return FrameOf(generation, std::string_view(content));
}

Json Lpid(uint64_t id) { return Json::array({"LPID", id}); }

Json Rpid(uint64_t id) { return Json::array({"RPID", id}); }

}  // namespace thespian::gateway
