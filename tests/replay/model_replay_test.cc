// The model child says and does what real thespian processes said and did, in
// every conversation that was recorded with them.
#include <sys/wait.h>

#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/support/hex.h"
#include "tests/support/piped_child.h"
#include "tests/support/status_matchers.h"
#include "tests/support/transcript_frames.h"
#include "tests/support/transcripts.h"

namespace thespian::gateway {
namespace {

using ::testing::AnyOf;
using ::testing::UnorderedElementsAreArray;

constexpr std::string_view kGoodbyeLine = "control exits: stdin_closed";
constexpr size_t kAll = std::string::npos;

std::string GoodbyeOf(const Transcript& transcript) {
  return FrameOf(transcript.generation,
                 nlohmann::json::array({"transport_error", "stdin_closed"}));
}

std::string LastLineOf(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// The model's addresses are as long as those of stdout that were recorded.
std::string WithoutAddresses(const std::string& text) {
  static const std::regex address("0x[0-9a-f]+");
  return std::regex_replace(text, address, "0x…");
}

std::vector<std::string> HexOfFrames(std::string_view bytes) {
  std::vector<std::string> frames;
  for (const std::string_view frame : FramesIn(bytes)) {
    frames.push_back(ToHex(frame));
  }
  return frames;
}

std::string EndingOf(int how) {
  return WIFEXITED(how) ? fmt::format("exit {}", WEXITSTATUS(how))
                        : fmt::format("signal {}", WTERMSIG(how));
}

// Silence: a write that the child met with none, before the next one.
bool IsSilentAfter(const Transcript& transcript, size_t index) {
  return index + 1 < transcript.steps.size() &&
         transcript.steps[index].kind == StepKind::kToChild &&
         transcript.steps[index + 1].kind == StepKind::kToChild;
}

class ModelReplayTest : public ::testing::TestWithParam<Transcript> {
 protected:
  // A fresh child. One of its reads takes one of our writes, as when the real
  // one was given time.
  void Begin() {
    const Transcript& transcript = GetParam();
    auto child = PipedChild::Start({TG_MODEL_CHILD, "--generation",
                                    transcript.generation, "--program",
                                    transcript.program});
    ASSERT_THAT(child, IsOk());
    child_ = *std::move(child);
    ASSERT_THAT(child_->KeepWritesApart(), IsOk());
  }

  // Everything up to the step before `end`.
  void Play(size_t end) {
    for (size_t i = 0; i < end; ++i) {
      SCOPED_TRACE(fmt::format("step {}", i));
      ASSERT_NO_FATAL_FAILURE(Take(GetParam().steps[i]));
    }
  }

  void Take(const TranscriptStep& step) {
    switch (step.kind) {
      case StepKind::kToChild:
        return Write(step);
      case StepKind::kFromChild:
        return ExpectSaid(step);
      case StepKind::kEofToChild:
        return child_->CloseStdin();
      case StepKind::kEnd:
        return ExpectEnd(step);
    }
  }

  void Write(const TranscriptStep& step) {
    for (const std::string& bytes : WritesOf(GetParam(), step)) {
      ASSERT_THAT(child_->Write(bytes), IsOk());
    }
  }

  void ExpectSaid(const TranscriptStep& step) {
    if (GetParam().outcome_varies) return;
    const std::string expected = BytesOf(GetParam(), step);
    const auto said = child_->NextBytes(expected.size());
    ASSERT_THAT(said, IsOk());
    if (GetParam().order_varies) {
      ASSERT_EQ(said->size(), expected.size());
      EXPECT_THAT(HexOfFrames(*said),
                  UnorderedElementsAreArray(HexOfFrames(expected)));
    } else if (GetParam().ids_vary) {
      ASSERT_EQ(WithoutAddresses(*said), WithoutAddresses(expected));
    } else {
      ASSERT_EQ(ToHex(*said), ToHex(expected));
    }
  }

  // And nothing was said beyond what was expected.
  void ExpectEnd(const TranscriptStep& step) {
    const auto rest = child_->NextBytes(kAll);
    ASSERT_THAT(rest, IsOk());
    if (!GetParam().outcome_varies) {
      EXPECT_EQ(ToHex(*rest), "");
    }
    const auto how = child_->Wait();
    ASSERT_THAT(how, IsOk());
    EXPECT_EQ(EndingOf(*how), step.ending);
    ExpectLastLine(step);
  }

  void ExpectLastLine(const TranscriptStep& step) {
    const std::string line = LastLineOf(child_->stderr_text());
    if (GetParam().last_line_varies) {
      EXPECT_THAT(line, AnyOf(step.last_line, kGoodbyeLine));
    } else {
      EXPECT_EQ(WithoutAddresses(line), WithoutAddresses(step.last_line));
    }
  }

  // If stdin is closed here, the child says goodbye and nothing else.
  void ExpectOnlyGoodbye() {
    child_->CloseStdin();
    const auto rest = child_->NextBytes(kAll);
    ASSERT_THAT(rest, IsOk());
    EXPECT_EQ(ToHex(*rest), ToHex(GoodbyeOf(GetParam())));
    const auto how = child_->Wait();
    ASSERT_THAT(how, IsOk());
    EXPECT_EQ(EndingOf(*how), "exit 0");
  }

  std::unique_ptr<PipedChild> child_;
};

TEST_P(ModelReplayTest, SaysAndDoesWhatTheRealOneDid) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  Play(GetParam().steps.size());
}

class ModelSilenceTest : public ModelReplayTest {};

TEST_P(ModelSilenceTest, IsSilentWhereTheRealOneWas) {
  for (size_t i = 0; i < GetParam().steps.size(); ++i) {
    if (!IsSilentAfter(GetParam(), i)) continue;
    SCOPED_TRACE(fmt::format("after step {}", i));
    ASSERT_NO_FATAL_FAILURE(Begin());
    ASSERT_NO_FATAL_FAILURE(Play(i + 1));
    ASSERT_NO_FATAL_FAILURE(ExpectOnlyGoodbye());
  }
}

std::vector<Transcript> WithSilence() {
  std::vector<Transcript> all = LoadTranscripts();
  std::erase_if(all, [](const Transcript& transcript) {
    for (size_t i = 0; i < transcript.steps.size(); ++i) {
      if (IsSilentAfter(transcript, i)) return false;
    }
    return true;
  });
  return all;
}

std::string NameOf(const ::testing::TestParamInfo<Transcript>& info) {
  return TestNameOf(info.param);
}

INSTANTIATE_TEST_SUITE_P(, ModelReplayTest,
                         ::testing::ValuesIn(LoadTranscripts()), NameOf);
INSTANTIATE_TEST_SUITE_P(, ModelSilenceTest, ::testing::ValuesIn(WithSilence()),
                         NameOf);

}  // namespace
}  // namespace thespian::gateway
