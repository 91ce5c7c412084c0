// Conversations with real thespian processes, byte for byte, from
// tests/data/transcripts.json; its `about` says what is what.
//
// Errors:    a file that is missing or not as expected ends the process.
#ifndef TESTS_SUPPORT_TRANSCRIPTS_H_
#define TESTS_SUPPORT_TRANSCRIPTS_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace thespian::gateway {

enum class StepKind { kToChild, kFromChild, kEofToChild, kEnd };

struct TranscriptStep {
  StepKind kind = StepKind::kEnd;
  std::string bytes;  // of kToChild and kFromChild; if cut, the first ones
  size_t size = 0;    // of all of them

  // kEnd: what the shell would say, and the last line of stderr.
  std::string ending;  // "exit 1" or "signal 6"
  std::string last_line;

  bool is_cut() const { return bytes.size() < size; }
};

struct Transcript {
  std::string name;
  std::string generation;
  // The one that the bytes are of. The other generation said the same with its
  // own heads, if it is not this one.
  std::string recorded;
  std::string program;
  bool order_varies = false;    // that of the frames within a step
  bool outcome_varies = false;  // nothing is to be compared
  bool ids_vary = false;        // addresses, as in 0x7f614c005520
  bool last_line_varies = false;
  std::vector<TranscriptStep> steps;

  friend void PrintTo(const Transcript& transcript, std::ostream* out) {
    *out << transcript.name << ", " << transcript.generation;
  }
};

// All of them, in both generations where both were recorded.
std::vector<Transcript> LoadTranscripts();

// For INSTANTIATE_TEST_SUITE_P: echo_by_name_32k.
std::string TestNameOf(const Transcript& transcript);

// All bytes of a step, as its generation says them.
std::string BytesOf(const Transcript& transcript, const TranscriptStep& step);

// The same in the writes that were made: each one was answered before the next.
std::vector<std::string> WritesOf(const Transcript& transcript,
                                  const TranscriptStep& step);

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_TRANSCRIPTS_H_
