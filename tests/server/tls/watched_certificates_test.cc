// Files that change under a gateway that runs.
#include "server/tls/watched_certificates.h"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/log_lines.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"
#include "tests/support/tls_folder.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The system's time, and what the test adds.
class ShiftedClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now() + shift; }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::now();
  }
  absl::Duration shift;
};

class WatchedCertificatesTest : public ::testing::Test {
 protected:
  void Load() {
    folder_.Write(pair_);
    auto loaded =
        WatchedCertificates::Load(folder_.Files(), "here:1", clock_, log_);
    ASSERT_THAT(loaded, IsOk());
    watched_ = *std::move(loaded);
  }
  LogLines::Lines Saying(const std::string& what) const {
    LogLines::Lines lines = lines_.Get();
    std::erase_if(lines, [&what](const std::string& line) {
      return line.find(what) == line.npos;
    });
    return lines;
  }
  std::string Used() const { return watched_->current()->texts.certificate; }

  const TestCa ca_;
  const IssuedPair pair_ = ca_.Issue("first");
  const IssuedPair next_ = ca_.Issue("second");
  const TlsFolder folder_{};
  ShiftedClock clock_;
  LogLines lines_;
  spdlog::logger log_ = lines_.MakeLog();
  std::shared_ptr<WatchedCertificates> watched_;
};

TEST_F(WatchedCertificatesTest, NewFilesAreUsedOnceTheyRest) {
  Load();
  folder_.Write(next_);
  watched_->Tick();
  EXPECT_EQ(Used(), pair_.certificate);
  watched_->Tick();
  EXPECT_EQ(Used(), next_.certificate);
  EXPECT_EQ(watched_->current()->texts.key, next_.key);
  EXPECT_EQ(watched_->current()->number, 2u);
}

TEST_F(WatchedCertificatesTest, AReloadDoesNotWait) {
  Load();
  folder_.Write(next_);
  watched_->Reload();
  EXPECT_EQ(Used(), next_.certificate);
}

TEST_F(WatchedCertificatesTest, HalfOfAPairIsNotSpokenOf) {
  Load();
  folder_.Write("tls.crt", next_.certificate);
  watched_->Tick();
  folder_.Write("tls.key", next_.key);
  watched_->Tick();
  watched_->Tick();
  EXPECT_EQ(Used(), next_.certificate);
  EXPECT_THAT(Saying("not used"), IsEmpty());
}

TEST_F(WatchedCertificatesTest, AWrongPairChangesNothingAndIsSpokenOfOnce) {
  Load();
  folder_.Write("tls.crt", next_.certificate);
  for (int i = 0; i < 5; ++i) watched_->Tick();
  EXPECT_EQ(Used(), pair_.certificate);
  const auto lines = Saying("not used");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], HasSubstr("here:1"));
  EXPECT_THAT(lines[0], HasSubstr(folder_.Files().key +
                                  ": the key is not that of the certificate"));
  folder_.Write("tls.key", next_.key);
  watched_->Tick();
  watched_->Tick();
  EXPECT_EQ(Used(), next_.certificate);
}

TEST_F(WatchedCertificatesTest, AFileThatIsGoneChangesNothing) {
  Load();
  const std::string path = folder_.Files().key;
  ASSERT_EQ(std::remove(path.c_str()), 0);
  watched_->Reload();
  EXPECT_EQ(Used(), pair_.certificate);
  ASSERT_EQ(Saying("not used").size(), 1u);
  EXPECT_THAT(Saying("not used")[0],
              HasSubstr(path + ": can't be read: No such file"));
}

TEST_F(WatchedCertificatesTest, OneThatIsNotValidYetIsUsedWhenItIs) {
  Load();
  const IssuedPair early =
      ca_.Issue({.name = "early", .not_before = absl::Now() + absl::Hours(1)});
  folder_.Write(early);
  watched_->Reload();
  EXPECT_EQ(Used(), pair_.certificate);
  clock_.shift = absl::Hours(2);
  watched_->Tick();
  EXPECT_EQ(Used(), early.certificate);
}

TEST_F(WatchedCertificatesTest, WarnsOnceADayFrom14DaysBefore) {
  Load();
  watched_->Tick();
  clock_.shift = absl::Hours(24 * 75);
  watched_->Tick();
  EXPECT_THAT(Saying("expires in"), IsEmpty());
  clock_.shift = absl::Hours(24 * 77);
  watched_->Tick();
  clock_.shift += absl::Hours(23);
  watched_->Tick();
  ASSERT_EQ(Saying("expires in").size(), 1u);
  EXPECT_THAT(Saying("expires in")[0],
              HasSubstr("CN=first expires in 12 days"));
  clock_.shift += absl::Hours(2);
  watched_->Tick();
  EXPECT_EQ(Saying("expires in").size(), 2u);
  clock_.shift = absl::Hours(24 * 91);
  watched_->Tick();
  EXPECT_EQ(Saying("has expired").size(), 1u);
}

TEST_F(WatchedCertificatesTest, AStartWithAWrongPairSaysWhy) {
  folder_.Write({.certificate = pair_.certificate, .key = next_.key});
  EXPECT_THAT(
      WatchedCertificates::Load(folder_.Files(), "here:1", clock_, log_),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               HasSubstr("the key is not that of the certificate")));
}

}  // namespace
}  // namespace thespian::gateway
