#include "endpoint/process/line_splitter.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::TestWithParam;
using ::testing::ValuesIn;

constexpr LineSplitter::TimePoint kStart{};
constexpr size_t kMost = LineSplitter::kMaxLineBytes;

// Feeds text in pieces at a scripted time; "+" is put after a line that was
// cut.
class Lines {
 public:
  void Feed(std::string_view text, size_t step = std::string_view::npos) {
    while (!text.empty()) {
      splitter_.Feed(text.substr(0, step), now_, Keep());
      text.remove_prefix(std::min(step, text.size()));
    }
  }
  void Finish() { splitter_.Finish(now_, Keep()); }
  void Advance(std::chrono::milliseconds time) { now_ += time; }

  const std::vector<std::string>& all() const { return all_; }
  LineSplitter& splitter() { return splitter_; }

 private:
  struct Keeper {
    std::vector<std::string>& all;
    void operator()(std::string_view line, bool truncated) const {
      all.push_back(std::string(line) + (truncated ? "+" : ""));
    }
  };
  const Keeper& Keep() { return keeper_; }

  std::vector<std::string> all_;
  const Keeper keeper_{all_};
  LineSplitter::TimePoint now_ = kStart;
  LineSplitter splitter_{kStart};
};

struct Case {
  std::string_view name;
  std::string text;
  std::vector<std::string> lines;
};

std::string Xs(size_t count) { return std::string(count, 'x'); }

std::string Replacements(size_t count) {
  std::string text;
  while (count-- > 0) text += "\xef\xbf\xbd";
  return text;
}

std::vector<Case> Cases() {
  return {
      {"Nothing", "", {}},
      {"OneLine", "one\n", {"one"}},
      {"ManyLines", "one\ntwo\nthree\n", {"one", "two", "three"}},
      {"UnendedLine", "one\ntwo", {"one", "two"}},
      {"EmptyLines", "\n\none\n\n", {"", "", "one", ""}},
      {"CrLf", "one\r\n\r\ntwo\r\n", {"one", "", "two"}},
      {"CrInside", "one\rtwo\r\r\n", {"one\rtwo\r"}},
      {"AsLongAsMayBe", Xs(kMost) + "\nend\n", {Xs(kMost), "end"}},
      {"AsLongAsMayBeWithCrLf", Xs(kMost) + "\r\nend\n", {Xs(kMost), "end"}},
      {"TooLong", Xs(kMost + 1) + "\nend\n", {Xs(kMost) + "+", "end"}},
      {"TooLongWithCrAtTheCut",
       Xs(kMost - 1) + "\ryz\n",
       {Xs(kMost - 1) + "\r+"}},
      {"MuchTooLong", Xs(9 * kMost) + "\nend", {Xs(kMost) + "+", "end"}},
      {"TooLongWithACodePointAtTheCut",
       Xs(kMost - 1) + "\xc3\xa4\nend\n",
       {Xs(kMost - 1) + "+", "end"}},
      {"TooLongWithAWideCodePointAtTheCut",
       Xs(kMost - 3) + "\xf0\x9f\x98\x80yz\n",
       {Xs(kMost - 3) + "+"}},
      {"TooLongAfterACodePoint",
       Xs(kMost - 2) + "\xc3\xa4y\n",
       {Xs(kMost - 2) + "\xc3\xa4+"}},
      {"TooLongOnceInvalidUtf8IsReplaced",
       std::string(kMost, '\xff') + "\nend\n",
       {Replacements(kMost / 3) + "+", "end"}},
      {"InvalidUtf8",
       "a\xff"
       "b\n",
       {"a\xef\xbf\xbd"
        "b"}},
      {"WholeUtf8", "\xc3\xa4\xe2\x82\xac\n", {"\xc3\xa4\xe2\x82\xac"}},
  };
}

class LineSplitterTest : public TestWithParam<Case> {};

TEST_P(LineSplitterTest, CutsTheSameInEveryStep) {
  const Case& c = GetParam();
  for (const size_t step : {1u, 2u, 3u, 7u, 4'095u, 4'096u, 4'097u, 100'000u}) {
    SCOPED_TRACE(::testing::Message() << "pieces of " << step);
    Lines lines;
    lines.Feed(c.text, step);
    lines.Finish();
    EXPECT_THAT(lines.all(), ElementsAreArray(c.lines));
  }
}

INSTANTIATE_TEST_SUITE_P(Texts, LineSplitterTest, ValuesIn(Cases()),
                         [](const auto& c) {
                           return std::string(c.param.name);
                         });

// Lines 1 to `count`.
std::string Numbered(size_t count) {
  std::string text;
  for (size_t i = 1; i <= count; ++i) text += fmt::format("{}\n", i);
  return text;
}

constexpr auto kBurst = static_cast<size_t>(LineSplitter::kBurst);
constexpr auto kPerSecond = static_cast<size_t>(LineSplitter::kPerSecond);

TEST(LineSplitterRateTest, HoldsBackWhatExceedsTheBurst) {
  Lines lines;
  lines.Feed(Numbered(kBurst + 7));
  EXPECT_THAT(lines.all(), SizeIs(kBurst));
  EXPECT_EQ(lines.splitter().TakeSuppressed(), 7u);
  EXPECT_EQ(lines.splitter().TakeSuppressed(), 0u);
}

TEST(LineSplitterRateTest, LetsMorePassAsTimePasses) {
  Lines lines;
  lines.Feed(Numbered(kBurst + 1));
  lines.Advance(std::chrono::milliseconds(500));
  lines.Feed(Numbered(kPerSecond));
  EXPECT_THAT(lines.all(), SizeIs(kBurst + kPerSecond / 2));
  EXPECT_EQ(lines.splitter().TakeSuppressed(), 1 + kPerSecond / 2);
}

TEST(LineSplitterRateTest, ALongSilenceAllowsNoMoreThanABurst) {
  Lines lines;
  lines.Advance(std::chrono::hours(24));
  lines.Feed(Numbered(kBurst + 1));
  EXPECT_THAT(lines.all(), SizeIs(kBurst));
}

TEST(LineSplitterLastTest, RemembersTheLastLinesOldestFirst) {
  Lines lines;
  lines.Feed(Numbered(25));
  std::vector<std::string> expected;
  for (int i = 6; i <= 25; ++i) expected.push_back(std::to_string(i));
  EXPECT_THAT(lines.splitter().Last(), ElementsAreArray(expected));
}

TEST(LineSplitterLastTest, RemembersThoseHeldBackToo) {
  Lines lines;
  lines.Feed(Numbered(kBurst));
  lines.Feed("held back\n");
  EXPECT_EQ(lines.all().back(), std::to_string(kBurst));
  EXPECT_EQ(lines.splitter().Last().back(), "held back");
}

TEST(LineSplitterLastTest, AnUnfinishedLineIsRememberedOnlyAtTheEnd) {
  Lines lines;
  lines.Feed("no end");
  EXPECT_THAT(lines.splitter().Last(), IsEmpty());
  lines.Finish();
  lines.Finish();
  EXPECT_THAT(lines.splitter().Last(), ElementsAre("no end"));
}

}  // namespace
}  // namespace thespian::gateway
