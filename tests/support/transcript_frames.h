// The frames of the transcripts, by a reader and a writer that share nothing
// with the gateway's: a test compares the gateway's with these.
//
// Threads:   stateless; safe from any thread.
// Errors:    bytes that are no whole frames end the process.
#ifndef TESTS_SUPPORT_TRANSCRIPT_FRAMES_H_
#define TESTS_SUPPORT_TRANSCRIPT_FRAMES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "nlohmann/json.hpp"

namespace thespian::gateway {

// As the transcripts name them.
inline constexpr std::string_view kThespian32k = "thespian-32k";
inline constexpr std::string_view kThespian16k = "thespian-16k";

// How long the frame at the start of `bytes` is, and its head; of the frame,
// its head is enough.
struct FrameExtent {
  size_t head = 0;
  size_t content = 0;
  size_t size() const { return head + content; }
};
FrameExtent ExtentOf(std::string_view bytes);

// Each with its head.
std::vector<std::string_view> FramesIn(std::string_view bytes);

std::string_view ContentOf(std::string_view frame);

// `content` as a child of this generation frames it. The gateway frames as
// kThespian32k does, for every child.
std::string FrameOf(std::string_view generation, std::string_view content);
std::string FrameOf(std::string_view generation, const nlohmann::json& message);

// The ids in a message: of whoever writes it, and of whoever reads it.
nlohmann::json Lpid(uint64_t id);
nlohmann::json Rpid(uint64_t id);

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_TRANSCRIPT_FRAMES_H_
