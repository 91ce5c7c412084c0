#include "tests/support/transcript_rest.h"

#include <cstdint>
#include <string_view>

#include "endpoint/check.h"
#include "nlohmann/json.hpp"
#include "tests/support/transcript_frames.h"

namespace thespian::gateway {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kEcho = 2;
constexpr uint64_t kBurst = 6;
constexpr uint64_t kFirstWorker = 14;
constexpr uint64_t kFirstCaller = 1000;
constexpr char kEmptyArray = '\x80';

Json Array(Json first, Json second) {
  return Json::array({std::move(first), std::move(second)});
}

Json ToName(uint64_t from, std::string_view name, Json payload) {
  return Json::array({"send_named", Lpid(from), name, std::move(payload)});
}

Json FromActor(uint64_t from, uint64_t to, Json payload) {
  return Json::array({"send", Lpid(from), Rpid(to), std::move(payload)});
}

// What is said in the steps of many frames: the i-th of each.
Json SaidToChild(std::string_view name, uint64_t i) {
  if (name.starts_with("calls_")) {
    return ToName(kFirstCaller + i, "echo", Array("n", i));
  }
  if (name.starts_with("limit_echo_")) {
    return ToName(50, "spawner", Json::array({"go"}));
  }
  return ToName(77, "echo", Json::array({i}));
}

Json SaidByChild(std::string_view name, uint64_t i) {
  if (name.starts_with("calls_")) {
    return FromActor(kEcho, kFirstCaller + i, Array("n", i));
  }
  if (name.starts_with("limit_echo_")) {
    const uint64_t worker = kFirstWorker + i;
    return FromActor(worker, 50, Array("hello", worker));
  }
  if (name == "burst") return FromActor(kBurst, 77, Array("b", i));
  return FromActor(kEcho, 77, Json::array({i}));
}

std::string ManyFrames(const Transcript& transcript,
                       const TranscriptStep& step) {
  const bool to_child = step.kind == StepKind::kToChild;
  const bool with_exit = to_child && transcript.name.ends_with("_with_exit");
  std::string bytes;
  for (uint64_t i = 0; bytes.size() < step.size; ++i) {
    bytes += to_child ? FrameOf(kThespian32k, SaidToChild(transcript.name, i))
                      : FrameOf(transcript.recorded,
                                SaidByChild(transcript.name, i));
    if (!with_exit) continue;
    bytes += FrameOf(kThespian32k,
                     Json::array({"exit", Lpid(kFirstCaller + i), "normal"}));
  }
  return bytes;
}

// One large frame: a string of equal bytes, or arrays in one another.
std::string LargeFrame(const Transcript& transcript,
                       const TranscriptStep& step) {
  std::string bytes = step.bytes;
  bytes.resize(step.size, bytes.back());
  if (transcript.name.starts_with("payload_deep_")) bytes.back() = kEmptyArray;
  return bytes;
}

}  // namespace

std::string WithItsRest(const Transcript& transcript,
                        const TranscriptStep& step) {
  if (!step.is_cut()) return step.bytes;
  std::string bytes = ExtentOf(step.bytes).size() == step.size
                          ? LargeFrame(transcript, step)
                          : ManyFrames(transcript, step);
  Check(bytes.size() == step.size && bytes.starts_with(step.bytes),
        "what a transcript leaves out is known");
  return bytes;
}

}  // namespace thespian::gateway
