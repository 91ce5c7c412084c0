#include "tests/support/transcripts.h"

#include <fstream>
#include <string_view>
#include <utility>

#include "endpoint/check.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "tests/support/hex.h"
#include "tests/support/transcript_frames.h"
#include "tests/support/transcript_rest.h"

namespace thespian::gateway {
namespace {

using Json = nlohmann::json;

std::string EndingOf(const Json& end) {
  return end.contains("code")
             ? fmt::format("exit {}", end["code"].get<int>())
             : fmt::format("signal {}", end.at("signal").get<int>());
}

// `key` is that of the whole bytes; with "_bytes" behind it, of their number.
void ReadBytes(const Json& row, const std::string& key, TranscriptStep& step) {
  const std::string cut = key + "_bytes";
  step.bytes = FromHex(row.value(row.contains(cut) ? "head" : key, ""));
  step.size = row.value(cut, step.bytes.size());
}

TranscriptStep StepOf(const Json& row) {
  TranscriptStep step;
  if (row.contains("to_child") || row.contains("to_child_bytes")) {
    step.kind = StepKind::kToChild;
    ReadBytes(row, "to_child", step);
  } else if (row.contains("from_child") || row.contains("from_child_bytes")) {
    step.kind = StepKind::kFromChild;
    ReadBytes(row, "from_child", step);
  } else if (row.contains("eof_to_child")) {
    step.kind = StepKind::kEofToChild;
  } else {
    step.ending = EndingOf(row.at("end"));
    step.last_line = row.at("stderr");
  }
  return step;
}

Transcript TranscriptOf(const Json& row) {
  Transcript transcript;
  transcript.name = row.at("name");
  transcript.generation = row.at("generation");
  transcript.recorded = transcript.generation;
  transcript.program = row.value("program", "actors");
  transcript.order_varies = row.contains("order_varies");
  transcript.outcome_varies = row.contains("outcome_varies");
  transcript.ids_vary = row.contains("ids_vary");
  transcript.last_line_varies = row.contains("vary") && !transcript.ids_vary;
  for (const Json& step : row.at("steps")) {
    transcript.steps.push_back(StepOf(step));
  }
  return transcript;
}

}  // namespace

std::vector<Transcript> LoadTranscripts() {
  std::ifstream file(TG_TRANSCRIPTS_FILE);
  const Json all = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  Check(all.is_object(), "the transcripts can be read");
  std::vector<Transcript> transcripts;
  for (const Json& row : all.at("scenarios")) {
    transcripts.push_back(TranscriptOf(row));
    for (const Json& generation : row.value("also", Json::array())) {
      Transcript other = transcripts.back();
      other.generation = generation;
      transcripts.push_back(std::move(other));
    }
  }
  return transcripts;
}

std::string TestNameOf(const Transcript& transcript) {
  return transcript.name + "_" +
         transcript.generation.substr(transcript.generation.find('-') + 1);
}

std::string BytesOf(const Transcript& transcript, const TranscriptStep& step) {
  std::string bytes = WithItsRest(transcript, step);
  if (step.kind == StepKind::kToChild ||
      transcript.generation == transcript.recorded) {
    return bytes;
  }
  std::string reframed;
  for (const std::string_view frame : FramesIn(bytes)) {
    reframed += FrameOf(transcript.generation, ContentOf(frame));
  }
  return reframed;
}

std::vector<std::string> WritesOf(const Transcript& transcript,
                                  const TranscriptStep& step) {
  std::string bytes = BytesOf(transcript, step);
  if (!step.is_cut() || !transcript.name.starts_with("calls_")) {
    return {std::move(bytes)};
  }
  const std::vector<std::string_view> frames = FramesIn(bytes);
  return {frames.begin(), frames.end()};
}

}  // namespace thespian::gateway
